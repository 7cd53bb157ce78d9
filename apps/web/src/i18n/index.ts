import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Locale } from '#contract';
import type { en } from './en.js';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
    returnNull: false;
  }
}

/** The languages, each by its own name. */
export const LOCALES: readonly { value: Locale; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'nl', label: 'Nederlands' },
];

async function wordsOf(locale: Locale) {
  // Each language is a file of its own: nobody downloads the other one.
  return locale === 'nl' ? (await import('./nl.js')).nl : (await import('./en.js')).en;
}

/** The language the browser asks for, as far as we speak it. Holds until an agent with a choice of her own signs in. */
export function preferredLocale(): Locale {
  const wanted = navigator.languages.map((language) => language.slice(0, 2).toLowerCase());
  return wanted.find((language): language is Locale => language === 'en' || language === 'nl') ?? 'en';
}

/** The language on the screen now. */
export function currentLocale(): Locale {
  return i18next.language === 'nl' ? 'nl' : 'en';
}

/** Load the words and begin. */
export async function startWords(locale: Locale): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: locale,
    resources: { [locale]: { translation: await wordsOf(locale) } },
    // React escapes what it draws; escaping twice would show &amp; to people.
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  document.documentElement.lang = locale;
}

/** Speak another language from now on. Does nothing when it is spoken already. */
export async function speak(locale: Locale): Promise<void> {
  if (i18next.language === locale) return;
  if (!i18next.hasResourceBundle(locale, 'translation')) i18next.addResourceBundle(locale, 'translation', await wordsOf(locale));
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}
