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
/** Every drawer at every width, each looked at by axe. */
const LOOKING_TIMEOUT_MS = 120_000;

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

const EVERY_FIELD = (
  'messages message_echoes message_edits message_deliveries message_reads message_reactions messaging_postbacks messaging_optins ' +
  'messaging_referrals messaging_handovers standby messaging_policy_enforcement messaging_account_linking messaging_feedback ' +
  'messaging_customer_information feed'
).split(' ');

it(
  'finds and plays everything a customer can do, by keyboard, and each is told',
  async () => {
    simulator.subscribePage(SPAAK, EVERY_FIELD);
    const opener = phoneOf('Sanne de Wit').getByRole('button', { name: 'More that Sanne de Wit can do' });
    const drawer = page.getByRole('dialog', { name: 'Sanne de Wit …' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const names = await drawer.locator('fieldset button').allTextContents();
    expect(names.length).toBeGreaterThan(35);
    await page.keyboard.press('Escape');
    // The thread is let go of last, or what follows would be told as standby.
    const toldLive = names.filter((name) => !/Page inbox|given back|let go/.test(name));
    for (const name of toldLive) {
      const before = app.events.length;
      await opener.focus();
      await page.keyboard.press('Enter');
      await drawer.getByRole('button', { name, exact: true }).focus();
      await page.keyboard.press('Enter');
      await drawer.waitFor({ state: 'hidden' });
      expect([name, app.events.length]).toEqual([name, before + 1]);
      expect(await phoneOf('Sanne de Wit').locator(':focus').getAttribute('aria-label')).toBe('More that Sanne de Wit can do');
    }
    expect(complaints).toEqual([]);
  },
  LOOKING_TIMEOUT_MS,
);

it('shows that another app has the thread, until it is given back', async () => {
  await simulator.customerSays(SANNE, { text: 'Hoi' });
  const phone = phoneOf('Sanne de Wit');
  const play = async (name: string): Promise<void> => {
    await phone.getByRole('button', { name: 'More that Sanne de Wit can do' }).click();
    await page.getByRole('dialog', { name: 'Sanne de Wit …' }).getByRole('button', { name, exact: true }).click();
  };
  await play('is taken over by the Page inbox');
  await phone.getByText('another app answers here').waitFor();
  await play('is given back to Omnidesk');
  await phone.getByText('writes to Spaak Bikes').waitFor();
  expect(app.events.map((event) => Object.keys(event).at(-1))).toEqual(['message', 'take_thread_control', 'pass_thread_control']);
});

it('takes a message back, and says so on the phone', async () => {
  await simulator.customerSays(SANNE, { text: 'Foutje' });
  const phone = phoneOf('Sanne de Wit');
  await phone.getByRole('group', { name: 'Actions for “Foutje”' }).getByRole('button', { name: 'Take back' }).click();
  await phone.getByText('You took this back.').waitFor();
  expect(app.having('message').at(-1)).toMatchObject({ message: { is_deleted: true } });
});

it('comments, answers, edits, hides and removes below a post, and sees what the page does there', async () => {
  simulator.subscribePage(SPAAK, EVERY_FIELD);
  await page.getByRole('button', { name: 'Posts', exact: true }).click();
  const posts = page.getByRole('region', { name: 'Posts' });
  const box = posts.getByRole('textbox', { name: 'Comment' });
  await posts.getByRole('button', { name: /^Comment on “The new city bikes/ }).click();
  await box.fill('Hoe duur?');
  await posts.getByRole('button', { name: 'Comment', exact: true }).last().click();
  await posts.getByText('Hoe duur?').waitFor();
  await posts.getByRole('button', { name: 'Edit “Hoe duur?”' }).click();
  await box.fill('Wat kost hij?');
  await posts.getByRole('button', { name: 'Save' }).click();
  await posts.getByText('edited').waitFor();
  await new GraphCaller(simulator).post(`/${simulator.comments[0]?.id ?? ''}/comments`, { message: '749 euro' });
  await posts.getByText('749 euro').waitFor();
  await posts.getByRole('button', { name: 'Hide: Wat kost hij?' }).click();
  await posts.getByText('hidden', { exact: false }).waitFor();
  await posts.getByRole('button', { name: 'Remove: Wat kost hij?' }).click();
  await posts.getByText('749 euro').waitFor({ state: 'detached' });
  await simulator.settled(DEADLINE_MS);
  expect(app.feed.map(({ verb }) => verb)).toEqual(['add', 'edited', 'add', 'hide', 'remove', 'remove']);
  expect(complaints).toEqual([]);
});

it('says when nobody hears the comments', async () => {
  await page.getByRole('button', { name: 'Posts', exact: true }).click();
  await page.getByRole('region', { name: 'Posts' }).getByText('has not asked for the comments of Spaak Bikes').waitFor();
});

it('blocks a page, changes what is granted, and goes to Facebook as the owner', async () => {
  await page.getByRole('button', { name: 'Page', exact: true }).click();
  const drawer = page.getByRole('dialog', { name: 'The page on Facebook' });
  await drawer.getByRole('button', { name: 'Block the page' }).click();
  await drawer.getByText('The page is blocked').waitFor();
  await drawer.getByRole('button', { name: 'Let the page go' }).click();
  await drawer.getByText('The page is blocked').waitFor({ state: 'hidden' });
  await drawer.getByRole('switch', { name: /Human Agent/ }).click();
  await drawer.getByRole('combobox', { name: 'New conversations go to' }).selectOption('the Page inbox');
  await simulator.until(() => simulator.pages[0]?.defaultAppId === '263902037430900' && !simulator.pages[0].humanAgent, DEADLINE_MS);
  await drawer.getByRole('button', { name: 'Ask for deletion of own data' }).click();
  await drawer.getByText('Omnidesk answered 200: ok').waitFor();
  expect(app.posts.at(-1)?.path).toBe('/webhooks/messenger/data-deletion');
  await drawer.getByRole('button', { name: 'End Omnidesk’s subscription quietly' }).click();
  await simulator.until(() => simulator.pages[0]?.subscribedFields === null, DEADLINE_MS);
});

it('lets one call fail with a refusal that has a name', async () => {
  await simulator.customerSays(SANNE, { text: 'Hoi' });
  await page.getByRole('button', { name: 'Weather' }).click();
  const drawer = page.getByRole('dialog', { name: 'Weather' });
  await drawer.getByRole('combobox', { name: 'The next call fails with' }).selectOption('window_closed');
  const set = page.waitForResponse((answer) => answer.url().endsWith('/faults'));
  await drawer.getByRole('button', { name: 'Let it fail' }).click();
  await set;
  const graph = new GraphCaller(simulator);
  expect([(await graph.say('1')).status, (await graph.say('2')).status]).toEqual([403, 200]);
});

it.each(['light', 'dark'] as const)(
  'is accessible in the %s, on a desk and on a phone, without anything from elsewhere',
  async (colorScheme) => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await simulator.customerSays(SANNE, { text: 'Hoi', sticker: true });
    await simulator.customerShares(SANNE, 'voice');
    const gone = await simulator.customerShares(SANNE, 'link');
    await simulator.customerUnsends(SANNE, gone.mid);
    await simulator.customerShares(SANNE, 'location');
    const comment = await simulator.customerComments(SANNE, { text: 'Mooi', photo: true });
    await simulator.pageComments(SPAAK, { text: 'Dank u', parentId: comment.id });
    await simulator.pageHidesComment(comment.id);
    await new GraphCaller(simulator).say('Dag');
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await page.reload();
      await phoneOf('Sanne de Wit').getByText('Dag').waitFor();
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const lookedAt = async (what: string): Promise<void> => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect([what, width, violations]).toEqual([what, width, []]);
      };
      await lookedAt('phones and mail');
      if (width === 1024) continue;
      await page.getByRole('button', { name: 'Posts', exact: true }).click();
      await page.getByText('Dank u').waitFor();
      await lookedAt('posts');
      await page.getByRole('button', { name: 'Mail', exact: true }).click();
      for (const [button, dialog] of [
        ['More that Sanne de Wit can do', 'Sanne de Wit …'],
        ['More that mail of Sanne de Wit can do', 'Sanne de Wit …'],
        ['Page', 'The page on Facebook'],
        ['Weather', 'Weather'],
      ] as const) {
        await page.getByRole('button', { name: button, exact: button === 'Page' }).click();
        await page.getByRole('dialog', { name: dialog }).waitFor();
        await lookedAt(dialog);
        await page.keyboard.press('Escape');
      }
    }
    expect(new Set(asked)).toEqual(new Set([simulator.url]));
    expect(complaints).toEqual([]);
  },
  LOOKING_TIMEOUT_MS,
);

