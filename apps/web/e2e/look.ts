import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { englishWords } from './words.js';

export const WIDTHS_PX = [1440, 1024, 390] as const;
export const HEIGHT_PX = 900;
/** A key of the table of words, on the screen where its words should be. */
const BARE_KEY = new RegExp(
  `\\b(?:${[...new Set((await englishWords()).flatMap((words) => Object.keys(words)))].join('|')})\\.(?!example\\b)[a-z]\\w+\\b|\\{\\{|\\$t\\(`,
);

/** Resolves when what has changed is on the screen. */
export const DRAWN = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';

interface Examined {
  violations: { id: string; nodes: { html: string; any: { message: string }[] }[] }[];
}

/**
 * What is wrong with what is on the page. What stands in a mail's frame is its sender's doing, and the frame runs no script that could look.
 *
 * The examiner is brought in once per page; bringing it takes longer than the examination.
 */
export async function wrongOn(page: Page, what: 'everything' | 'colours' = 'everything'): Promise<string[]> {
  const isThere = await page.evaluate<boolean>("'axe' in window");
  if (!isThere) await new AxeBuilder({ page }).setLegacyMode(true).options({ iframes: false }).withRules(['html-has-lang']).analyze();
  const options = what === 'everything' ? { iframes: false } : { iframes: false, runOnly: ['color-contrast'] };
  const { violations } = await page.evaluate<Examined>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`));
}

/** The language in which everything is examined. Another one changes words and how wide they are: never a colour, and never what is a button. */
const FIRST_LANG = 'en';

/**
 * Look at what is on the page in every width, light and dark, with the eyes of somebody who cannot see it too.
 *
 * Everything is examined in light, where it stands; dark changes no more than the colours, so only those are examined again. In a second
 * language nothing may be cut off or without words, and the narrowest width is examined.
 */
export async function look(page: Page, lang: string): Promise<void> {
  expect(await page.getAttribute('html', 'lang')).toBe(lang);
  const words = await page.evaluate<string>(`[document.title, document.body.innerText, ...[...document.querySelectorAll('*')].flatMap(
    (element) => ['aria-label', 'title', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? ''))].join('\\n')`);
  expect(words).not.toMatch(BARE_KEY);
  const isFirst = lang === FIRST_LANG;
  for (const colorScheme of isFirst ? (['light', 'dark'] as const) : (['light'] as const)) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    for (const width of WIDTHS_PX) {
      await page.setViewportSize({ width, height: HEIGHT_PX });
      await page.evaluate(DRAWN);
      // What is still on its way at this width is not what is looked at.
      await page.locator('h1:visible').first().waitFor();
      const overflowPx = await page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
      const isExamined = isFirst || width === WIDTHS_PX.at(-1);
      const found = isExamined ? await wrongOn(page, colorScheme === 'light' ? 'everything' : 'colours') : [];
      const where = `${colorScheme}, ${String(width)} px`;
      expect({ where, found, overflowPx }).toEqual({ where, found: [], overflowPx: 0 });
    }
  }
  await page.setViewportSize({ width: WIDTHS_PX[0], height: HEIGHT_PX });
}
