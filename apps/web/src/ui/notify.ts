import i18next from 'i18next';
import { ApiError } from '../api.js';
import type { Words } from '../i18n/en.js';
import { createStore } from '../store.js';

const SHOWN_MS = 4_000;
const FAILURE_SHOWN_MS = 8_000;

/** Whether any notice was ever shown in this window; the place for them is drawn from then on. */
export const hasNotices = createStore(false);

/** A sentence for a person, from whatever went wrong: ours in the agent's language where we know the code, else the server's own. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ApiError)) return i18next.t('error.unexpected');
  if (i18next.exists(`error.${error.code}`)) return i18next.t(`error.${error.code as keyof Words['error']}`);
  return error.message === '' ? i18next.t('error.unexpected') : error.message;
}

async function show(notice: { message: string; color?: string; autoClose: number; role: 'status' | 'alert' }): Promise<void> {
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
