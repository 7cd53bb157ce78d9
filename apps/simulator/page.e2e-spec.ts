import AxeBuilder from '@axe-core/playwright';
import { createTransport } from 'nodemailer';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { GraphCaller, MILA, SANNE, SPAAK } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const BROWSER_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const DEADLINE_MS = 10_000;

declare global {
  var omnideskTestRun: { browserPath: string | null } | undefined;
}

let app: ReceivingApp;
let simulator: Simulator;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const executablePath = globalThis.omnideskTestRun?.browserPath;
  if (!executablePath) throw new Error('the screen tests need a browser');
  browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
});
afterAll(() => browser.close());

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url });
  simulator.subscribePage(SPAAK);
  simulator.connectMailbox({ address: 'help@spaak.example', webhookUrl: app.url, secret: 's' });
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(simulator.url);
});
afterEach(async () => {
  await page.context().close();
  await simulator.close();
  await app.close();
});

const phoneOf = (name: string): Locator => page.getByRole('region', { name: `Phone of ${name}` });

it('plays a customer: text, picture, thumb, edit, reaction and seen all reach the app, and the answer is seen without reload', async () => {
  const phone = phoneOf('Sanne de Wit');
  await phone.getByRole('textbox', { name: 'Message' }).fill('Is mijn fiest klaar?');
  await phone.getByRole('button', { name: 'Send', exact: true }).click();
  await phone.getByRole('button', { name: 'Edit' }).click();
  await phone.getByRole('textbox', { name: 'Message' }).fill('Is mijn fiets klaar?');
  await phone.getByRole('button', { name: 'Save' }).click();
  await phone.getByText('edited').waitFor();
  await phone.getByRole('button', { name: 'Send a sample photo' }).click();
  await phone.getByRole('img', { name: 'Picture photo.png' }).waitFor();
  await phone.getByRole('button', { name: 'Send a thumbs-up' }).click();
  await phone.getByRole('img', { name: 'Thumbs-up' }).waitFor();

  await new GraphCaller(simulator).say('Ja, om vier uur.');
  await phone.getByText('Ja, om vier uur.').waitFor();
  await phone.getByRole('group', { name: 'React to “Ja, om vier uur.”' }).getByRole('button', { name: 'React with ❤️' }).click();
  await phone.getByRole('button', { name: 'Mark as seen' }).click();
  await phone.getByText('· seen').waitFor();
  await simulator.settled(DEADLINE_MS);

  const told = app.events.map((event) => Object.keys(event).at(-1));
  expect(told).toEqual(['message', 'message_edit', 'message', 'message', 'message', 'delivery', 'reaction', 'read']);
  expect(app.having('message_edit')[0]?.message_edit).toMatchObject({ text: 'Is mijn fiets klaar?' });
  expect(complaints).toEqual([]);
});

it('sends a file that the person chose', async () => {
  const chooser = page.waitForEvent('filechooser');
  await phoneOf('Tomás Herrera').getByRole('button', { name: 'Send a picture' }).click();
  await (await chooser).setFiles({ name: 'bon.txt', mimeType: 'text/plain', buffer: Buffer.from('bon') });
  await phoneOf('Tomás Herrera').getByRole('link', { name: 'File bon.txt' }).waitFor();
  expect(app.having('message')[0]).toMatchObject({ message: { attachments: [{ type: 'file' }] } });
});

it('keeps what is being typed when a message comes in', async () => {
  const box = phoneOf('Sanne de Wit').getByRole('textbox', { name: 'Message' });
  await box.fill('half een zin');
  await simulator.pageInboxSays(SANNE, { text: 'Hallo?' });
  await phoneOf('Sanne de Wit').getByText('Hallo?').waitFor();
  expect(await box.inputValue()).toBe('half een zin');
  expect(await phoneOf('Sanne de Wit').locator(':focus').getAttribute('aria-label')).toBe('Message');
});

it('shows the other page’s customers, and that nobody listens to them yet', async () => {
  await page.getByRole('tab', { name: 'Linden Tea' }).click();
  await phoneOf('Mila Jovanović').getByText('Omnidesk has not subscribed to Linden Tea').waitFor();
  expect(await page.getByRole('status').first().textContent()).toBe('Nobody is listening yet');
  await phoneOf('Mila Jovanović').getByRole('textbox', { name: 'Message' }).fill('Dobar dan');
  await phoneOf('Mila Jovanović').getByRole('button', { name: 'Send', exact: true }).click();
  await simulator.until(() => simulator.customers.find((one) => one.psid === MILA)?.messages.length === 1, DEADLINE_MS);
  expect(app.posts).toEqual([]);
});

