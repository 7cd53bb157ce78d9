/** The sentences of the page. The browser's language decides which. */
import { en } from './words-en.js';
import { nl } from './words-nl.js';

/** For dates and times: the reader's own country, not just the language. */
export const locale = navigator.language;
export const language = navigator.language.toLowerCase().startsWith('nl') ? 'nl' : 'en';
const words = language === 'nl' ? nl : en;

/** The sentence in the reader's language, with the named parts filled in. */
export function say(name, parts = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (_whole, part) => String(parts[part] ?? ''));
}
