import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Agent, Conversation, ConversationRow, Message, Page as List } from '#contract';
import type { ApiClient } from '../../../test/api-client.js';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { DEMO_APP, demoPageToken } from '../../../apps/simulator/index.js';
import { colleague } from '../../../test/furnished.js';
import { until } from '../../../test/killable-server.js';
import { type Tenant, World } from '../../../test/world.js';
import { openId, rowOf, signIn, SOON_MS } from './desk.js';

const DESK = { locale: 'en-GB', viewport: { width: 1440, height: 900 } };
const SIGNED_OUT_MS_MAX = 6_000;
const SAME_PLACE_PX = 1;
/** More than the page of a thread that comes at first. */
const LINES = 60;

/** What happens elsewhere is on the screen by itself, and never takes away what one is reading, writing or allowed to see. */
describe('a desk among others', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let ada: BrowserContext;
  let desk: Page;

  const [sanne, tomas] = ['Sanne de Wit', 'Tomás Herrera'];
  const psidOf = (name: string) =>
    world.simulator.customers.find((customer) => `${customer.firstName} ${customer.lastName}` === name)!.psid;
  const says = (name: string, text: string) => world.simulator.customerSays(psidOf(name), { text });
  const seenBy = (name: string) => world.simulator.messagesSeenBy(psidOf(name)).map(({ text }) => text);
  const hears = (name: string, text: string) => world.simulator.waitForMessage(psidOf(name), (message) => message.text === text, SOON_MS);
  const rows = async () => (await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all')).body.items;
  const idOf = async (name: string) => (await rows()).find(({ contact }) => contact.name === name)!.id;
  const thread = async (id: string) => (await spaak.owner.get<List<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  const field = (page: Page) => page.getByRole('textbox', { name: 'Reply on Messenger' });
  const bubble = (page: Page, text: string) => page.getByRole('article').filter({ hasText: text });
  const open = async (page: Page, name: string) => {
    await page.goto(`${world.server.url}/inbox/all/${await idOf(name)}`);
    await field(page).waitFor();
  };
  const send = async (page: Page, text: string) => {
    await field(page).fill(text);
    await field(page).press('Control+Enter');
  };
  const topOf = async (what: Locator) => (await what.boundingBox())!.y;
  const agentNamed = async (name: string) =>
    (await spaak.owner.get<List<Agent>>('/api/agents')).body.items.find((agent) => agent.name === name)!;
  const join = async (name: string, email: string): Promise<{ client: ApiClient; context: BrowserContext; page: Page }> => {
    const client = await colleague(world, spaak.owner, { email, name, role: 'agent' });
    const context = await browser.context(DESK);
    const page = await context.newPage();
    await signIn(page, world.server.url, email);
    return { client, context, page };
  };

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    for (let nth = 1; nth <= LINES; nth += 1) await says(sanne, `Line ${nth} of a long story about a bicycle.`);
    await says(tomas, 'Do I need a 54 cm frame?');
    browser = await openBrowser();
    ada = await browser.context(DESK);
    desk = await ada.newPage();
    await signIn(desk, world.server.url, spaak.ownerEmail);
    await rowOf(desk, sanne).waitFor();
    await rowOf(desk, tomas).waitFor();
    await until('everything is read in', SOON_MS, async () => (await thread(await idOf(sanne))).length === LINES);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  afterEach(() => {
    world.simulator.clearFaults();
  });

  it('leaves what one reads where it is when something new is said, and tells of it', async () => {
    await open(desk, sanne);
    await bubble(desk, `Line ${LINES} of`).waitFor();
    const lines = desk.getByRole('region', { name: 'Messages' });
    await lines.hover();
    await desk.mouse.wheel(0, -700);
    await desk.getByRole('button', { name: 'To the newest message' }).waitFor();
    const read = bubble(desk, `Line ${LINES - 10} of`);
    await read.waitFor();
    const before = await topOf(read);
    await says(sanne, 'And one thing more!');
    await says(sanne, 'No, two.');
    await desk.getByRole('button', { name: '2 new messages' }).waitFor();
    expect(Math.abs((await topOf(read)) - before)).toBeLessThanOrEqual(SAME_PLACE_PX);
    await desk.getByRole('button', { name: '2 new messages' }).click();
    await bubble(desk, 'No, two.').waitFor();
    await desk.getByRole('button', { name: 'To the newest message' }).waitFor({ state: 'detached' });
  });

  it('brings older messages in their order, down to where the conversation began', async () => {
    await open(desk, sanne);
    await bubble(desk, `Line ${LINES} of`).waitFor();
    expect((await thread(openId(desk))).length).toBeGreaterThan(LINES);
    await desk.getByRole('region', { name: 'Messages' }).focus();
    await until('the beginning is reached', SOON_MS, async () => {
      await desk.keyboard.press('Home');
      return bubble(desk, 'Line 1 of').isVisible();
    });
    await desk.getByText('The conversation began here').waitFor();
    const numbers = await desk.evaluate<number[]>(
      "[...document.querySelectorAll('article')].map((line) => Number(/Line (\\d+) of/.exec(line.textContent)?.[1] ?? NaN))",
    );
    expect(numbers.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it('follows the conversation for who stands at its end, and tells it to who only listens', async () => {
    await desk.keyboard.press('End');
    await desk.getByRole('button', { name: 'To the newest message' }).waitFor({ state: 'detached' });
    await says(sanne, 'Are you there?');
    await bubble(desk, 'Are you there?').waitFor();
    await desk.getByRole('log').filter({ hasText: 'New message from Sanne de Wit: Are you there?' }).waitFor();
    const lines = (await desk.getByRole('region', { name: 'Messages' }).boundingBox())!;
    await until('the newest is in sight', SOON_MS, async () => (await topOf(bubble(desk, 'Are you there?'))) < lines.y + lines.height);
  });

  it('stays at the end when several lines grow at once, as pictures do that come later', async () => {
    await open(desk, sanne);
    await bubble(desk, 'Are you there?').waitFor();
    await desk.evaluate("document.querySelectorAll('[data-messages] li').forEach((line) => { line.style.paddingBottom = '70px'; })");
    await until('the end is in sight', SOON_MS, () =>
      desk.evaluate<boolean>(`(() => {
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector('[data-messages]');
        return document.querySelector('[data-messages] li').style.paddingBottom !== '' && scrollHeight - scrollTop - clientHeight < 2;
      })()`),
    );
    await bubble(desk, 'Are you there?').waitFor();
  });

  it('catches up after the connection was lost, without a reload, and then shows what the server has', async () => {
    await open(desk, sanne);
    await desk.evaluate('window.stays = true');
    await ada.setOffline(true);
    await desk.getByText('Offline', { exact: true }).waitFor();
    await bubble(desk, 'Are you there?').waitFor();
    await says(tomas, 'I measured again: 56 cm.');
    await says(sanne, 'Hello?');
    await spaak.owner.patch(`/api/conversations/${await idOf(tomas)}`, { status: 'pending' });
    await send(desk, 'Sorry, we were away.');
    await desk.getByText('Waits for the connection').waitFor();
    await desk.getByText('Offline, 1 change waiting').waitFor();
    expect(seenBy(sanne)).toEqual([]);

    await ada.setOffline(false);
    await hears(sanne, 'Sorry, we were away.');
    await bubble(desk, 'Hello?').waitFor();
    await rowOf(desk, tomas).getByText('Pending').waitFor();
    await desk.getByText('Offline').waitFor({ state: 'detached' });
    expect(await desk.evaluate('window.stays')).toBe(true);
    const shown = await desk.evaluate<string[]>("[...document.querySelectorAll('[data-row]')].map((row) => row.dataset.row)");
    expect(shown).toEqual((await rows()).map(({ id }) => id));
    const newest = (await thread(openId(desk))).slice(-3).map(({ text }) => text);
    expect(newest).toEqual(['Are you there?', 'Hello?', 'Sorry, we were away.']);
    for (const text of newest) expect(await bubble(desk, text).count()).toBe(1);
    expect(seenBy(sanne)).toEqual(['Sorry, we were away.']);
  });

  it('holds an answer that somebody else has overtaken, says whose and when, and sends it when one means it', async () => {
    const { client, context, page: grace } = await join('Grace Hof', 'grace@spaak.example');
    const id = await idOf(tomas);
    await open(grace, tomas);
    await bubble(grace, '56 cm').waitFor();
    let letThrough = () => {};
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    await grace.route(`**/api/conversations/${id}/replies`, async (route) => {
      await gate;
      await route.continue();
    });
    await send(grace, 'A 54 will do.');
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'A 56, certainly.' });
    letThrough();
    const held = grace.getByRole('alert').filter({ hasText: 'A 54 will do.' });
    await held.getByText(/^Owner of Spaak Bikes answered (now|\d+ seconds? ago)\.$/).waitFor();
    await bubble(grace, 'A 56, certainly.').waitFor();
    await hears(tomas, 'A 56, certainly.');
    expect(seenBy(tomas)).toEqual(['A 56, certainly.']);

    await held.getByRole('button', { name: 'Edit' }).click();
    expect(await field(grace).inputValue()).toBe('A 54 will do.');
    await send(grace, 'Or a 55, if we had one.');
    await hears(tomas, 'Or a 55, if we had one.');

    let letAgain = () => {};
    const again = new Promise<void>((resolve) => (letAgain = resolve));
    await grace.unroute(`**/api/conversations/${id}/replies`);
    await grace.route(
      `**/api/conversations/${id}/replies`,
      async (route) => {
        await again;
        await route.continue();
      },
      { times: 1 },
    );
    await send(grace, 'Come by and try both!');
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'You are welcome to try one.' });
    letAgain();
    await grace.getByRole('button', { name: 'Send anyway' }).click();
    await hears(tomas, 'Come by and try both!');
    expect(seenBy(tomas)).toEqual(['A 56, certainly.', 'Or a 55, if we had one.', 'You are welcome to try one.', 'Come by and try both!']);
    expect((await client.get('/api/session')).status).toBe(200);
    await context.close();
  });

  it('keeps unsent words with their conversation', async () => {
    await open(desk, sanne);
    await field(desk).fill('Dear Sanne, half a');
    await rowOf(desk, tomas).click();
    await desk.getByRole('main', { name: `Conversation with ${tomas}` }).waitFor();
    expect(await field(desk).inputValue()).toBe('');
    await desk.getByRole('link', { name: 'People' }).click();
    await desk.getByRole('heading', { name: 'People' }).waitFor();
    await desk.getByRole('link', { name: 'All open' }).click();
    await rowOf(desk, sanne).click();
    await desk.getByRole('main', { name: `Conversation with ${sanne}` }).waitFor();
    expect(await field(desk).inputValue()).toBe('Dear Sanne, half a');
    await field(desk).fill('');
  });

  it('says why an answer was not sent and what helps, and keeps the words', async () => {
    await open(desk, sanne);
    world.simulator.setFaults({ graph: [{ on: ['send'], does: { kind: 'error', code: 10, subcode: 2018278, httpStatus: 400 } }] });
    await send(desk, 'Too late, it seems.');
    const failed = bubble(desk, 'Too late, it seems.');
    await failed.getByText('Not sent').waitFor();
    await failed.getByText('Facebook allows answers until 24 hours after the contact’s last message. That time is over.').waitFor();
    await failed.getByRole('button', { name: 'Edit' }).click();
    expect(await field(desk).inputValue()).toBe('Too late, it seems.');
    await field(desk).fill('');
    expect(seenBy(sanne)).not.toContain('Too late, it seems.');
  });

  it('keeps an answer while the page is not connected, tells everybody who can mend it, and sends it when it is', async () => {
    world.simulator.killPageToken(spaak.page.id);
    await send(desk, 'Nobody lets us in.');
    const parked = bubble(desk, 'Nobody lets us in.');
    await parked.getByText(/^This waits until the page or mailbox is connected again/).waitFor();
    await desk.getByRole('link', { name: 'needs attention Spaak Bikes' }).waitFor();
    await desk
      .getByRole('list', { name: 'Connections that need attention' })
      .getByText(/^Spaak Bikes is not connected any more/)
      .waitFor();
    await parked.getByRole('link', { name: 'To the connection' }).click();
    await desk.getByRole('main').getByText('Needs reconnecting').waitFor();
    expect(seenBy(sanne)).not.toContain('Nobody lets us in.');

    world.simulator.revivePageToken(spaak.page.id);
    await spaak.owner.post('/api/connections/messenger', {
      pageId: spaak.page.id,
      pageToken: demoPageToken(DEMO_APP.secret, spaak.page.id),
    });
    await hears(sanne, 'Nobody lets us in.');
    await desk.getByRole('main').getByText('Works').waitFor();
    await desk.getByRole('list', { name: 'Connections that need attention' }).waitFor({ state: 'detached' });
  });

  it('ends at once on the screen of an agent who is deactivated', async () => {
    const { context, page } = await join('Piet Linde', 'piet@spaak.example');
    await open(page, sanne);
    await spaak.owner.patch(`/api/agents/${(await agentNamed('Piet Linde')).id}`, { state: 'deactivated' });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: SIGNED_OUT_MS_MAX });
    expect(await page.getByText('Sanne').count()).toBe(0);
    await context.close();
  });

  it('shows nothing more after signing out: not here, not in the next tab, not by going back', async () => {
    const { context, page } = await join('Noor Bos', 'noor@spaak.example');
    const other = await context.newPage();
    await open(page, sanne);
    await open(other, tomas);
    await field(page).fill('half a sentence');
    await page.getByRole('button', { name: 'Account of Noor Bos' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    for (const each of [page, other]) {
      await each.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: SIGNED_OUT_MS_MAX });
      expect(await each.getByText(/Sanne|Tomás|half a sentence/).count()).toBe(0);
    }
    await page.goBack();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByText(/Sanne|Tomás|half a sentence/).count()).toBe(0);
    expect(await page.evaluate<number>('localStorage.length + sessionStorage.length')).toBe(0);
    await context.close();
  });

  // Last: it moves the clock of the whole house.
  it('explains a reply window that has closed, and opens again by itself when the contact writes', async () => {
    world.advance({ hours: 25 });
    const id = await idOf(sanne);
    await desk.goto(`${world.server.url}/inbox/all/${id}`);
    await desk.getByText('The reply window has closed').waitFor();
    await desk.getByText(/^Messenger lets a business answer for 24 hours.*As soon as Sanne de Wit writes again/).waitFor();
    expect(await desk.getByRole('button', { name: 'Send' }).count()).toBe(0);
    expect((await spaak.owner.get<Conversation>(`/api/conversations/${id}`)).body.replyWindow.state).toBe('closed');
    await says(sanne, 'Me again.');
    await bubble(desk, 'Me again.').waitFor();
    await field(desk).waitFor();
  });

  it('asked no other host for anything and broke no rule', () => {
    expect(browser.problems).toEqual([]);
  });
});
