import type { MailClass } from '#contract';
import type { InboundMessage, MailThreading } from '#channels';
import type { Recorded } from '#policies';
import { firstWords } from './conversation.js';

/** A mail on its way in: a message with what only mail has. */
export type InboundMail = InboundMessage & { mail: MailThreading };

/** What a mail does to the conversation it stands in. */
export interface MailEffect {
  /** A person speaks: the conversation is open and unread, and people are told. */
  speaks: boolean;
  /** Nobody is told. */
  isQuiet: boolean;
}

/** A person sends an invitation, mostly; a person's calendar answers one. */
const SPEAKING: ReadonlySet<MailClass> = new Set(['human', 'calendar']);
/** Nobody waits for an answer to these, wherever they stand. */
const ANSWERS_OF_MACHINES: ReadonlySet<MailClass> = new Set(['auto_reply', 'bounce', 'receipt', 'complaint']);

/**
 * What a mail does. A machine wakes nobody in a conversation that people have; but what a shop's robot sends by itself is work, so the
 * conversation that it opens is as new as any. Nobody is told of a forged one.
 */
export function effectOf(
  { mail, content, origin }: InboundMail,
  { opens, isQuarantined }: { opens: boolean; isQuarantined: boolean },
): MailEffect {
  const isPerson = SPEAKING.has(mail.mailClass) && !isAnswerToInvitation(content.calendar);
  const speaks = isPerson || (opens && !ANSWERS_OF_MACHINES.has(mail.mailClass));
  return { speaks, isQuiet: !speaks || isQuarantined || origin !== 'live' };
}

/** Whether a machine wrote it, whatever it does. */
export function isByMachine({ mail, content }: InboundMail): boolean {
  return !SPEAKING.has(mail.mailClass) || isAnswerToInvitation(content.calendar);
}

/** May a machine answer the mail that opened a conversation? */
export function mayAcknowledge({ mail }: InboundMail): boolean {
  const { mailClass, mayAutoAnswer, authentication, replyAddress, isOurLoop } = mail;
  const isBelieved = authentication.verdict === 'pass' || authentication.verdict === 'none';
  return mailClass === 'human' && mayAutoAnswer && isBelieved && replyAddress !== null && isOurLoop !== true;
}

/** Whether the answer goes to nobody but the very address that the sender's domain vouches for. */
export function isAnswerProven({ mail, content, personId }: InboundMail): boolean {
  const answered = mail.replyAddress?.toLowerCase();
  return mail.authentication.verdict === 'pass' && answered === personId && fromOf(content.mailHeaders) === personId;
}

/** Where an answer goes. A forged mail turns nobody's answers anywhere. */
export function answersGoTo({ mail }: InboundMail, { opens }: { opens: boolean }): string | null {
  return mail.authentication.verdict === 'fail' && !opens ? null : mail.replyAddress;
}

/** The one line that a list shows of a mail: what it says, else what it invites to, else its subject. */
export function previewOfMail(content: Recorded): string {
  const said = firstWords(content.text, []);
  if (said !== '') return said;
  const summary = content.calendar === null ? null : cardOf(content.calendar).summary;
  if (typeof summary === 'string' && summary.trim() !== '') return `Invitation: ${firstWords(summary, [])}`;
  return firstWords(
    content.subject ?? '',
    content.attachments.map(({ name }) => name),
  );
}

/** Names under which somebody could pass for an agent: as written, and with letters of other alphabets read as the ones they look like. */
export function readableNames(name: string): string[] {
  const plain = name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
  const latin = [...plain].map((letter) => LOOK_ALIKES[letter] ?? letter).join('');
  return plain === '' ? [] : [...new Set([plain, latin])];
}

/** Small letters of the Cyrillic and Greek alphabets that look like Latin ones. Source: Unicode's table of confusables */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ...{ а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', һ: 'h', і: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', н: 'h', о: 'o', р: 'p', ѕ: 's', т: 't' },
  ...{ у: 'y', х: 'x', ԝ: 'w', ο: 'o', α: 'a', ν: 'v', ρ: 'p', ι: 'i', κ: 'k', υ: 'u', ı: 'i' },
};

function isAnswerToInvitation(calendar: object | null | undefined): boolean {
  return calendar != null && cardOf(calendar).method === 'reply';
}

function cardOf(calendar: object): { method?: unknown; summary?: unknown } {
  return calendar;
}

function fromOf(headers: object | null | undefined): string | null {
  const { from } = (headers ?? {}) as { from?: { address?: unknown } | null };
  return typeof from?.address === 'string' ? from.address.toLowerCase() : null;
}
