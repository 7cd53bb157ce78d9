import type { MailClass, Message, Referral } from '#contract';
import { daysAgo } from '../formats.js';
import type { Pending } from '../outbox.js';

/** One line of the thread: what the server keeps, how the contact came, or what is still on its way to the server. */
export type ThreadRow = MessageRow | ReferralRow | PendingRow;

/**
 * `day`: said above it when it is the first of its day. `opens`/`closes`: the first and last of what one person said in a row.
 * `quoted`: what it answers, where that has to be told. `folded`: a machine wrote it, beside what people say: a line until asked for.
 */
export interface MessageRow {
  key: string;
  message: Message;
  day: string | null;
  opens: boolean;
  closes: boolean;
  quoted: Message['replyTo'];
  folded: boolean;
}

/** `isBack`: something was said here before. */
export interface ReferralRow {
  key: string;
  referral: Referral;
  day: string | null;
  isBack: boolean;
}

export interface PendingRow {
  key: string;
  pending: Pending;
}

/** What a thread is made of. `referrals` in any order; `hasOlder`: it began before the first of `messages`. */
export interface ThreadParts {
  messages: readonly Message[];
  referrals: readonly Referral[];
  hasOlder: boolean;
  pending: readonly Pending[];
  agentId: string;
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

/** Whether a message is what became of a pending one: its whole text, the first part of a long one, or its files. */
function isMadeOf(item: Pending, message: Message): boolean {
  const [wanted, text] = [item.text.trim(), message.text.trim()];
  if (text === wanted) return wanted !== '' || message.attachments.length > 0;
  const isCut = item.partLengthMax !== null && wanted.length > item.partLengthMax;
  return isCut && text !== '' && wanted.startsWith(text);
}

function isKeptAlready(item: Pending, messages: readonly Message[], agentId: string): boolean {
  if (item.state !== 'sending') return false;
  // The feed can be faster than the answer to our own request; then the message is here, and its shadow must go.
  const seenAt = messages.findIndex(({ id }) => id === item.lastSeenMessageId);
  const direction = item.kind === 'reply' ? 'out' : 'note';
  return messages
    .slice(seenAt + 1)
    .some((message) => message.direction === direction && message.author.id === agentId && isMadeOf(item, message));
}

/** Every mail answers one; only when that is not the one just above it has the reader to be told which. */
function quotedBy(message: Message, index: number, messages: readonly Message[]): Message['replyTo'] {
  const isMail = message.subject !== null;
  const above = messages.slice(0, index).findLast(({ direction }) => direction === 'in' || direction === 'out');
  return isMail && above?.id === message.replyTo?.id ? null : message.replyTo;
}

/** An invitation is to be seen whoever sent it. */
const SPEAKING: ReadonlySet<MailClass> = new Set<MailClass>(['human', 'calendar']);

/** What a machine said first is what the conversation is about: a robot's order is work like any other. */
function isFolded({ direction, mail }: Message, isFirst: boolean): boolean {
  return direction === 'in' && mail !== null && !SPEAKING.has(mail.class) && !isFirst;
}

function isNewDay(before: string | undefined, instant: string): boolean {
  return before === undefined || daysAgo(before, Date.parse(instant)) !== 0;
}

/**
 * The lines of a thread, oldest first, what is on its way last. What is held waits in the composer, not here.
 *
 * How the contact came stands above what was said at that instant or later; what came before the loaded part waits for that part.
 */
export function threadRows({ messages, referrals, hasOlder, pending, agentId }: ThreadParts): ThreadRow[] {
  const rows: ThreadRow[] = [];
  const first = messages[0];
  const coming = referrals
    .filter(({ at }) => !hasOlder || (first !== undefined && at >= first.sentAt))
    .toSorted((one, other) => one.at.localeCompare(other.at));
  let lastAt: string | undefined;
  let broken = true;
  const comeUntil = (instant: string | null, said: number) => {
    while (coming[0] && (instant === null || coming[0].at <= instant)) {
      const referral = coming.shift()!;
      const key = `came ${referral.at} ${referral.source} ${referral.ref ?? referral.adId ?? ''}`;
      rows.push({ key, referral, day: isNewDay(lastAt, referral.at) ? referral.at : null, isBack: hasOlder || said > 0 });
      lastAt = referral.at;
      broken = true;
    }
  };
  messages.forEach((message, index) => {
    comeUntil(message.sentAt, index);
    const before = messages[index - 1];
    const after = messages[index + 1];
    const isInterrupted = after !== undefined && coming[0] !== undefined && coming[0].at <= after.sentAt;
    rows.push({
      key: message.id,
      message,
      day: isNewDay(lastAt, message.sentAt) ? message.sentAt : null,
      opens: broken || !before || !belongTogether(before, message),
      closes: !after || isInterrupted || !belongTogether(message, after),
      quoted: message.replyTo && quotedBy(message, index, messages),
      folded: isFolded(message, index === 0 && !hasOlder),
    });
    lastAt = message.sentAt;
    broken = false;
  });
  comeUntil(null, messages.length);
  for (const item of pending)
    if (item.state !== 'held' && !isKeptAlready(item, messages, agentId)) rows.push({ key: item.key, pending: item });
  return rows;
}
