import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { Conversation, Message } from '#contract';
import { changeDraft } from '../drafts.js';
import { putMessage, refreshThread } from '../thread.js';

/** The conversation that the lines of a thread stand in; undefined until it has come. */
export const OpenConversation = createContext<Conversation | undefined>(undefined);

/** The conversation on the screen, for a line that has to know more than itself. */
export function useOpenConversation(): Conversation | undefined {
  return useContext(OpenConversation);
}

/** The field one answers in. Null where there is none now. */
export function fieldOf(conversationId: string): HTMLTextAreaElement | null {
  return document.querySelector<HTMLTextAreaElement>(`[data-answers="${CSS.escape(conversationId)}"] textarea[data-field]`);
}

/** Put the keyboard into the field one answers in, when what was just changed is drawn. */
export function focusField(conversationId: string): void {
  requestAnimationFrame(() => fieldOf(conversationId)?.focus());
}

/** Who said it, for people. What was sent from outside has no person: then it is the page that said it. */
export function nameOf({ author }: Message, conversation: Conversation | undefined): string {
  return author.name === '' && author.kind === 'outside' ? (conversation?.connection.name ?? '') : author.name;
}

/** Answer a message, quoting it. */
export function quote(message: Message, conversation: Conversation): void {
  const { id, conversationId, text } = message;
  changeDraft(conversationId, { kind: 'reply', replyTo: { id, authorName: nameOf(message, conversation), text } });
  focusField(conversationId);
}

/** Whether a message can be quoted: it is there, and the contact can see it. */
export function isQuotable(message: Message): boolean {
  if (message.direction === 'in') return message.unsentAt === null && message.kind !== 'unsupported';
  if (message.direction !== 'out' || message.unsentAt !== null) return false;
  const state = message.delivery?.state;
  return state === undefined || state === 'sent' || state === 'delivered' || state === 'read';
}

/** Show what the server made of a message: its answer where it gave one, else the thread once more. */
export async function showChanged(client: QueryClient, message: Message, answer: Message | undefined): Promise<void> {
  if (answer?.id === message.id) putMessage(client, answer);
  else await refreshThread(client, message.conversationId, new Set([message.id]));
}
