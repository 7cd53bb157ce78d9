import type { BrowserContext, Page, Route } from 'playwright-core';
import type { Page as List, Session } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague } from '../../../test/furnished.js';
import { until } from '../../../test/killable-server.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';
import { freePort, rowOf, signIn, SOON_MS } from './desk.js';

const DESK = { locale: 'en-GB', viewport: { width: 1280, height: 800 } };
const MIA = 'mia@spaak.example';
const WORDS = 'canary words of a customer';

/** A desk that is left shows nothing of anybody, in every tab, until whoever left it is back. */
describe('a desk that is left', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let context: BrowserContext;
  let desk: Page;
  let name: string;

  const lockScreen = (page = desk) => page.getByRole('heading', { name: 'Locked', level: 1 });
  const stateOnServer = () =>
    desk.evaluate<string | undefined>("fetch('/api/session').then((answer) => answer.json()).then(({ state }) => state)");
  const unlock = async (password: string, page = desk) => {
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Unlock' }).click();
  };
  const everything = (page: Page) =>
    page.evaluate<string>(
      "[document.title, document.documentElement.outerHTML, ...[...document.querySelectorAll('input, textarea')].map((field) => field.value)].join(' ')",
    );
  const expectNothingOfAnybody = async (page: Page) => {
    const shown = await everything(page);
    for (const secret of [name, WORDS, 'half a reply', spaak.page.name]) expect(shown).not.toContain(secret);
  };
  const openConversation = async (page: Page) => {
    await page.goto(`${world.server.url}/inbox/unassigned`);
    await rowOf(page, name).first().click();
    await page.getByText(WORDS).last().waitFor();
  };

  beforeAll(async () => {
    const port = String(await freePort());
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` });
    spaak = await world.tenant(0);
    await colleague(world, spaak.owner, { email: MIA, name: 'Mia', role: 'agent' });
    const [customer] = spaak.page.customers;
    name = customer!.firstName;
    await world.simulator.customerSays(customer!.psid, { text: WORDS });
    await world.drain();
    browser = await openBrowser();
    context = await browser.context(DESK);
    desk = await context.newPage();
    await signIn(desk, world.server.url, MIA);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('is locked by Ctrl+L from wherever one types, and then holds nothing of anybody', async () => {
    await openConversation(desk);
    await desk.getByRole('textbox').last().fill('half a reply');
    await desk.keyboard.press('Control+l');
    await lockScreen().waitFor();
    await until('the server has locked it too', SOON_MS, async () => (await stateOnServer()) === 'locked');
    await expectNothingOfAnybody(desk);
    expect(await desk.title()).toBe('Locked · Omnidesk');
    expect(await desk.evaluate<string>('document.activeElement.getAttribute("autocomplete")')).toBe('current-password');
  });

  it('stays so for a wrong password, a reload, and any address', async () => {
    await unlock('not the password');
    await desk.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await desk.reload();
    await lockScreen().waitFor();
    await desk.goto(`${world.server.url}/people`);
    await lockScreen().waitFor();
    await expectNothingOfAnybody(desk);
    await desk.goBack();
    await lockScreen().waitFor();
  });

  it('is as it was when whoever left it is back, and goes on hearing what happens', async () => {
    await unlock(PASSWORD);
    await desk.getByText(WORDS).last().waitFor();
    expect(await stateOnServer()).toBe('live');
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'and one more' });
    await world.drain();
    await desk.getByText('and one more').last().waitFor();
  });

  it('keeps a half written reply out of sight, and brings it back', async () => {
    await desk.getByRole('textbox').last().fill('half a reply');
    await desk.getByRole('button', { name: 'Account of Mia' }).click();
    await desk.getByRole('menuitem', { name: 'Lock (Ctrl+l)' }).click();
    await lockScreen().waitFor();
    await expectNothingOfAnybody(desk);
    await unlock(PASSWORD);
    await desk.getByText(WORDS).last().waitFor();
    expect(await desk.getByRole('textbox').last().inputValue()).toBe('half a reply');
  });

  it('is locked and unlocked in all its tabs', async () => {
    const other = await context.newPage();
    await openConversation(other);
    await desk.keyboard.press('Control+l');
    await lockScreen(other).waitFor();
    await expectNothingOfAnybody(other);
    await unlock(PASSWORD, other);
    await other.getByText(WORDS).last().waitFor();
    await desk.getByText(WORDS).last().waitFor();
    await other.close();
  });

  it('says half a minute before that it locks itself, stays open for a hand, and locks without one', async () => {
    await world.rows('update tenant set lock_after_minutes = 1');
    const page = await (await browser.context(DESK)).newPage();
    await page.clock.install();
    await signIn(page, world.server.url, MIA);
    await openConversation(page);
    const warning = page.getByText('Nobody seems to be here');
    await page.clock.fastForward(35_000);
    await warning.waitFor();
    await page.mouse.move(300, 300);
    await page.mouse.move(310, 310);
    await page.clock.runFor(1_100);
    await warning.waitFor({ state: 'detached' });
    await page.clock.fastForward(61_000);
    await lockScreen(page).waitFor();
    await expectNothingOfAnybody(page);
    await unlock(PASSWORD, page);
    await page.getByText(WORDS).last().waitFor();
    await world.rows('update tenant set lock_after_minutes = null');
    await page.context().close();
  });

  it('goes on in every tab when another one proved who sits there, also with what was under way at that moment', async () => {
    const other = await context.newPage();
    await openConversation(other);
    const cookieNow = async () => (await context.cookies()).map(({ name: its, value }) => `${its}=${value}`).join('; ');
    const before = await cookieNow();
    const confirm = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ password: PASSWORD }) };
    expect(await desk.evaluate<number>(`fetch('/api/session/confirm', ${JSON.stringify(confirm)}).then(({ status }) => status)`)).toBe(204);
    expect(await cookieNow()).not.toBe(before);
    const late = async (route: Route) => {
      const headers = { ...(await route.request().allHeaders()), cookie: before };
      await route.fulfill({ response: await route.fetch({ headers }) });
    };
    await other.route('**/api/conversations?**', late, { times: 1 });
    const refused = other.waitForResponse((response) => response.url().includes('/api/conversations?') && response.status() === 401);
    await other.getByRole('link', { name: 'All open' }).click();
    await refused;
    await rowOf(other, name).first().waitFor();
    await other.close();
  });

  it('is emptied the moment an admin deactivates whoever sits there', async () => {
    await openConversation(desk);
    const { items } = (await spaak.owner.get<List<{ id: string; email: string }>>('/api/agents')).body;
    const { id } = items.find(({ email }) => email === MIA)!;
    const startMs = performance.now();
    expect((await spaak.owner.patch(`/api/agents/${id}`, { state: 'deactivated' })).status).toBe(200);
    await desk.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    expect(performance.now() - startMs).toBeLessThan(5_000);
    await expectNothingOfAnybody(desk);
    expect(await desk.evaluate<Session | object>("fetch('/api/session').then((answer) => answer.json())")).toHaveProperty('error');
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
