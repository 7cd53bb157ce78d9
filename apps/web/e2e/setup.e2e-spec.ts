import type { Page } from 'playwright-core';
import { DEMO_APP, DEMO_PAGES, demoPageToken } from '../../../apps/simulator/index.js';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { PASSWORD, World } from '../../../test/world.js';
import { rowOf, SOON_MS } from './desk.js';

const [SPAAK] = DEMO_PAGES;
const BOX = 'help@spaak.example';

/** From a bare installation to the first answered customer, with nothing but a browser: every empty screen says what to do next. */
describe('the first morning', () => {
  let world: World;
  let browser: TestBrowser;
  let desk: Page;
  let outside: Page;

  const sanne = SPAAK!.customers[0]!;
  const field = (page: Page, name: string) => page.getByRole('textbox', { name });
  const isUrl = (page: Page, path: string) => page.waitForURL(world.server.url + path);

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    browser = await openBrowser();
    desk = await (await browser.context({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })).newPage();
    outside = await (await browser.context({ locale: 'en-GB' })).newPage();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('begins at the set-up page, wherever one comes in, and asks for a strong password before it asks the server', async () => {
    await desk.goto(`${world.server.url}/inbox/mine`);
    await isUrl(desk, '/setup');
    await field(desk, 'Name of the business').fill('Spaak Bikes');
    await field(desk, 'Your name').fill('Ada Luik');
    await field(desk, 'Your e-mail address').fill('ada@spaak.example');
    await field(desk, 'Password').fill('short');
    await desk.getByRole('button', { name: 'Start' }).click();
    await desk.getByText('At least 12 characters.', { exact: true }).waitFor();
    expect(await field(desk, 'Your name').inputValue()).toBe('Ada Luik');
    await field(desk, 'Password').fill(PASSWORD);
    await desk.getByRole('button', { name: 'Start' }).click();
    await isUrl(desk, '/connections');
    await desk.getByText('Nothing is connected yet').waitFor();
  });

  it('lets nobody set it up a second time', async () => {
    await outside.goto(`${world.server.url}/setup`);
    await outside.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('teaches the next step where there is nothing to read yet', async () => {
    await desk.getByRole('link', { name: 'All open' }).click();
    await desk.getByText('No open conversations').waitFor();
    const list = desk.getByRole('region', { name: 'Conversations' });
    await list.getByRole('link', { name: 'Connect a page or mailbox' }).click();
    await isUrl(desk, '/connections');
  });

  it('connects a page by its id and token, says what is wrong with a wrong one, and keeps no token on the screen', async () => {
    await desk.getByText('With a page id and a token').click();
    await field(desk, 'Page id').fill(SPAAK!.id);
    await field(desk, 'Page access token').fill('not a token');
    await desk.getByRole('button', { name: 'Connect page' }).click();
    await desk.getByRole('alert').getByText('Facebook does not accept this token.').waitFor();
    expect(await field(desk, 'Page id').inputValue()).toBe(SPAAK!.id);
    await field(desk, 'Page access token').fill(demoPageToken(DEMO_APP.secret, SPAAK!.id));
    await desk.getByRole('button', { name: 'Connect page' }).click();
    await desk.getByText('Spaak Bikes is connected.').waitFor();
    const connected = desk.getByRole('list', { name: 'Connected pages and mailboxes' });
    await connected.getByText('Works').waitFor();
    await connected.getByText('Nothing received yet').waitFor();
    expect(await field(desk, 'Page access token').inputValue()).toBe('');
  });

  it('shows the first message by itself', async () => {
    await desk.getByRole('link', { name: 'Unassigned' }).click();
    await desk.getByText('Everything has an owner').waitFor();
    await world.simulator.customerSays(sanne.psid, { text: 'Are you open on Monday?' });
    await rowOf(desk, 'Are you open on Monday?').waitFor();
  });

  it('connects a mailbox and shows its key and its secret this once', async () => {
    await desk.goto(`${world.server.url}/connections`);
    await field(desk, 'Address').fill(BOX);
    await field(desk, 'Name shown to contacts (optional)').fill('Spaak Help');
    await desk.getByRole('button', { name: 'Go on' }).click();
    await desk.getByRole('radio', { name: 'Brought to us' }).check();
    await desk.getByRole('switch', { name: 'Answers go out through a server of its own' }).check();
    const { hostname, port } = new URL(world.simulator.smtpUrl);
    await field(desk, 'Server').fill(hostname);
    await desk.getByRole('combobox', { name: 'Encryption' }).selectOption('none');
    await field(desk, 'Port').fill(port);
    await desk.getByRole('button', { name: 'Connect mailbox' }).click();
    const once = desk.getByRole('region', { name: 'Spaak Help is connected' });
    const secret = await field(desk, 'Inbound secret').inputValue();
    const webhookUrl = await field(desk, 'Deliver mail to').inputValue();
    expect(webhookUrl).toBe(`${world.server.url}/webhooks/email/${await field(desk, 'Mailbox key').inputValue()}`);
    expect(secret.length).toBeGreaterThanOrEqual(32);
    world.simulator.connectMailbox({ address: BOX, webhookUrl, secret });
    await once.getByRole('button', { name: 'I have copied them' }).click();
    await once.waitFor({ state: 'detached' });
    await desk.reload();
    await desk.getByText('Spaak Help').first().waitFor();
    expect(await desk.content()).not.toContain(secret);

    await world.simulator.sendMail({ from: 'lotte@mail.example', to: BOX, subject: 'A dented bell', text: 'It no longer rings.' });
    await desk.getByRole('link', { name: 'Unassigned' }).click();
    await rowOf(desk, 'A dented bell').waitFor();
  });

  it('invites a colleague by a link that works once, and the two work side by side', async () => {
    await desk.getByRole('link', { name: 'People' }).click();
    await field(desk, 'Name').fill('Grace Hof');
    await field(desk, 'E-mail address').fill('grace@spaak.example');
    await desk.getByRole('button', { name: 'Make a link' }).click();
    const link = new URL(await field(desk, 'A link for Grace Hof').inputValue());
    await desk.getByRole('button', { name: 'Done' }).click();
    await desk.getByRole('list', { name: 'People' }).getByText('Invited').waitFor();

    const grace = await (await browser.context({ locale: 'nl-NL' })).newPage();
    await grace.goto(world.server.url + link.pathname + link.hash);
    await grace.getByRole('heading', { name: 'Welkom bij Spaak Bikes' }).waitFor();
    expect(await field(grace, 'Jouw naam').inputValue()).toBe('Grace Hof');
    await field(grace, 'Wachtwoord').fill(PASSWORD);
    await grace.getByRole('button', { name: 'Meedoen' }).click();
    await rowOf(grace, 'Are you open on Monday?').click();
    await grace.getByRole('textbox', { name: 'Antwoord via Messenger' }).fill('Vanaf tien uur.');
    await grace.keyboard.press('Control+Enter');
    await world.simulator.waitForMessage(sanne.psid, ({ text }) => text === 'Vanaf tien uur.', SOON_MS);

    await desk.getByRole('link', { name: 'All open' }).click();
    await rowOf(desk, 'Vanaf tien uur.').waitFor();
    await desk.getByRole('link', { name: 'People' }).click();
    await desk.getByRole('combobox', { name: 'Role of Grace Hof' }).waitFor();
    await desk.getByRole('list', { name: 'People' }).getByText('Invited').waitFor({ state: 'detached' });

    await outside.goto(world.server.url + link.pathname + link.hash);
    await outside.getByRole('heading', { name: 'This invitation cannot be used' }).waitFor();
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
