import { onProofNeeded, type ProofNeeded } from './api.js';
import { createStore } from './store.js';

/** What the server wants to see proved before it does what was asked, and whom to tell how it went. */
interface AskedProof {
  what: ProofNeeded;
  settle: (isProved: boolean) => void;
}

/** The proof that is being asked for. One at a time: whatever else waits for one goes on with it. */
export const askedProof = createStore<AskedProof | null>(null);

let underWay: Promise<boolean> | null = null;

/** From now on the person is asked for a proof where the server wants one, and what was asked is asked again. */
export function startAskingForProof(): void {
  onProofNeeded((what) => {
    underWay ??= new Promise<boolean>((resolve) => {
      askedProof.set({ what, settle: resolve });
    }).finally(() => {
      underWay = null;
      askedProof.set(null);
    });
    return underWay;
  });
}
