import { createStore } from '../store.js';

/** The row the keyboard stands on. Outlives the list's drawing, so that `j` goes on where it was. */
export const cursor = createStore<string | null>(null);

const TRIES_MAX = 20;

function focusIfDrawn(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus({ preventScroll: true });
  return element !== null;
}

/** Put the focus on a row once it is drawn; a virtual list needs a few frames to bring it in. One that left the list leaves it to the list's own stop. */
export function focusRow(conversationId: string): void {
  cursor.set(conversationId);
  let tries = 0;
  const attempt = () => {
    if (focusIfDrawn(`[data-row="${CSS.escape(conversationId)}"]`)) return;
    tries += 1;
    if (tries < TRIES_MAX) requestAnimationFrame(attempt);
    else focusIfDrawn('[data-row][tabindex="0"]');
  };
  attempt();
}

/** Out of the field one writes in: to the conversation's row, or, where that has left the list, to what was said. */
export function leaveField(conversationId: string): void {
  if (focusIfDrawn(`[data-row="${CSS.escape(conversationId)}"]`)) cursor.set(conversationId);
  else focusIfDrawn('[data-messages]');
}
