import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Locale } from '#contract';
import type { enAnswering } from './en-answering.js';
import type { enAudit } from './en-audit.js';
import type { enConnections } from './en-connections.js';
import type { enConsole } from './en-console.js';
import type { enEntrance } from './en-entrance.js';
import type { enFactors } from './en-factors.js';
import type { enKeyboard } from './en-keyboard.js';
import type { enMail } from './en-mail.js';
import type { enMailboxes } from './en-mailboxes.js';
import type { enOperatorAccess } from './en-operator-access.js';
import type { enProofErrors } from './en-proof-errors.js';
import type { enQuarantine } from './en-quarantine.js';
import type { enRare } from './en-rare.js';
import type { enPermissions } from './en-permissions.js';
import type { enRoles } from './en-roles.js';
import type { enSecurity } from './en-security.js';
import type { enSettings } from './en-settings.js';
import type { en } from './en.js';

type Everything = typeof en &
  typeof enAnswering &
  typeof enAudit &
  typeof enConnections &
  typeof enConsole &
  typeof enEntrance &
  typeof enFactors &
  typeof enKeyboard &
  typeof enMail &
  typeof enMailboxes &
  typeof enOperatorAccess &
  typeof enProofErrors &
  typeof enQuarantine &
  typeof enRare &
  typeof enPermissions &
  typeof enRoles &
  typeof enSecurity &
  typeof enSettings;

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: Everything };
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

const parts = {
  answering: {
    en: async () => [(await import('./en-answering.js')).enAnswering],
    nl: async () => [(await import('./nl-answering.js')).nlAnswering],
  },
  audit: {
    en: async () => [(await import('./en-audit.js')).enAudit],
    nl: async () => [(await import('./nl-audit.js')).nlAudit],
  },
  connections: {
    en: () => import('./en-connections.js').then(({ enConnections, enMailboxes }) => [enConnections, enMailboxes]),
    nl: () => import('./nl-connections.js').then(({ nlConnections, nlMailboxes }) => [nlConnections, nlMailboxes]),
  },
  entrance: {
    en: () => import('./en-entrance.js').then(({ enEntrance, enProofErrors }) => [enEntrance, enProofErrors]),
    nl: () => import('./nl-entrance.js').then(({ nlEntrance, nlProofErrors }) => [nlEntrance, nlProofErrors]),
  },
  factors: {
    en: () => import('./en-factors.js').then(({ enFactors, enProofErrors }) => [enFactors, enProofErrors]),
    nl: () => import('./nl-factors.js').then(({ nlFactors, nlProofErrors }) => [nlFactors, nlProofErrors]),
  },
  mail: {
    en: () => import('./en-mail.js').then(({ enMail, enQuarantine }) => [enMail, enQuarantine]),
    nl: () => import('./nl-mail.js').then(({ nlMail, nlQuarantine }) => [nlMail, nlQuarantine]),
  },
  operatorAccess: {
    en: async () => [(await import('./en-operator-access.js')).enOperatorAccess],
    nl: async () => [(await import('./nl-operator-access.js')).nlOperatorAccess],
  },
  rare: {
    en: () => import('./en-rare.js').then(({ enKeyboard, enRare }) => [enKeyboard, enRare]),
    nl: () => import('./nl-rare.js').then(({ nlKeyboard, nlRare }) => [nlKeyboard, nlRare]),
  },
  security: {
    en: () => import('./en-security.js').then(({ enPermissions, enSecurity }) => [enPermissions, enSecurity]),
    nl: () => import('./nl-security.js').then(({ nlPermissions, nlSecurity }) => [nlPermissions, nlSecurity]),
  },
  settings: {
    en: () => import('./en-settings.js').then(({ enPermissions, enRoles, enSettings }) => [enPermissions, enRoles, enSettings]),
    nl: () => import('./nl-settings.js').then(({ nlPermissions, nlRoles, nlSettings }) => [nlPermissions, nlRoles, nlSettings]),
  },
} as const satisfies Record<string, Record<Locale, () => Promise<object[]>>>;

/** Words that only some screens need; they are fetched with the first such screen. */
export type WordsPart = keyof typeof parts;

const wanted = new Set<WordsPart>();
/** Words that only one page has, and brings itself. */
const brought: Record<Locale, () => Promise<object>>[] = [];

async function addPart(part: WordsPart, locale: Locale): Promise<void> {
  for (const words of await parts[part][locale]()) i18next.addResourceBundle(locale, 'translation', words, true, true);
}

/** Add words that are no part of the desk's. They are spoken in whatever language is. */
export async function bringWords(words: Record<Locale, () => Promise<object>>): Promise<void> {
  brought.push(words);
  await addBrought(currentLocale());
}

async function addBrought(locale: Locale): Promise<void> {
  for (const words of brought) i18next.addResourceBundle(locale, 'translation', await words[locale](), true, true);
}

/** A screen together with the words it needs, in the language on the screen when both are here. */
export async function withWords<Screen>(part: WordsPart, screen: Promise<Screen>): Promise<Screen> {
  wanted.add(part);
  let locale: Locale;
  do {
    locale = currentLocale();
    await addPart(part, locale);
  } while (locale !== currentLocale());
  return screen;
}

/** The language the browser asks for, as far as we speak it. Holds until an agent with a choice of her own signs in. */
export function preferredLocale(): Locale {
  const languages = navigator.languages.map((language) => language.slice(0, 2).toLowerCase());
  return languages.find((language): language is Locale => language === 'en' || language === 'nl') ?? 'en';
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
  for (const part of wanted) await addPart(part, locale);
  await addBrought(locale);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}
