import type { Page } from 'playwright-core';
import type { ConnectedMailbox, ConversationRow, Page as List } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { invite, tokenOf } from '../../../test/furnished.js';
import { until } from '../../../test/killable-server.js';
import { rawMail } from '../../../test/raw-mail.js';
import { type Tenant, World } from '../../../test/world.js';
import { SOON_MS, signIn } from './desk.js';

/** Ends every kind of text it might stand in, then runs: markup, attribute, script, style, template, address, translation. */
const TAINT = `'"><img src=x onerror=top.pwned=1><svg/onload=top.pwned=2>{{app.name}}$t(app.name)\${top.pwned=3}</style></script><script>top.pwned=4</script>`;
const SHORT_TAINT = `"><img src=x onerror=top.pwned=5>$t(app.name)`;
/** Somebody's name at Facebook: two parts, and both are theirs to choose. */
const STRANGER = { firstName: TAINT, lastName: SHORT_TAINT };

const OTHER = 'other@mail.example';
/** What tells the second of two senders apart. */
const TOO = ' too';
const flat = (text: string) => text.replaceAll('"', '');

/** In every place of a mail that the desk shows: an invitation's words, a mail inside a mail, one that is not from whom it says. */
async function everywhereByMail(world: World, to: string): Promise<void> {
  const { simulator } = world;
  simulator.protectDomain('mail.example');
  const inside = rawMail({ from: `${flat(SHORT_TAINT)} <x@elders.example>`, subject: TAINT, text: TAINT });
  await simulator.sendMail({
    from: OTHER,
    fromName: SHORT_TAINT + TOO,
    to,
    subject: TAINT,
    text: TAINT,
    kind: 'invitation',
    files: [{ name: 'inside.eml', mediaType: 'message/rfc822', content: inside }],
  });
  await simulator.sendMail({ from: 'forged@mail.example', fromName: TAINT, to, subject: TAINT, text: TAINT, isForged: true });
  const headers = { 'Auto-Submitted': 'auto-replied', 'X-Failed-Recipients': 'nobody@elders.example' };
  const report = rawMail({ from: 'mailer-daemon@elders.example', to, subject: TAINT, text: `user unknown: ${TAINT}`, headers });
  await simulator.rawMail(to, report);
}

