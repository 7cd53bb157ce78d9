import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { browserPath } from './world.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const ACTION_TIMEOUT_MS = 15_000;

export interface TestBrowser {
  /** What went wrong on any page by itself: uncaught errors, broken security policy, requests to other machines. */
  problems: string[];
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

/** The real browser, and an eye on everything that a person would not notice. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: browserPath(), args: FLAGS });
  const problems: string[] = [];
  return {
    problems,
    context: async (options) => {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(ACTION_TIMEOUT_MS);
      context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`));
      context.on('console', (message) => {
        if (/Content Security Policy|violates/.test(message.text())) problems.push(`policy: ${message.text()}`);
      });
      context.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(hostname)) problems.push(`request to ${hostname}`);
      });
      return context;
    },
    close: () => browser.close(),
  };
}
