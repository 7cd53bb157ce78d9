import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailAddress } from './parsed-mail.js';
import { displayName, oneLine, storableText } from './mail-words.js';
import { threadMark } from './mail-token.js';
import { quoteOriginal, textToHtml, type OriginalMail } from './quote-mail.js';

/** One mail to a contact, as the database knows it. */
export interface OutgoingMail {
  /** The mailbox, with the name people should see: its own, or the agent's. */
  from: MailAddress;
  to: readonly MailAddress[];
  cc: readonly MailAddress[];
  /** An address with a token (`mintReplyAddress`), where mail to it reaches us; null leaves the header out. */
  replyTo: string | null;
  /** The subject of the conversation; `composeMail` puts one "Re: " before it when this is an answer. */
  subject: string;
  /** Minted once, when the mail was queued (`mintMessageId`); without brackets, as all ids here. */
  messageId: string;
  /** The last message of the one this goes to; null for the first mail of a conversation. */
  inReplyTo: string | null;
  /** The ids of the conversation before this mail, oldest first. */
  thread: readonly string[];
  date: Date;
  text: string;
  /** What is answered, to be shown below; null for none. */
  original: OriginalMail | null;
  attachments?: readonly OutgoingAttachment[];
  /** A machine wrote this: then it says so, and other machines do not answer it (RFC 3834). */
  automatic?: 'auto-replied' | 'auto-generated';
}

export interface OutgoingAttachment {
  name: string;
  mediaType: string;
  content: Buffer;
}

/** A mail ready to be sent, and to whom. */
export interface ComposedMail {
  raw: Buffer;
  envelope: { from: string; to: string[] };
}

const SUBJECT_CHARS_MAX = 500;
const NAME_CHARS_MAX = 100;
/** Some relays refuse header blocks beyond 4,096 bytes; this leaves room for the rest. */
const REFERENCES_CHARS_MAX = 1_500;
const RECIPIENTS_MAX = 50;
const BOUNDARY_HASH_CHARS = 16;

/**
 * The exact bytes of a mail (RFC 5322), CRLF line ends, with a text and an HTML form.
 *
 * Limits   50 recipients; a subject of 500 and names of 100 characters, longer ones are cut
 * Errors   AssertionError when an address or an id holds what does not belong in one: the caller must have checked it at the border
 * Repeats  the same mail gives the same bytes, so that sending twice is sending one mail
 */
export async function composeMail(mail: OutgoingMail): Promise<ComposedMail> {
  const recipients = [...mail.to, ...mail.cc];
  assert(mail.to.length > 0 && recipients.length <= RECIPIENTS_MAX, 'a mail goes to at least one and at most 50 addresses');
  for (const { address } of [mail.from, ...recipients]) assertAddress(address);
  if (mail.replyTo !== null) assertAddress(mail.replyTo);
  const ids = [mail.messageId, ...mail.thread, ...(mail.inReplyTo === null ? [] : [mail.inReplyTo])];
  assertId(mail.messageId);

  const text = storableText(mail.text).trim();
  const composer = new MailComposer({
    from: named(mail.from),
    to: mail.to.map(named),
    cc: mail.cc.map(named),
    ...(mail.replyTo === null ? {} : { replyTo: mail.replyTo }),
    subject: mail.inReplyTo === null ? oneLine(mail.subject, SUBJECT_CHARS_MAX) : replySubject(mail.subject),
    messageId: `<${mail.messageId}>`,
    date: mail.date,
    ...threadHeaders(mail),
    headers: mail.automatic === undefined ? {} : automaticHeaders(mail.automatic),
    text: mail.original === null ? `${text}\n` : `${text}\n\n${quoteOriginal(mail.original).text}\n`,
    html: htmlBody(text, mail),
    attachments: (mail.attachments ?? []).map((attachment) => ({
      filename: oneLine(attachment.name, 150),
      contentType: attachment.mediaType,
      content: attachment.content,
    })),
    // What we compose is in our hands already: nothing is ever fetched or read from disk for it.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
    baseBoundary: createHash('sha256').update(ids.join('|')).digest('hex').slice(0, BOUNDARY_HASH_CHARS),
  });
  const raw = await composer.compile().build();
  return { raw, envelope: { from: mail.from.address, to: [...new Set(recipients.map(({ address }) => address))] } };
}

/** "Re: " once, whatever was before; the rest is left as it is, because mail programs thread by it. */
export function replySubject(subject: string): string {
  let rest = oneLine(subject, SUBJECT_CHARS_MAX);
  for (;;) {
    const without = rest.replace(/^(?:re|antw|aw|sv|betr|rif|odp)(?:\[\d{1,3}\])?\s?:\s*/i, '');
    if (without === rest) return `Re: ${rest}`.trimEnd();
    rest = without;
  }
}

/**
 * The References of an answer: the first id, as many of the newest as fit, and the one that is answered.
 *
 * Limits   1,500 characters
 */
export function referencesFor(thread: readonly string[], inReplyTo: string): string[] {
  const earlier = [...new Set(thread)].filter((id) => id !== inReplyTo && isId(id));
  const first = earlier[0];
  const kept: string[] = [inReplyTo];
  let length = inReplyTo.length + (first === undefined ? 0 : first.length + 3) + 2;
  for (const id of earlier.slice(1).toReversed()) {
    length += id.length + 3;
    if (length > REFERENCES_CHARS_MAX) break;
    kept.unshift(id);
  }
  return first === undefined ? kept : [first, ...kept];
}

function threadHeaders(mail: OutgoingMail): { inReplyTo?: string; references?: string[] } {
  // An id of the contact's own making may be anything; one that cannot stand in a header is left out, not repaired.
  if (mail.inReplyTo === null || !isId(mail.inReplyTo)) return {};
  return { inReplyTo: `<${mail.inReplyTo}>`, references: referencesFor(mail.thread, mail.inReplyTo).map((id) => `<${id}>`) };
}

function automaticHeaders(automatic: 'auto-replied' | 'auto-generated'): Record<string, string> {
  return {
    'Auto-Submitted': automatic,
    'X-Auto-Response-Suppress': 'All',
    Precedence: automatic === 'auto-replied' ? 'auto_reply' : 'bulk',
  };
}

/** The mark is out of sight and comes back in the quotation: it finds the thread where a provider has rewritten our Message-ID. */
function htmlBody(text: string, mail: OutgoingMail): string {
  const mark = `<div style="display:none;font-size:0;line-height:0;max-height:0;overflow:hidden" aria-hidden="true">${threadMark(mail.messageId)}</div>`;
  const original = mail.original === null ? '' : quoteOriginal(mail.original).html;
  return `<!DOCTYPE html><html><body>${textToHtml(text)}${mark}${original}</body></html>\n`;
}

function named(address: MailAddress): { name: string; address: string } {
  return { name: displayName(address.name ?? '', NAME_CHARS_MAX), address: address.address };
}

function assertAddress(address: string): void {
  assert(
    /^[^\s<>"(),:;\\@\p{Cc}]+@[^\s<>"(),;\\@\p{Cc}]+$/u.test(address) && address.length <= 320,
    'an address in a header is one address',
  );
}

function assertId(id: string): void {
  assert(isId(id), 'a message id in a header is one id');
}

function isId(id: string): boolean {
  return /^[\x21-\x3b\x3d\x3f-\x7e]{1,500}$/.test(id);
}
