import { escapeHtml } from './safe-html.js';
import { displayName, oneLine, storableText } from './mail-words.js';

/** What an answer quotes below itself. */
export interface OriginalMail {
  /** Who wrote it, as the reader should see it: a name, or an address. */
  author: string;
  sentAt: Date;
  text: string;
  /** Sanitised, its pictures by the `cid:` of what this mail carries; null where there is none, or none that may be repeated. */
  html?: string | null;
  /** The language of the line above it. */
  language: QuoteLanguage;
  /** IANA name, e.g. Europe/Amsterdam; the hour in that line is of this zone. */
  timeZone: string;
}

export type QuoteLanguage = 'en' | 'nl' | 'de' | 'fr';

const LOCALES: Readonly<Record<QuoteLanguage, string>> = { en: 'en-GB', nl: 'nl-NL', de: 'de-DE', fr: 'fr-FR' };

/** The words of each language's own mail programs, so that theirs, and we, know the line again. */
const WROTE: Readonly<Record<QuoteLanguage, (when: string, who: string) => string>> = {
  en: (when, who) => `On ${when}, ${who} wrote:`,
  nl: (when, who) => `Op ${when} schreef ${who}:`,
  de: (when, who) => `Am ${when} schrieb ${who}:`,
  fr: (when, who) => `Le ${when}, ${who} a écrit :`,
};

const AUTHOR_CHARS_MAX = 100;
/** A longer original is cut: the reader has it already. */
const QUOTED_CHARS_MAX = 20_000;
/** More is shown as text. A whole thread is quoted again with each answer. */
const QUOTED_HTML_CHARS_MAX = 300_000;

/** A mail as a quotation: the line that says who wrote when, and the text, as plain text and as HTML. */
export function quoteOriginal(original: OriginalMail): { text: string; html: string } {
  const line = wroteLine(original);
  const body = storableText(original.text).trim().slice(0, QUOTED_CHARS_MAX).toWellFormed();
  const quoted = body
    .split('\n')
    .map((one) => `> ${one}`.trimEnd())
    .join('\n');
  return {
    text: `${line}\n\n${quoted}`,
    html: `<div class="gmail_quote"><p>${escapeHtml(line)}</p><blockquote type="cite">${htmlOf(original, body)}</blockquote></div>`,
  };
}

/** What somebody said, passed on: from whom, when and to whom it was, and all of it. */
export interface PassedOnMail {
  from: { name: string; address: string | null };
  sentAt: Date;
  subject: string;
  to: readonly string[];
  text: string;
  /** As in `OriginalMail`. */
  html: string | null;
  language: QuoteLanguage;
  timeZone: string;
}

/** The words of each language's own mail programs, so that theirs, and we, know a forward. */
const PASSED_ON: Readonly<Record<QuoteLanguage, { title: string; from: string; date: string; subject: string; to: string }>> = {
  en: { title: 'Forwarded message', from: 'From', date: 'Date', subject: 'Subject', to: 'To' },
  nl: { title: 'Doorgestuurd bericht', from: 'Van', date: 'Datum', subject: 'Onderwerp', to: 'Aan' },
  de: { title: 'Weitergeleitete Nachricht', from: 'Von', date: 'Datum', subject: 'Betreff', to: 'An' },
  fr: { title: 'Message transféré', from: 'De', date: 'Date', subject: 'Objet', to: 'À' },
};
const RULE = '-'.repeat(10);
const SUBJECT_CHARS_MAX = 500;
const NAMED_MAX = 20;

/** A mail passed on below a header block, as plain text and as HTML. Nothing of it is cut: it is what the mail is for. */
export function passOn(mail: PassedOnMail): { text: string; html: string } {
  const words = PASSED_ON[mail.language];
  const name = displayName(mail.from.name, AUTHOR_CHARS_MAX);
  const { address } = mail.from;
  const block = [
    `${words.from}: ${address === null || address === name ? (address ?? name) : `${name} <${address}>`}`,
    `${words.date}: ${spoken(mail.sentAt, mail)}`,
    `${words.subject}: ${oneLine(mail.subject, SUBJECT_CHARS_MAX)}`,
    ...(mail.to.length === 0 ? [] : [`${words.to}: ${mail.to.slice(0, NAMED_MAX).join(', ')}`]),
  ];
  const title = `${RULE} ${words.title} ${RULE}`;
  const body = storableText(mail.text).trim();
  const lines = [title, ...block].map(escapeHtml).join('<br>');
  return {
    text: `${title}\n${block.join('\n')}\n\n${body}`,
    html: `<div class="gmail_quote"><p>${lines}</p>${htmlOf(mail, body)}</div>`,
  };
}

function htmlOf({ html }: { html?: string | null }, text: string): string {
  return html != null && html.length <= QUOTED_HTML_CHARS_MAX ? html : textToHtml(text);
}

function wroteLine(original: OriginalMail): string {
  return WROTE[original.language](spoken(original.sentAt, original), displayName(original.author, AUTHOR_CHARS_MAX));
}

function spoken(at: Date, { language, timeZone }: { language: QuoteLanguage; timeZone: string }): string {
  const format = new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeStyle: 'short', timeZone });
  // Typographic spaces differ between versions of the language data, and mail programs do not know them.
  return format.format(at).replaceAll(/[\u00a0\u202f]/g, ' ');
}

/** Plain text as simple HTML: paragraphs at empty lines, everything else as it stands. */
export function textToHtml(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>')}</p>`)
    .join('');
}
