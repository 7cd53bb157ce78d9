import type { Message } from '#contract';
import { daysAgo } from '../formats.js';
import type { Pending } from '../outbox.js';

/** One line of the thread: what the server keeps, or what is still on its way there. */
export type ThreadRow = MessageRow | PendingRow;

/**
 * `day`: said above it when it is the first of its day. `opens`/`closes`: the first and last of what one person said in a row.
 * `quoted`: what it answers, where that has to be told.
 */
export interface MessageRow {
  key: string;
  message: Message;
  day: string | null;
  opens: boolean;
  closes: boolean;
  quoted: Message['replyTo'];
}

export interface PendingRow {
  key: string;
  pending: Pending;
}

/** After so long a pause the same person's next message stands by itself. */
const GROUP_PAUSE_MS = 5 * 60 * 1_000;

function belongTogether(first: Message, second: Message): boolean {
  if (first.direction !== second.direction || first.kind === 'unsupported' || second.kind === 'unsupported') return false;
  if (first.direction === 'system' || first.direction === 'note') return false;
  if (first.author.kind !== second.author.kind || first.author.id !== second.author.id || first.author.name !== second.author.name)
    return false;
  return Date.parse(second.sentAt) - Date.parse(first.sentAt) < GROUP_PAUSE_MS && daysAgo(first.sentAt, Date.parse(second.sentAt)) === 0;
}

function isKeptAlready(item: Pending, messages: readonly Message[], agentId: string): boolean {
  if (item.state !== 'sending') return false;
  // The feed can be faster than the answer to our own request; then the message is here, and its shadow must go.
  const seenAt = messages.findIndex(({ id }) => id === item.lastSeenMessageId);
  const direction = item.kind === 'reply' ? 'out' : 'note';
  return messages
    .slice(seenAt + 1)
    .some((message) => message.direction === direction && message.author.id === agentId && message.text.trim() === item.text.trim());
}

/** Every mail answers one; only when that is not the one just above it has the reader to be told which. */
function quotedBy(message: Message, index: number, messages: readonly Message[]): Message['replyTo'] {
  const isMail = message.subject !== null;
  const above = messages.slice(0, index).findLast(({ direction }) => direction === 'in' || direction === 'out');
  return isMail && above?.id === message.replyTo?.id ? null : message.replyTo;
}

/** The lines of a thread, oldest first, what is on its way last. What is held waits in the composer, not here. */
export function threadRows(messages: readonly Message[], pending: readonly Pending[], agentId: string): ThreadRow[] {
  const rows: ThreadRow[] = messages.map((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    return {
      key: message.id,
      message,
      day: !before || daysAgo(before.sentAt, Date.parse(message.sentAt)) !== 0 ? message.sentAt : null,
      opens: !before || !belongTogether(before, message),
      closes: !after || !belongTogether(message, after),
      quoted: message.replyTo && quotedBy(message, index, messages),
    };
  });
  for (const item of pending)
    if (item.state !== 'held' && !isKeptAlready(item, messages, agentId)) rows.push({ key: item.key, pending: item });
  return rows;
}
