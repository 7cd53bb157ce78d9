import { createStore } from '../store.js';

/** The row the keyboard stands on. Outlives the list's drawing, so that `j` goes on where it was. */
export const cursor = createStore<string | null>(null);

const TRIES_MAX = 20;

/** Put the focus on a row once it is drawn. A virtual list needs a few frames to bring it in. */
export function focusRow(conversationId: string): void {
  cursor.set(conversationId);
  let tries = 0;
  const attempt = () => {
    const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(conversationId)}"]`);
    if (row) {
      row.focus({ preventScroll: true });
      return;
    }
    tries += 1;
    if (tries < TRIES_MAX) requestAnimationFrame(attempt);
  };
  attempt();
}
