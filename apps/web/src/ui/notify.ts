import i18next from 'i18next';
import { createElement, type ReactNode } from 'react';
import { ApiError } from '../api.js';
import { serverWords } from '../server-words.js';
import { createStore } from '../store.js';

const SHOWN_MS = 4_000;
const FAILURE_SHOWN_MS = 8_000;
const UNDOABLE_SHOWN_MS = 15_000;

/** Whether any notice was ever shown in this window; the place for them is drawn from then on. */
export const hasNotices = createStore(false);

/** A sentence for a person, from whatever went wrong: ours in the agent's language where we know the code, else the server's own. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ApiError)) return i18next.t('error.unexpected');
  const { code, message } = error;
  return serverWords(['error'], { code, message: message === '' ? i18next.t('error.unexpected') : message });
}

async function show(notice: {
  id?: string;
  message: ReactNode;
  color?: string;
  autoClose: number;
  role: 'status' | 'alert';
}): Promise<void> {
  const { notifications } = await import('./notices.js');
  hasNotices.set(true);
  notifications.show({ ...notice, closeButtonProps: { 'aria-label': i18next.t('action.close') } });
}

/** Take away every notice: they may name somebody. */
export function clearNotices(): void {
  if (hasNotices.get()) void import('./notices.js').then(({ notifications }) => notifications.clean());
}

/** Tell that something was done. */
export function notifyDone(message: string): void {
  void show({ message, autoClose: SHOWN_MS, role: 'status' });
}

/** Tell that something was not done, and why. */
export function notifyFailed(message: string): void {
  void show({ message, color: 'red', autoClose: FAILURE_SHOWN_MS, role: 'alert' });
}

/** Tell that something was done, with a way to take it back. Answers how to take the notice away. */
export function notifyUndoable(message: string, onUndo: () => void): () => void {
  const id = `undo-${String(undoables++)}`;
  void import('./notices.js').then(({ Undoable }) => {
    void show({ id, message: createElement(Undoable, { message, onUndo }), autoClose: UNDOABLE_SHOWN_MS, role: 'status' });
  });
  return () => void import('./notices.js').then(({ notifications }) => notifications.hide(id));
}

let undoables = 0;