it('plays what mail can do besides words, and what happens to it by itself', async () => {
  const acts = page.getByRole('dialog', { name: 'Sanne de Wit …' });
  const more = page.getByRole('button', { name: 'More that mail of Sanne de Wit can do' });
  for (const name of ['an invitation with a date', 'a file in Outlook’s packing (winmail.dat)', 'somebody forges the sender']) {
    await more.click();
    await acts.getByRole('button', { name }).click();
    await acts.waitFor({ state: 'hidden' });
  }
  expect(app.posts.map(({ body }) => /^DKIM-Signature:/m.test(body.toString('latin1')))).toEqual([true, true, false]);
  await more.click();
  await acts.getByRole('switch', { name: /^Out of office/ }).check();
  await acts.getByRole('combobox', { name: 'The mail server' }).selectOption('delivers late, and says so');
  await simulator.until(() => simulator.mailHabits('sanne@mail.example').bounces === 'delayed', DEADLINE_MS);
  await page.keyboard.press('Escape');
  const transport = createTransport({ url: simulator.smtpUrl, ignoreTLS: true });
  await transport.sendMail({ from: 'help@spaak.example', to: 'sanne@mail.example', subject: 'Uw slot', text: 'Kom maar langs.' });
  transport.close();
  await simulator.settled(DEADLINE_MS);
  expect(app.posts.slice(3).map(({ body }) => /^Subject: (.*)$/m.exec(body.toString('latin1'))?.[1]?.trim())).toEqual([
    'Delayed mail (still being retried)',
    'Automatic reply: Uw slot',
  ]);
  await page
    .getByRole('region', { name: 'Mail' })
    .getByRole('button', { name: /Uw slot/ })
    .first()
    .click();
  await more.click();
  await acts.getByRole('button', { name: 'answers from another address' }).click();
  await acts.waitFor({ state: 'hidden' });
  expect(app.posts.at(-1)!.body.toString('latin1')).toContain('sanne@work.example');
  expect(complaints).toEqual([]);
});

it('has every sentence in both languages, with the same parts to fill in', async () => {
  const script = `Promise.all([import('/words-en.js'), import('/words-nl.js')]).then(([{ en }, { nl }]) => {
    const parts = (words) => Object.entries(words).map(([name, text]) => [name, (text.match(/\\{\\w+\\}/g) ?? []).sort().join()].join(' '));
    return [parts(en).sort(), parts(nl).sort()];
  })`;
  const [english, dutch] = await page.evaluate<[string[], string[]]>(script);
  expect(dutch).toEqual(english);
});

it('speaks Dutch to who reads Dutch', async () => {
  const dutch = await browser.newPage({ locale: 'nl-NL' });
  await dutch.goto(simulator.url);
  const phone = dutch.getByRole('region', { name: 'Telefoon van Sanne de Wit' });
  await phone.getByRole('button', { name: 'Wat Sanne de Wit nog meer kan doen' }).click();
  await dutch.getByRole('button', { name: 'een spraakbericht' }).waitFor();
  expect(await dutch.locator('html').getAttribute('lang')).toBe('nl');
  await dutch.close();
});
