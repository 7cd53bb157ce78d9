import { readdir } from 'node:fs/promises';

type Words = Record<string, Record<string, unknown>>;

const FOLDER = new URL('../src/i18n/', import.meta.url);

/** Every table of English words, read from their folder: a table that is added is looked at too. */
export async function englishWords(): Promise<Words[]> {
  const files = (await readdir(FOLDER)).filter((name) => /^en\b.*\.js$/.test(name));
  const modules = await Promise.all(files.map((name) => import(new URL(name, FOLDER).href) as Promise<Record<string, Words>>));
  return [...new Set(modules.flatMap((one) => Object.values(one)))];
}