/** Whatever somebody calls themselves, writes, sends or names a file: it is text on every screen, and never anything else. */
describe('words from outside', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let desk: Page;
  let invitation: string;
  let mailboxPath: string;

  const rows = async () => (await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all')).body.items;
  const rowOn = async (channel: string) => (await rows()).find((row) => row.channel === channel && !row.contact.name.endsWith(TOO))!;
  const goTo = (path: string) => desk.goto(world.server.url + path);
  const shows = (text: string) => desk.getByText(text).filter({ visible: true }).first().waitFor();
  const nothingRan = async () => {
    expect(await desk.evaluate<unknown>('window.pwned ?? null')).toBeNull();
    expect(await desk.locator('img[src="x"], svg[onload], img[onerror]').count()).toBe(0);
    expect(browser.problems).toEqual([]);
  };

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    expect((await spaak.owner.patch('/api/profile', { name: SHORT_TAINT, locale: 'en' })).status).toBe(200);
    const { inviteUrl } = await invite(spaak.owner, { name: SHORT_TAINT, email: 'taint@spaak.example', role: 'agent' });
    invitation = `${world.server.url}/invite#${tokenOf(inviteUrl)}`;
    const mailbox = await spaak.owner.post<ConnectedMailbox>('/api/connections/email', {
      address: 'help@spaak.example',
      name: SHORT_TAINT,
      smtp: { url: world.simulator.smtpUrl },
    });
    const webhookUrl = `${world.server.url}/webhooks/email/${mailbox.body.mailboxKey}`;
    world.simulator.connectMailbox({ address: 'help@spaak.example', webhookUrl, secret: mailbox.body.inboundSecret });
    await world.simulator.sendMail({
      from: 'taint@mail.example',
      fromName: SHORT_TAINT,
      to: 'help@spaak.example',
      subject: TAINT,
      text: TAINT,
      html: `<p>{{app.name}}$t(app.name)</p>${TAINT}`,
      files: [{ name: `${SHORT_TAINT}.txt`, mediaType: 'text/html', content: Buffer.from(TAINT) }],
    });
    await everywhereByMail(world, 'help@spaak.example');
    const { id: mailboxId } = mailbox.body.connection;
    const settings = { signature: TAINT, autoReply: { on: false, text: TAINT } };
    expect((await spaak.owner.patch(`/api/connections/${mailboxId}/mailbox`, settings)).status).toBe(200);
    expect((await spaak.owner.patch('/api/profile', { signature: TAINT })).status).toBe(200);
    mailboxPath = `/connections/${mailboxId}`;
    const { psid } = world.simulator.addCustomer(spaak.page.id, {
      ...STRANGER,
      psid: '24680135790246999',
      mailAddress: 'x@mail.example',
      colour: [9, 9, 9],
      locale: 'en_GB',
    });
    const { mid } = await world.simulator.customerSays(psid, { text: TAINT });
    await world.simulator.customerSays(psid, { text: TAINT, replyToMid: mid });
    await world.simulator.customerPostback(psid, { title: TAINT, payload: SHORT_TAINT });
    await until('all of it has come in', SOON_MS, async () => (await rows()).length === 3);
    for (const channel of ['messenger', 'email']) {
      const { id } = await rowOn(channel);
      expect((await spaak.owner.patch(`/api/conversations/${id}`, { tags: [`"><img src=x onerror=top.pwned=6>`] })).status).toBe(200);
      await spaak.owner.post(`/api/conversations/${id}/notes`, { text: TAINT });
      await spaak.owner.post(`/api/conversations/${id}/replies`, { text: TAINT });
      const me = (await spaak.owner.get<{ agent: { id: string } }>('/api/session')).body.agent.id;
      await spaak.owner.patch(`/api/conversations/${id}`, { assigneeId: me });
    }
    browser = await openBrowser();
    desk = await (await browser.context({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })).newPage();
    desk.on('dialog', () => browser.problems.push('a dialog was opened'));
    await signIn(desk, world.server.url, spaak.ownerEmail);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it.each(['mine', 'all'])('are text in the list of %s', async (view) => {
    await goTo(`/inbox/${view}`);
    await shows(TAINT);
    await shows(SHORT_TAINT);
    await shows('"><img src=x onerror=top.pwned=6>');
    await nothingRan();
  });

  it.each(['messenger', 'email'])('are text in a conversation on %s, its notes, its quotes and its details', async (channel) => {
    const { id } = await rowOn(channel);
    await goTo(`/inbox/all/${id}`);
    await desk.getByRole('article', { name: /^Note/ }).getByText(TAINT).waitFor();
    await desk.getByRole('complementary', { name: 'Details' }).getByText(SHORT_TAINT).first().waitFor();
    await desk.getByText(`${SHORT_TAINT} took this`).waitFor();
    await nothingRan();
  });

  it('are text in the name of a file, and the file is saved, never shown', async () => {
    const file = desk.getByRole('link', { name: /onerror=top\.pwned=5.*\.txt/ });
    const [download] = await Promise.all([desk.waitForEvent('download'), file.click()]);
    expect(download.suggestedFilename()).not.toMatch(/[<>"/\\]/);
    await nothingRan();
  });

  it('are text, or nothing, in the frame that shows a mail as it was laid out', async () => {
    await desk.getByRole('button', { name: 'Show as the sender laid it out' }).click();
    const frame = desk.frameLocator('iframe');
    await frame.getByText('{{app.name}}$t(app.name)').first().waitFor();
    expect(await frame.locator('script, svg, [onerror]').count()).toBe(0);
    await nothingRan();
  });

  it('are text in an invitation, and in a mail inside a mail', async () => {
    const invited = (await rows()).find((row) => row.contact.name.endsWith(TOO))!;
    await goTo(`/inbox/all/${invited.id}`);
    await desk.getByRole('region', { name: TAINT, exact: true }).waitFor();
    await desk.getByRole('region', { name: /^Attached mail/ }).waitFor();
    await desk.getByRole('button', { name: 'Details of this mail' }).first().click({ force: true });
    await desk.getByRole('button', { name: 'Forward this mail' }).first().click({ force: true });
    await desk.getByRole('dialog').getByText(TAINT).first().waitFor();
    await nothingRan();
    await desk.keyboard.press('Escape');
    await desk.getByText('Signature', { exact: true }).click();
    await desk.locator('details pre').getByText(TAINT).waitFor();
    await nothingRan();
  });

  it('are text in the quarantine, of conversations and of what could not be read', async () => {
    await goTo('/inbox/quarantine');
    await shows(TAINT);
    await goTo('/quarantine');
    await desk.getByRole('list', { name: 'Set aside' }).getByText(TAINT).waitFor();
    await nothingRan();
  });

  it('are text on the page of a mailbox', async () => {
    await goTo(mailboxPath);
    await desk.getByRole('heading', { level: 1, name: SHORT_TAINT }).waitFor();
    expect(await desk.getByRole('textbox', { name: 'Signature' }).inputValue()).toBe(TAINT);
    await nothingRan();
  });

  it.each(['/connections', '/people', '/what-we-keep', '/profile'])('are text at %s', async (path) => {
    await goTo(path);
    await desk.getByRole('heading', { level: 1 }).waitFor();
    if (path !== '/what-we-keep') await desk.getByText(SHORT_TAINT).first().waitFor();
    await nothingRan();
  });

  it('are text in the sentences that tell what was done', async () => {
    await goTo('/people');
    await desk
      .getByRole('combobox', { name: `Role of ${SHORT_TAINT}` })
      .first()
      .selectOption('admin');
    await desk.getByText(`${SHORT_TAINT} is changed.`).waitFor();
    await nothingRan();
  });

  it('are text for who is invited under such a name, and for who comes by such an address', async () => {
    const stranger = await (await browser.context({ locale: 'en-GB' })).newPage();
    await stranger.goto(invitation);
    await stranger.getByRole('heading', { name: 'Welcome to Spaak Bikes' }).waitFor();
    expect(await stranger.getByLabel('Your name').inputValue()).toBe(SHORT_TAINT);
    await stranger.goto(`${world.server.url}/${encodeURIComponent(TAINT)}`);
    await stranger.goto(`${world.server.url}/invite#${encodeURIComponent(TAINT)}`);
    await stranger.getByRole('heading', { name: 'This invitation cannot be used' }).waitFor();
    await stranger.goto(`${world.server.url}/sign-in?next=${encodeURIComponent('javascript:top.pwned=9')}`);
    await stranger.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await stranger.evaluate<unknown>('window.pwned ?? null')).toBeNull();
    await goTo(`/inbox/all/${encodeURIComponent(TAINT)}`);
    await desk.getByText('This conversation is no longer there').waitFor();
    await nothingRan();
  });
});
