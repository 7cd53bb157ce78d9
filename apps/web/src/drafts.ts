/**
 * What an agent has typed and not yet sent, per conversation.
 *
 * In memory only: what is written to a customer is content, and content lives where the tenant's policy reaches, not in a browser's store.
 * It survives going to another conversation and back, and an unreachable server; it does not survive closing the window, so the window asks.
 */
import { createStore, useStore } from './store.js';

export type DraftKind = 'reply' | 'note';

/** One conversation's unsent words: the reply and the note are two drafts, so that one can never be sent as the other. */
export interface Draft {
  kind: DraftKind;
  reply: string;
  note: string;
  cc: string;
}

const EMPTY: Draft = { kind: 'reply', reply: '', note: '', cc: '' };

const drafts = createStore<ReadonlyMap<string, Draft>>(new Map());

/** The draft of one conversation, and how to change it. */
export function useDraft(conversationId: string): [Draft, (change: Partial<Draft>) => void] {
  const draft = useStore(drafts, (all) => all.get(conversationId) ?? EMPTY);
  return [
    draft,
    (change) => {
      changeDraft(conversationId, change);
    },
  ];
}

/** Change one conversation's draft; what is left out stays. */
export function changeDraft(conversationId: string, change: Partial<Draft>): void {
  drafts.set((all) => new Map(all).set(conversationId, { ...(all.get(conversationId) ?? EMPTY), ...change }));
}

/** Whether anything typed would be lost by closing the window. */
export function hasDrafts(): boolean {
  return [...drafts.get().values()].some(({ reply, note }) => reply.trim() !== '' || note.trim() !== '');
}

/** Forget every draft: the agent signed out. */
export function forgetDrafts(): void {
  drafts.set(new Map());
}
