import type { Message } from '#contract';
import { createStore, useStore } from '../store.js';

/** The mail that is being passed on, and what was said of it so far: closing the dialog loses nothing. */
export interface Forwarding {
  message: Message;
  isOpen: boolean;
  to: readonly string[];
  cc: readonly string[];
  text: string;
  withAttachments: boolean;
}

const forwarding = createStore<Forwarding | null>(null);

/** Ask whom to pass a mail on to. */
export function openForward(message: Message): void {
  forwarding.set((before) =>
    before?.message.id === message.id
      ? { ...before, message, isOpen: true }
      : { message, isOpen: true, to: [], cc: [], text: '', withAttachments: true },
  );
}

/** Change what is being passed on; what is left out stays. */
export function changeForward(change: Partial<Forwarding>): void {
  forwarding.set((before) => before && { ...before, ...change });
}

/** Forget it: it has gone out, or the agent signed out. */
export function endForward(): void {
  forwarding.set(null);
}

/** What is being passed on in one conversation. */
export function useForwarding(conversationId: string): Forwarding | null {
  return useStore(forwarding, (now) => (now?.message.conversationId === conversationId ? now : null));
}
