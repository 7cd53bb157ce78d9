import { escapeHtml } from './safe-html.js';
import { displayName, storableText } from './mail-words.js';

/** What an answer quotes below itself. */
export interface OriginalMail {
  /** Who wrote it, as the reader should see it: a name, or an address. */
  author: string;
  sentAt: Date;
  text: string;
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
    html: `<div class="gmail_quote"><p>${escapeHtml(line)}</p><blockquote type="cite">${textToHtml(body)}</blockquote></div>`,
  };
}

function wroteLine(original: OriginalMail): string {
  const format = new Intl.DateTimeFormat(LOCALES[original.language], {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: original.timeZone,
  });
  // Typographic spaces differ between versions of the language data, and mail programs do not know them.
  const when = format.format(original.sentAt).replaceAll(/[\u00a0\u202f]/g, ' ');
  return WROTE[original.language](when, displayName(original.author, AUTHOR_CHARS_MAX));
}

/** Plain text as simple HTML: paragraphs at empty lines, everything else as it stands. */
export function textToHtml(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>')}</p>`)
    .join('');
}
