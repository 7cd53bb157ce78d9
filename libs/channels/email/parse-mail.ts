import type { ParsedMail as ReaderMail } from 'mailparser';
import { summariseMail } from './attached-mail.js';
import { readForwarded } from './forwarded-mail.js';
import { HeaderValues } from './header-values.js';
import { htmlToText } from './html-text.js';
import { readMended } from './large-files.js';
import { addressesInLines, addressesOf, plainAddress } from './mail-address.js';
import { classifyMail, mayAutoAnswer, type ClassifiedHeaders } from './mail-class.js';
import { attachmentsOf, unwrap, unwrappedAttachments, withinBounds } from './mail-files.js';
import { bareId, contentHash, synthesiseId } from './mail-identity.js';
import { calendarOf, reportsOf } from './mail-reports.js';
import { tokenLikeIn } from './mail-token.js';
import { displayName, oneLine, storableText } from './mail-words.js';
import { mendMail } from './mend-mail.js';
import { messageIdsIn } from './message-ids.js';
import type { MimePart } from './mime-outline.js';
import {
  BODY_CHARS_MAX,
  UnreadableMail,
  type MailAddress,
  type MailAttachment,
  type MailFlag,
  type MailLimits,
  type ParsedMail,
} from './parsed-mail.js';
import { splitReply } from './reply-text.js';
import { sanitiseMailHtml } from './safe-html.js';
import type { UnpackedTnef } from './tnef.js';

const SUBJECT_CHARS_MAX = 1_000;
const NAME_CHARS_MAX = 200;
/** A clock can be wrong, but a date outside of these is no date. */
const EARLIEST_DATE = Date.UTC(1970, 0, 2);
const LATEST_DATE = Date.UTC(2200, 0, 1);

const LOOP_MARKS_MAX = 5;
const LOOP_MARK_CHARS_MAX = 200;
const OUTLOOK_CHARS_MAX = 500;

/** Headers that name the address a mail was really delivered to, the most specific first. */
const DELIVERY_HEADERS = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-forwarded-to'];

/**
 * Read one mail. Runs in a thread of `MailReader`, because a hostile mail may take long or much.
 *
 * Errors   UnreadableMail; anything else thrown is a mail we have not met yet, and the thread turns it into `broken`
 */
export async function parseMail(raw: Buffer, limits: MailLimits): Promise<ParsedMail> {
  if (raw.length > limits.bytesMax) throw new UnreadableMail('too_large', `more than ${limits.bytesMax} bytes`);
  const mended = mendMail(raw, limits);
  const mail = await readMended(mended, limits);
  const headers = new HeaderValues(mail.headerLines);
  const flags: MailFlag[] = mended.isAmbiguous ? ['structure_ambiguous'] : [];

  const from = senderOf(mail, headers, flags);
  const sent = bodyOf(mail.text ?? '', typeof mail.html === 'string' ? mail.html : '');
  const unwrapped = unwrap(mail.attachments);
  const { text, html } = isEmpty(sent) ? bodyInside([...unwrapped.values()]) : sent;
  const overlong: MailAttachment[] = [];
  const kept = withinBounds(text, html, overlong, flags);
  const attachments = [...unwrappedAttachments(mail.attachments, { html, unwrapped, flags }), ...overlong];
  await describeMails(attachments, limits);
  const subject = oneLine(mail.subject ?? '', SUBJECT_CHARS_MAX);
  const classified = classifiedHeaders(headers, mended.parts, { from, subject, text: kept.text });
  const mailClass = classifyMail(classified);
  const ownId = messageIdsIn(headers.first('message-id'))[0] ?? bareId(headers.first('message-id'));

  return {
    messageId: ownId ?? synthesiseId(raw, mended.parts),
    messageIdSynthesised: ownId === undefined,
    inReplyTo: messageIdsIn(headers.first('in-reply-to')),
    references: messageIdsIn(headers.all('references').join(' ')),
    contentHash: contentHash(from, headers.first('date'), {
      ...sent,
      attachments: [...attachmentsOf(mail.attachments, null), ...overlong],
    }),
    from,
    localSender: from === null ? localSenderOf(mail) : null,
    replyTo: addressesOf(mail.replyTo),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    deliveredTo: addressesInLines(DELIVERY_HEADERS.flatMap((name) => headers.all(name))),
    tokenLike: tokenLikeIn({ text: kept.text, html: kept.html, attachments, mailClass }),
    originalFrom: addressesInLines(['x-original-from', 'x-original-sender'].flatMap((name) => headers.all(name)))[0] ?? null,
    outlookThread: { index: outlookValue(headers.first('thread-index')), topic: outlookValue(headers.first('thread-topic')) },
    loopMarks: headers
      .all('x-loop')
      .slice(0, LOOP_MARKS_MAX)
      .map((value) => oneLine(value, LOOP_MARK_CHARS_MAX)),
    subject,
    date: dateOf(headers.first('date')),
    text: kept.text,
    html: kept.html,
    safeHtml: kept.html === null ? null : sanitiseMailHtml(kept.html),
    split: isAnswer(headers, subject) ? splitReply(kept.text, kept.html) : { reply: kept.text.trim(), quoted: null },
    attachments,
    mailClass,
    mayAutoAnswer: mayAutoAnswer(classified, mailClass),
    calendar: calendarOf(mended, attachments),
    forwarded: readForwarded(kept.text, subject),
    ...reportsOf(mailClass, { all: (name) => headers.all(name), fromAddress: from?.address ?? null, mended }),
    flags,
  };
}

