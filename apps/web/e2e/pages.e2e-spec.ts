import type { BrowserContext, Page } from 'playwright-core';
import { SetupService } from '#accounts';
import type { Connection, Page as List } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague } from '../../../test/furnished.js';
import { until } from '../../../test/killable-server.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';
import { freePort, rowOf, signIn, SOON_MS } from './desk.js';

const DESK = { locale: 'en-GB', viewport: { width: 1440, height: 900 } };
const OWNER = 'owner@spaak.example';
const PAGE_ID = '100000000000001';

/** An admin connects pages, sees how they are, mends what can be mended, and lets them go, without ever handling a token. */
describe('pages of Facebook, by their admin', () => {
  let world: World;
  let browser: TestBrowser;
  let linden: Tenant;
  let context: BrowserContext;
  let desk: Page;

  const connections = async () => (await owner().then((client) => client.get<List<Connection>>('/api/connections'))).body.items;
  const owner = () => world.signIn(OWNER);
  const connectionOf = async (name: string) => (await connections()).find((each) => each.name === name)!;
  const atFacebook = () => desk.getByRole('heading', { name: 'Log in with Facebook (simulated)' });
  const list = () => desk.getByRole('list', { name: 'Connected pages and mailboxes' });
  const manage = async (name: string) => {
    await desk.goto(`${world.server.url}/connections`);
    await desk.getByRole('link', { name: `Manage ${name}` }).click();
    await desk.getByRole('heading', { name, level: 1 }).waitFor();
  };
  const trouble = () => desk.getByRole('list', { name: 'Connections that need attention' });

  beforeAll(async () => {
    const port = String(await freePort());
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` });
    linden = await world.tenant(1);
    await world.get(SetupService).tenant({ tenantName: 'Spaak', name: 'Ada Spaak', email: OWNER, password: PASSWORD });
    browser = await openBrowser();
    context = await browser.context(DESK);
    desk = await context.newPage();
    await signIn(desk, world.server.url, OWNER);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('explains what happened when nothing came of it', async () => {
    await desk.goto(`${world.server.url}/connections`);
    await desk.getByRole('link', { name: 'Connect with Facebook' }).click();
    await atFacebook().waitFor();
    await desk.getByRole('button', { name: 'Not now' }).click();
    const refused = desk.getByRole('alert').filter({ hasText: 'Facebook did not connect anything' });
    await refused.getByText('You closed Facebook’s window, or said no there. Nothing has changed.').waitFor();
    await refused.getByRole('button', { name: 'Close' }).click();
    await refused.waitFor({ state: 'detached' });
    expect(desk.url()).toBe(`${world.server.url}/connections`);
  });

  it('shows the pages that Facebook lets one have, with what can and cannot be done with each', async () => {
    await desk.getByRole('link', { name: 'Connect with Facebook' }).click();
    await atFacebook().waitFor();
    await desk.getByRole('button', { name: 'Allow' }).click();
    await desk.getByRole('heading', { name: 'Which pages shall be connected?' }).waitFor();
    await desk.getByRole('checkbox', { name: /^Spaak Bikes/ }).check();
    expect(await desk.getByRole('checkbox', { name: /^Old Mill Museum/ }).isDisabled()).toBe(true);
    await desk.getByText(/^you may not answer messages on this page/).waitFor();
    await desk.getByRole('checkbox', { name: /^Linden Tea/ }).check();
    await desk.getByText(/^connected to another business on this installation/).waitFor();
  });

  it('connects what can be, and says beside a page that belongs to another business that their code is missing', async () => {
    await desk.getByRole('textbox', { name: 'Their code for Linden Tea' }).fill('not their code');
    await desk.getByRole('button', { name: 'Connect 2 pages' }).click();
    await desk.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await list().getByText('Spaak Bikes').waitFor();
    expect((await linden.owner.get<List<Connection>>('/api/connections')).body.items[0]!.state).toBe('active');
  });

  it('moves a page here with the code of those who have it', async () => {
    const theirs = await browser.context(DESK);
    const there = await theirs.newPage();
    await signIn(there, world.server.url, linden.ownerEmail);
    await there.goto(`${world.server.url}/connections/${linden.connectionId}`);
    await there.getByRole('button', { name: 'Make a code' }).click();
    const code = await there.getByRole('textbox', { name: 'Code for moving Linden Tea' }).inputValue();
    await there.getByRole('button', { name: 'I have copied it' }).click();
    await there.reload();
    await there.getByRole('heading', { name: 'Linden Tea', level: 1 }).waitFor();
    expect(await there.content()).not.toContain(code);

    await desk.getByRole('textbox', { name: 'Their code for Linden Tea' }).fill(code);
    await desk.getByRole('button', { name: 'Connect 1 page' }).click();
    await list().getByText('Linden Tea').waitFor();
    await there.getByRole('main').getByText('Disconnected').first().waitFor();
    await theirs.close();
  });

  it('shows every part of the way a message takes, and tries the way through the public address', async () => {
    await manage('Spaak Bikes');
    const checks = desk.getByRole('list', { name: 'What was looked at' });
    await checks.getByText('Facebook accepts the connection to this page.').waitFor();
    const selfTest = checks.getByRole('listitem').filter({ hasText: 'Test through the public address' });
    await selfTest.getByRole('button', { name: 'Test now' }).click();
    await selfTest.getByText('Good').waitFor();
    await selfTest.getByText(/came all the way in on/).waitFor();
  });

  it('mends a lost subscription at a press', async () => {
    world.simulator.pages.find(({ id }) => id === PAGE_ID)!.subscribedFields = null;
    await desk.getByRole('button', { name: 'Look again' }).click();
    const line = desk.getByRole('listitem').filter({ hasText: 'What Facebook sends' });
    await line.getByText(/the subscription is gone/).waitFor();
    await line.getByRole('button', { name: 'Subscribe again' }).click();
    await line.getByText('The page sends everything that Omnidesk understands.').waitFor();
    expect(world.simulator.pages.find(({ id }) => id === PAGE_ID)!.subscribedFields).toContain('messages');
  });

  it('keeps what an admin says of a page', async () => {
    const comments = desk.getByRole('switch', { name: 'Comments as conversations' });
    await comments.setChecked(!(await comments.isChecked()));
    await desk.getByText('Saved for Spaak Bikes.').first().waitFor();
    const wanted = await comments.isChecked();
    expect((await connectionOf('Spaak Bikes')).settings.comments).toBe(wanted);
    await desk.reload();
    await comments.waitFor();
    expect(await comments.isChecked()).toBe(wanted);
  });

  it('brings in the recent past, and shows how far it is', async () => {
    const sanne = world.simulator.customers.find(({ firstName }) => firstName === 'Sanne')!;
    world.simulator.setWebhookUrl(null);
    await world.simulator.customerSays(sanne.psid, { text: 'Said before anybody listened.' });
    world.simulator.setWebhookUrl(`${world.server.url}/webhooks/messenger`);
    await desk.getByRole('combobox', { name: 'Look back' }).selectOption({ label: '30 days' });
    await desk.getByRole('button', { name: 'Bring in the recent past' }).click();
    const sweep = desk.getByRole('list', { name: 'What was looked through' }).getByRole('listitem').first();
    await sweep.getByText('Recent past').waitFor();
    await sweep.getByText('Done').waitFor();
    await sweep.getByText(/1 messages looked at, 1 added|1 added/).waitFor();
    await desk.getByRole('link', { name: 'All open' }).click();
    await rowOf(desk, 'Said before anybody listened.').waitFor();
  });

  it('tells admins on every screen that a page is broken or restricted, and leaves agents in peace', async () => {
    const agents = await browser.context(DESK);
    await colleague(world, await owner(), { email: 'agent@spaak.example', name: 'An Agent', role: 'agent' });
    const agent = await agents.newPage();
    await signIn(agent, world.server.url, 'agent@spaak.example');
    await world.simulator.pageIsRestricted(PAGE_ID, 'block', 'spam');
    await trouble()
      .getByText(/^Facebook has restricted Spaak Bikes/)
      .waitFor();
    await agent.getByRole('link', { name: 'needs attention Spaak Bikes' }).waitFor();
    expect(await agent.getByRole('list', { name: 'Connections that need attention' }).count()).toBe(0);
    await world.simulator.pageIsRestricted(PAGE_ID, 'unblock');
    await trouble().waitFor({ state: 'detached' });
    await agents.close();
  });

  it('is connected again from wherever one stands, by logging in once more', async () => {
    world.simulator.killPageToken(PAGE_ID);
    const client = await owner();
    const { id } = (await client.get<List<{ id: string; contact: { name: string } }>>('/api/conversations')).body.items.find(
      ({ contact }) => contact.name === 'Sanne de Wit',
    )!;
    await client.post(`/api/conversations/${id}/replies`, { text: 'We listen now.' });
    await trouble().getByRole('link', { name: 'Connect again' }).click();
    await atFacebook().waitFor();
    await desk.getByRole('button', { name: 'Allow' }).click();
    await desk.getByRole('heading', { name: 'Which pages shall be connected?' }).waitFor();
    expect(await desk.getByRole('checkbox', { name: /^Spaak Bikes/ }).isChecked()).toBe(true);
    await desk.getByRole('button', { name: /^Connect \d pages?$/ }).click();
    await trouble().waitFor({ state: 'detached' });
    await until('it works again', SOON_MS, async () => (await connectionOf('Spaak Bikes')).state === 'active');
    const sanne = world.simulator.customers.find(({ firstName }) => firstName === 'Sanne')!;
    await world.simulator.waitForMessage(sanne.psid, ({ text }) => text === 'We listen now.', SOON_MS);
  });

  it('is let go only after a question', async () => {
    await manage('Linden Tea');
    await desk.getByRole('button', { name: 'Disconnect: Linden Tea' }).click();
    const dialog = desk.getByRole('dialog', { name: 'Disconnect Linden Tea?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await connectionOf('Linden Tea')).state).toBe('active');
    await desk.getByRole('button', { name: 'Disconnect: Linden Tea' }).click();
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    await desk.getByRole('main').getByText('Disconnected').first().waitFor();
    expect((await connectionOf('Linden Tea')).state).toBe('disconnected');
  });

  it('asked no other host for anything and broke no rule', () => {
    expect(browser.problems).toEqual([]);
  });
});
