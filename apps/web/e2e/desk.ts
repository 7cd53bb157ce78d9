import { createServer } from 'node:net';
import type { Locator, Page } from 'playwright-core';
import { PASSWORD } from '../../../test/world.js';

/** How long a screen may take to show what has happened, before a test says that it does not. */
export const SOON_MS = 10_000;

/** Come in by the sign-in page, as a person does; the inbox is there when it resolves. */
export async function signIn(desk: Page, url: string, email: string, password = PASSWORD): Promise<void> {
  await desk.goto(`${url}/sign-in`);
  await desk.locator('input[type="email"]').fill(email);
  await desk.locator('input[autocomplete="current-password"]').fill(password);
  await desk.locator('button[type="submit"]').click();
  await desk.waitForURL('**/inbox/unassigned');
  await desk.locator('h1').first().waitFor();
}

/** What has the focus, as a screen reader would name it. */
export function focusOf(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const at = document.activeElement;
    return at.getAttribute('aria-label') ?? at.textContent.trim();
  })()`);
}

/** Whether one can see where the keyboard stands: the element with the focus, or the box it is in, is marked. */
export function isFocusSeen(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(`(() => {
    const at = document.activeElement;
    if (at === document.body || !at.matches(':focus-visible')) return false;
    const isMarked = (element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    return isMarked(at) || [...document.querySelectorAll(':focus-within')].some((box) => box !== document.body && isMarked(box));
  })()`);
}

/** The row of the list in which somebody is named. */
export function rowOf(desk: Page, name: string): Locator {
  return desk.locator('[data-row]').filter({ hasText: name });
}

/** The id of the conversation that is open. */
export function openId(desk: Page): string {
  const id = /\/inbox\/[^/]+\/([^/?#]+)/.exec(desk.url())?.[1];
  if (id === undefined) throw new Error(`no conversation is open at ${desk.url()}`);
  return id;
}

/** A port that is free now. For a server that has to know its own public address before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