function outlookValue(value: string): string | null {
  const line = oneLine(value, OUTLOOK_CHARS_MAX);
  return line === '' || line.length < value.trim().length ? null : line;
}

interface Body {
  text: string;
  html: string | null;
}

function bodyOf(text: string, html: string): Body {
  const written = html.trim() === '' ? null : storableText(html);
  return { text: plainText(text, written), html: written };
}

function isEmpty({ text, html }: Body): boolean {
  return html === null && text.trim() === '';
}

/** What was written inside Outlook's wrapping, where nothing was written outside. */
function bodyInside(unwrapped: readonly (UnpackedTnef | null)[]): Body {
  const inner = unwrapped.find((one) => one !== null && (one.text !== null || one.html !== null));
  return bodyOf(inner?.text ?? '', inner?.html ?? '');
}

const DESCRIBED_MAX = 10;

/** Say of attached mails what they are. */
async function describeMails(attachments: readonly MailAttachment[], limits: MailLimits): Promise<void> {
  const mails = attachments.filter(({ mediaType, name }) => mediaType === 'message/rfc822' || name.toLowerCase().endsWith('.eml'));
  for (const attachment of mails.slice(0, DESCRIBED_MAX)) {
    const mail = await summariseMail(attachment.content, limits);
    if (mail !== null) attachment.mail = mail;
  }
}

/** How answers begin their subject, in the nine languages and their neighbours'. */
const ANSWER_SUBJECT = /^(?:\[[^\]]{0,60}\]\s{0,5})?(?:re|aw|antw|antwoord|sv|vs|rif|r|res|odp|ynt|ref|bls)(?:\s?[[(]?\d{1,3}[\])]?)?\s?:/i;

/** A mail that answers nothing quotes nothing: what looks like a quotation in it is what its writer wants to show. */
function isAnswer(headers: HeaderValues, subject: string): boolean {
  return headers.first('in-reply-to') !== '' || headers.first('references') !== '' || ANSWER_SUBJECT.test(subject);
}

/** From; where it has no address Sender, then Return-Path. The address in a display name is never used. */
function senderOf(mail: ReaderMail, headers: HeaderValues, flags: MailFlag[]): MailAddress | null {
  const from = addressesOf(mail.from);
  if (from.length === 1 && headers.all('from').length <= 1) return from[0] ?? null;
  flags.push('from_ambiguous');
  if (from[0] !== undefined) return from[0];
  const name = mail.from?.value[0]?.name ?? '';
  for (const header of ['sender', 'return-path']) {
    const address = addressesInLines(headers.all(header))[0];
    if (address !== undefined) return { address, name: oneLine(name, NAME_CHARS_MAX) || null };
  }
  return null;
}

/** `Cron <root>`. A word without brackets is a name, and a name alone is shown for nobody. */
function localSenderOf(mail: ReaderMail): ParsedMail['localSender'] {
  const { address = '', name = '' } = mail.from?.value[0] ?? {};
  return /^[A-Za-z0-9._+-]{1,64}$/.test(address) ? { address, name: displayName(name, NAME_CHARS_MAX) || null } : null;
}

/** A text part shorter than this, beside HTML that says three times as much, is a stub: "your program cannot show this mail". */
const STUB_CHARS_MAX = 400;
/** Of longer HTML the beginning becomes text; the whole of it is attached. */
const HTML_READ_CHARS_MAX = 2 * BODY_CHARS_MAX;

function plainText(text: string, html: string | null): string {
  const plain = storableText(text);
  if (html === null || plain.trim().length > STUB_CHARS_MAX) return plain;
  const fromHtml = storableText(htmlToText(html.slice(0, HTML_READ_CHARS_MAX)).text);
  return plain.trim().length * 3 < fromHtml.length ? fromHtml : plain;
}

/** The reader would put the present time where a date cannot be read; we say that there is none. */
function dateOf(value: string): Date | null {
  const time = Date.parse(value.replaceAll(/\([^()]{0,100}\)/g, ' ').trim());
  return time >= EARLIEST_DATE && time < LATEST_DATE ? new Date(time) : null;
}

function classifiedHeaders(
  headers: HeaderValues,
  parts: readonly MimePart[],
  { from, subject, text }: { from: MailAddress | null; subject: string; text: string },
): ClassifiedHeaders {
  return {
    all: (name) => headers.all(name),
    fromAddress: from?.address ?? fromWithoutDomain(headers.first('from')),
    subject,
    text,
    partTypes: new Set(parts.map((part) => part.mediaType)),
  };
}

/** Old bounces come from a bare "MAILER-DAEMON": no address to answer, but enough to know a machine by. */
function fromWithoutDomain(value: string): string | null {
  const word = /^["<]?([A-Za-z0-9._-]{1,64})[">]?\s*(?:[<(]|$)/.exec(value)?.[1] ?? null;
  return word === null ? null : (plainAddress(`${word}@localhost`) ?? null);
}
