import type { Locale } from '#contract';

/** How a request stands; null: there is none with this code. */
export type ShownRequest = { receivedAt: Date; doneAt: Date | null } | null;

interface Words {
  title: string;
  unknown: string;
  received: (at: string) => string;
  done: (at: string) => string;
  waiting: string;
  what: string;
}

const WORDS: Record<Locale, Words> = {
  en: {
    title: 'Your request to delete your data',
    unknown: 'There is no request with this code. Please check the address.',
    received: (at) => `Received on ${at}.`,
    done: (at) => `Done on ${at}.`,
    waiting: 'It is being carried out.',
    what: 'What Facebook let this Omnidesk have of your account was deleted: the access to the pages you manage, and the number by which Facebook named you to us.',
  },
  nl: {
    title: 'Uw verzoek om uw gegevens te wissen',
    unknown: 'Er is geen verzoek met deze code. Controleer het adres.',
    received: (at) => `Ontvangen op ${at}.`,
    done: (at) => `Uitgevoerd op ${at}.`,
    waiting: 'Het wordt uitgevoerd.',
    what: 'Wat Facebook deze Omnidesk van uw account liet hebben, is gewist: de toegang tot de pagina’s die u beheert, en het nummer waarmee Facebook u bij ons aanduidde.',
  },
};

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#1a1b1e}}';

/** The page that a request's address shows: a title and a few sentences, the same for everybody who has the code. */
export function deletionPage(request: ShownRequest, locale: Locale): string {
  const words = WORDS[locale];
  const sentences =
    request === null
      ? [words.unknown]
      : [
          words.received(instant(request.receivedAt, locale)),
          ...(request.doneAt === null ? [words.waiting] : [words.done(instant(request.doneAt, locale)), words.what]),
        ];
  const body = sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join('');
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(words.title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(words.title)}</h1>${body}</main></body></html>`;
}

/** Dutch where the reader's browser prefers it to English. */
export function localeOf(languages: string | undefined): Locale {
  const wanted = (languages ?? '').slice(0, LANGUAGES_CHARS_MAX).split(',').map(weighted);
  const best = (locale: Locale) =>
    Math.max(0, ...wanted.filter(({ tag }) => tag === locale || tag.startsWith(`${locale}-`)).map(({ weight }) => weight));
  return best('nl') > best('en') ? 'nl' : 'en';
}

const LANGUAGES_CHARS_MAX = 500;

function weighted(text: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { tag, weight: Number.isFinite(weight) ? weight : 0 };
}

function instant(at: Date, locale: Locale): string {
  return (
    new Intl.DateTimeFormat(locale === 'nl' ? 'nl-NL' : 'en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(at) +
    ' UTC'
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}