it('writes a mail, receives the answer, and answers that with a quote', async () => {
  const mail = page.getByRole('region', { name: 'Mail' });
  await mail.getByRole('button', { name: 'Write a mail' }).click();
  expect(await mail.getByRole('textbox', { name: 'To' }).inputValue()).toBe('help@spaak.example');
  await mail.getByRole('textbox', { name: 'Subject' }).fill('Slot kapot');
  await mail.getByRole('textbox', { name: 'Text' }).fill('Het slot gaat niet open.');
  await mail.getByRole('button', { name: 'Send mail' }).click();
  await mail.getByRole('button', { name: /Slot kapot/ }).click();
  const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true });
  const [asked] = simulator.mailsOf('sanne@mail.example');
  const answer = { from: 'help@spaak.example', to: 'sanne@mail.example', subject: 'Re: Slot kapot', inReplyTo: asked?.messageId ?? '' };
  await transport.sendMail({ ...answer, text: 'Kom maar langs.' });
  transport.close();
  await mail.getByText('Kom maar langs.').waitFor();
  await mail.getByRole('textbox', { name: 'Your answer' }).fill('Tot morgen!');
  await mail.getByRole('button', { name: 'Send answer' }).click();
  await mail.getByText('Tot morgen!').waitFor();
  const raw = app.posts.at(-1)?.body.toString() ?? '';
  expect(raw).toContain('> Kom maar langs.');
  expect(raw).toContain('Subject: Re: Slot kapot');
});

it('makes weather, and clears it up again', async () => {
  await page.getByRole('button', { name: 'Weather' }).click();
  const drawer = page.getByRole('dialog', { name: 'Weather' });
  await drawer.getByRole('switch', { name: 'Is down' }).click();
  await drawer.getByRole('switch', { name: 'Has locked Omnidesk out of Spaak Bikes' }).click();
  await simulator.until(() => simulator.weather.includes('facebook_down'), DEADLINE_MS);
  await simulator.until(() => Object.keys(simulator.pages[0]?.deadTokens ?? {}).length === 1, DEADLINE_MS);
  await drawer.getByRole('button', { name: '24 hours later' }).click();
  await simulator.until(() => simulator.clock.nowMs() > Date.now() + 86_000_000, DEADLINE_MS);
  await drawer.getByRole('button', { name: 'Clear up' }).click();
  await simulator.until(() => simulator.weather.length === 0, DEADLINE_MS);
  await simulator.until(() => Object.keys(simulator.pages[0]?.deadTokens ?? {}).length === 0, DEADLINE_MS);
  await drawer.getByRole('button', { name: 'Close' }).click();
});

it('asks before it lets the app in', async () => {
  const asked = { client_id: '190000000000019', redirect_uri: `${app.url}?x=1`, state: 'abc', response_type: 'code' };
  await page.goto(`${simulator.graphUrl}/v26.0/dialog/oauth?${new URLSearchParams(asked).toString()}`);
  await page.getByRole('checkbox', { name: /Linden Tea/ }).uncheck();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/state=abc/);
  expect(new URL(page.url()).searchParams.get('code')).toMatch(/^AQ/);
});

it.each(['light', 'dark'] as const)(
  'is accessible in the %s, on a desk and on a phone, without anything from elsewhere',
  async (colorScheme) => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await simulator.customerSays(SANNE, { text: 'Hoi', sticker: true });
    await new GraphCaller(simulator).say('Dag');
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await page.reload();
      await phoneOf('Sanne de Wit').getByText('Dag').waitFor();
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
    expect(new Set(asked)).toEqual(new Set([simulator.url]));
    expect(complaints).toEqual([]);
  },
);

it('speaks Dutch to who reads Dutch', async () => {
  const dutch = await browser.newPage({ locale: 'nl-NL' });
  await dutch.goto(simulator.url);
  await dutch.getByRole('region', { name: 'Telefoon van Sanne de Wit' }).waitFor();
  expect(await dutch.locator('html').getAttribute('lang')).toBe('nl');
  await dutch.close();
});
