import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailAddress } from './parsed-mail.js';
import { displayName, oneLine, storableText } from './mail-words.js';
import { escapeHtml } from './safe-html.js';
import { threadMark } from './mail-token.js';
import { passOn, quoteOriginal, textToHtml, type OriginalMail, type PassedOnMail } from './quote-mail.js';

/** One mail, as the database knows it. */
export interface OutgoingMail {
  /** The mailbox, with the name people should see: its own, or the agent's. */
  from: MailAddress;
  to: readonly MailAddress[];
  cc: readonly MailAddress[];
  /** Gets it too, unseen by the others: named on the envelope only. */
  bcc?: readonly string[];
  /** An address with a token (`mintReplyAddress`), where mail to it reaches us; null leaves the header out. */
  replyTo: string | null;
  /** The subject of the conversation; `composeMail` puts one "Re: " before it when this is an answer, and "Fwd: " when it passes one on. */
  subject: string;
  /** The subject is this mail's own: it goes out as it is. */
  keepsSubject?: boolean;
  /** Minted once, when the mail was queued (`mintMessageId`); without brackets, as all ids here. */
  messageId: string;
  /** The last message of the one this goes to; null for the first mail of a conversation. */
  inReplyTo: string | null;
  /** The ids of the conversation before this mail, oldest first. */
  thread: readonly string[];
  date: Date;
  text: string;
  /** The same as sanitised HTML, its pictures by the `cid:` of attachments; made from the text when left out. */
  html?: string | null;
  /** Below the text, behind the line that mail programs know a signature by. */
  signature?: string;
  /** What is answered, to be shown below; null for none. */
  original: OriginalMail | null;
  /** What is passed on, instead. */
  passedOn?: PassedOnMail | null;
  attachments?: readonly OutgoingAttachment[];
  /** Outlook's own names for the thread, given back as they came. */
  outlookThread?: { index: string | null; topic: string | null };
  /** One press ends these mails; only for what goes to many (RFC 2369, RFC 8058). */
  unsubscribe?: { url: string };
  /** A machine wrote this: then it says so, and other machines do not answer it (RFC 3834). */
  automatic?: 'auto-replied' | 'auto-generated';
  /** By what we know such a mail again when a machine sends it back. */
  loopMark?: string;
}

