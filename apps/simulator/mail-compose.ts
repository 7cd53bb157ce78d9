/** How a customer's mail program writes: the answer above, what it answers below, in the manner of that program. */
import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';

export type MailProgram = 'gmail' | 'outlook' | 'plain';

export interface MailFile {
  name: string;
  mediaType: string;
  content: Buffer;
}

/** The mail that is answered, as its reader sees it. */
export interface AnsweredMail {
  messageId: string;
  references: string[];
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  atMs: number;
}

export interface CustomerMail {
  from: { name: string; address: string };
  to: readonly string[];
  cc?: string[];
  subject: string;
  text: string;
  /** Shown instead of the text where HTML is shown; made from the text when left out and the program writes HTML. */
  html?: string;
  files?: readonly MailFile[];
  /** Pictures inside the text, shown under it. */
  inlinePictures?: readonly MailFile[];
  /** Below what is written, as it stands: a mail that is passed on. */
  quotes?: string;
  /** An invitation beside the text. */
  calendar?: { method: 'REQUEST' | 'REPLY' | 'CANCEL'; content: string };
  answers?: AnsweredMail;
  program?: MailProgram;
  language?: 'en' | 'nl';
  atMs: number;
  /** More header lines, for tests. */
  headers?: Record<string, string>;
}

export interface ComposedMail {
  raw: Buffer;
  messageId: string;
  references: string[];
  /** The text that was sent, quote included. */
  text: string;
}

/** Source: RFC 5322 3.6.4: the parent's references and its id. Cut from the middle, as programs do with long threads. */
const REFERENCES_MAX = 20;

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const asHtml = (text: string): string => escapeHtml(text).replaceAll('\n', '<br>\r\n');

function spoken(atMs: number, language: 'en' | 'nl', style: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language === 'nl' ? 'nl-NL' : 'en-US', { ...style, timeZone: 'UTC' }).format(atMs);
}

function wroteLine(mail: AnsweredMail, language: 'en' | 'nl'): string {
  const day = spoken(mail.atMs, language, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const time = spoken(mail.atMs, language, { hour: 'numeric', minute: '2-digit' });
  const who = mail.from.name === '' ? `<${mail.from.address}>` : `${mail.from.name} <${mail.from.address}>`;
  return language === 'nl' ? `Op ${day} om ${time} schreef ${who}:` : `On ${day} at ${time} ${who} wrote:`;
}

function headerLines(mail: AnsweredMail, language: 'en' | 'nl'): [string, string][] {
  const sent = spoken(mail.atMs, language, { dateStyle: 'full', timeStyle: 'short' });
  const [from, date, to, subject] = language === 'nl' ? ['Van', 'Verzonden', 'Aan', 'Onderwerp'] : ['From', 'Sent', 'To', 'Subject'];
  return [
    [from ?? '', `${mail.from.name} <${mail.from.address}>`],
    [date ?? '', sent],
    [to ?? '', mail.to],
    [subject ?? '', mail.subject],
  ];
}

function quoteText(mail: AnsweredMail, program: MailProgram, language: 'en' | 'nl'): string {
  if (program === 'outlook') {
    const lines = headerLines(mail, language).map(([name, value]) => `${name}: ${value}`);
    return `\n\n${'_'.repeat(32)}\n${lines.join('\n')}\n\n${mail.text}`;
  }
  const quoted = mail.text.split('\n').map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd()));
  return `\n\n${wroteLine(mail, language)}\n\n${quoted.join('\n')}\n`;
}

function quoteHtml(mail: AnsweredMail, program: MailProgram, language: 'en' | 'nl'): string {
  if (program === 'outlook') {
    const lines = headerLines(mail, language).map(([name, value]) => `<b>${name}:</b> ${escapeHtml(value)}<br>`);
    return `<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">${lines.join('')}</div><div>${asHtml(mail.text)}</div>`;
  }
  const line = `<div dir="ltr" class="gmail_attr">${escapeHtml(wroteLine(mail, language))}<br></div>`;
  const style = 'margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex';
  return `<br><div class="gmail_quote gmail_quote_container">${line}<blockquote class="gmail_quote" style="${style}">${asHtml(mail.text)}</blockquote></div>`;
}

function referencesOf(mail: AnsweredMail): string[] {
  const all = [...mail.references.filter((id) => id !== mail.messageId), mail.messageId];
  return all.length <= REFERENCES_MAX ? all : [...all.slice(0, 1), ...all.slice(1 - REFERENCES_MAX)];
}

/**
 * The mail as bytes, ready for the wire.
 *
 * Errors   rejects when a header would hold a line break
 */
export async function composeMail(mail: CustomerMail): Promise<ComposedMail> {
  const { answers, program = 'gmail', language = 'en', inlinePictures = [], files = [] } = mail;
  const messageId = `<${randomUUID()}@${mail.from.address.split('@').at(-1) ?? 'mail.example'}>`;
  const references = answers ? referencesOf(answers) : [];
  const written = mail.quotes === undefined ? mail.text : `${mail.text}\n\n${mail.quotes}`;
  const text = answers ? written + quoteText(answers, program, language) : written;
  const pictures = inlinePictures.map((picture) => ({ ...picture, cid: `${randomUUID()}@mail` }));
  const shown = pictures.map(({ cid, name }) => `<div><img src="cid:${cid}" alt="${escapeHtml(name)}"></div>`).join('');
  const own = `<div dir="ltr">${mail.html ?? asHtml(written)}${shown}</div>`;
  const writesHtml = mail.html !== undefined || pictures.length > 0 || program !== 'plain';
  const composer = new MailComposer({
    disableFileAccess: true,
    disableUrlAccess: true,
    from: mail.from,
    to: [...mail.to],
    cc: mail.cc ?? [],
    subject: mail.subject,
    date: new Date(mail.atMs),
    messageId,
    ...(answers ? { inReplyTo: answers.messageId, references } : {}),
    headers: mail.headers ?? {},
    text,
    ...(writesHtml ? { html: own + (answers ? quoteHtml(answers, program, language) : '') } : {}),
    ...(mail.calendar === undefined ? {} : { icalEvent: mail.calendar }),
    attachments: [
      ...pictures.map(({ name, mediaType, content, cid }) => ({ filename: name, contentType: mediaType, content, cid })),
      ...files.map(({ name, mediaType, content }) => ({ filename: name, contentType: mediaType, content })),
    ],
  });
  return { raw: await composer.compile().build(), messageId, references, text };
}