export interface OutgoingAttachment {
  name: string;
  mediaType: string;
  content: Buffer;
  /** The id that the HTML shows it by, without brackets; null for a file that only lies beside. */
  cid?: string | null;
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
const FILE_NAME_CHARS_MAX = 150;
const LOOP_MARK = /^[\w.-]{1,100}$/;

/**
 * The exact bytes of a mail (RFC 5322), CRLF line ends, with a text and an HTML form.
 *
 * Limits   50 recipients; a subject of 500 and names of 100 characters, longer ones are cut
 * Errors   AssertionError when an address or an id holds what does not belong in one: the caller must have checked it at the border
 * Repeats  the same mail gives the same bytes, so that sending twice is sending one mail
 */
export async function composeMail(mail: OutgoingMail): Promise<ComposedMail> {
  const seen = [...mail.to, ...mail.cc];
  const recipients = [...new Set([...seen.map(({ address }) => address), ...(mail.bcc ?? [])])];
  assert(mail.to.length > 0 && recipients.length <= RECIPIENTS_MAX, 'a mail goes to at least one and at most 50 addresses');
  for (const address of [mail.from.address, ...recipients]) assertAddress(address);
  if (mail.replyTo !== null) assertAddress(mail.replyTo);
  const ids = [mail.messageId, ...mail.thread, ...(mail.inReplyTo === null ? [] : [mail.inReplyTo])];
  assertId(mail.messageId);

  const { text, html } = bodyOf(mail);
  const composer = new MailComposer({
    from: named(mail.from),
    to: mail.to.map(named),
    cc: mail.cc.map(named),
    // Under the mailbox' name, so that people see whom they answer and not a token.
    ...(mail.replyTo === null ? {} : { replyTo: named({ address: mail.replyTo, name: mail.from.name }) }),
    subject: subjectOf(mail),
    messageId: `<${mail.messageId}>`,
    date: mail.date,
    ...threadHeaders(mail),
    headers: otherHeaders(mail),
    text,
    html,
    attachments: (mail.attachments ?? []).map(({ name, mediaType, content, cid }) => ({
      filename: oneLine(name, FILE_NAME_CHARS_MAX),
      contentType: mediaType,
      content,
      ...(cid == null ? {} : { cid: checkedId(cid), contentDisposition: 'inline' as const }),
    })),
    // What we compose is in our hands already: nothing is ever fetched or read from disk for it.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
    baseBoundary: createHash('sha256').update(ids.join('|')).digest('hex').slice(0, BOUNDARY_HASH_CHARS),
  });
  const raw = await composer.compile().build();
  return { raw, envelope: { from: mail.from.address, to: recipients } };
}

function subjectOf({ subject, keepsSubject = false, inReplyTo, passedOn }: OutgoingMail): string {
  if (passedOn) return forwardSubject(subject);
  return keepsSubject || inReplyTo === null ? oneLine(subject, SUBJECT_CHARS_MAX) : replySubject(subject);
}

/** "Fwd: " once, whatever was before. */
export function forwardSubject(subject: string): string {
  const line = oneLine(subject, SUBJECT_CHARS_MAX);
  return /^fwd?\s?:/i.test(line) ? line : `Fwd: ${line}`.trimEnd();
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

function otherHeaders({ automatic, loopMark, outlookThread, unsubscribe }: OutgoingMail): Record<string, string> {
  const { index = null, topic = null } = outlookThread ?? {};
  if (loopMark !== undefined) assert(LOOP_MARK.test(loopMark), 'a loop mark is one word');
  return {
    ...(automatic === undefined ? {} : automaticHeaders(automatic)),
    ...(loopMark === undefined ? {} : { 'X-Loop': loopMark }),
    // Of the contact's own making: what cannot stand in a header is left out, not repaired.
    ...(index !== null && THREAD_INDEX.test(index) ? { 'Thread-Index': index } : {}),
    ...(topic !== null && oneLine(topic, SUBJECT_CHARS_MAX) !== '' ? { 'Thread-Topic': oneLine(topic, SUBJECT_CHARS_MAX) } : {}),
    ...(unsubscribe === undefined ? {} : unsubscribeHeaders(unsubscribe.url)),
  };
}

/** Base64, as Outlook writes it: 22 bytes for the first mail, 5 more for each answer. */
const THREAD_INDEX = /^[A-Za-z0-9+/]{20,400}={0,2}$/;

/** Source: RFC 8058 section 3.1: an https address, and the words of the second header exactly so. */
function unsubscribeHeaders(url: string): Record<string, string> {
  assert(/^https:\/\/[\x21-\x3b\x3d\x3f-\x7e]{1,1000}$/.test(url), 'a mail is unsubscribed from at an https address');
  return { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}

function automaticHeaders(automatic: 'auto-replied' | 'auto-generated'): Record<string, string> {
  return {
    'Auto-Submitted': automatic,
    'X-Auto-Response-Suppress': 'All',
    Precedence: automatic === 'auto-replied' ? 'auto_reply' : 'bulk',
  };
}

/** The mark is out of sight and comes back in the quotation: it finds the thread where a provider has rewritten our Message-ID. */
function bodyOf(mail: OutgoingMail): { text: string; html: string } {
  const mark = `<div style="display:none;font-size:0;line-height:0;max-height:0;overflow:hidden" aria-hidden="true">${threadMark(mail.messageId)}</div>`;
  const { text, html } = wordsOf(mail, mark);
  return { text: `${text}\n`, html: `<!DOCTYPE html><html><body>${html}</body></html>\n` };
}

/** All that a mail says: the text, the signature below it, and what it answers or passes on. `mark`: HTML to put before the latter. */
export function wordsOf(
  mail: Pick<OutgoingMail, 'text' | 'html' | 'signature' | 'original' | 'passedOn'>,
  mark = '',
): { text: string; html: string } {
  const text = storableText(mail.text).trim();
  const signature = storableText(mail.signature ?? '').trim();
  const below = mail.passedOn ? passOn(mail.passedOn) : mail.original === null ? null : quoteOriginal(mail.original);
  const signed = signature === '' ? '' : `<p>-- <br>${escapeHtml(signature).replaceAll('\n', '<br>')}</p>`;
  return {
    text: [text, signature === '' ? '' : `-- \n${signature}`, below?.text ?? ''].filter((part) => part !== '').join('\n\n'),
    html: `${mail.html ?? textToHtml(text)}${signed}${mark}${below?.html ?? ''}`,
  };
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

function checkedId(id: string): string {
  assertId(id);
  return id;
}

function isId(id: string): boolean {
  return /^[\x21-\x3b\x3d\x3f-\x7e]{1,500}$/.test(id);
}
