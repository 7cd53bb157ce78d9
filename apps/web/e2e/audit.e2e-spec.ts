import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { verifyChain } from '../../operator/verify-chain.js';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague } from '../../../test/furnished.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';
import { freePort, signIn } from './desk.js';

/** Who did what, on the screen: searched, opened, checked and taken away. */
describe('the audit on the screen', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let desk: Page;

  beforeAll(async () => {
    const port = String(await freePort());
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` });
    spaak = await world.tenant(0);
    await colleague(world, spaak.owner, { email: 'agent@spaak-bikes.example', name: 'An Agent', role: 'agent' });
    browser = await openBrowser();
    desk = await (await browser.context({ locale: 'en', viewport: { width: 1440, height: 900 } })).newPage();
    await signIn(desk, world.server.url, spaak.ownerEmail);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('is found by whoever may read it, and by nobody else', async () => {
    await desk.getByRole('link', { name: 'Audit' }).click();
    await desk.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await desk.getByRole('button', { name: /^Colleague invited/ }).waitFor();
    const other = await (await browser.context({ locale: 'en' })).newPage();
    await signIn(other, world.server.url, 'agent@spaak-bikes.example');
    expect(await other.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    await other.goto(`${world.server.url}/audit`);
    await other.getByText('This page is not for your role').waitFor();
    await other.context().close();
  });

  it('opens an entry with the keyboard, and everything about the same thing', async () => {
    await desk.getByRole('button', { name: /^Colleague invited/ }).focus();
    await desk.keyboard.press('Enter');
    const drawer = desk.getByRole('dialog');
    await drawer.getByText('agent@spaak-bikes.example').waitFor();
    await desk.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await desk.keyboard.press('Enter');
    await drawer.getByRole('button', { name: 'Everything about this' }).click();
    await desk.getByRole('button', { name: /^Connected/ }).waitFor({ state: 'detached' });
    await desk.getByRole('button', { name: /^Colleague invited/ }).waitFor();
    expect(await desk.getByRole('list', { name: 'Entries of the audit' }).getByRole('listitem').count()).toBe(1);
  });

  it('says when nothing matches, and shows everything again', async () => {
    await desk.getByLabel('To', { exact: true }).fill('2001-01-01');
    await desk.getByText('Nothing matches this filter').waitFor();
    await desk.getByRole('status').getByRole('button', { name: 'Clear the filter' }).click();
    await desk.getByRole('button', { name: /^Connected/ }).waitFor();
    await desk.getByLabel('What happened').selectOption('signed_in');
    await desk.getByRole('button', { name: /^Connected/ }).waitFor({ state: 'detached' });
    await desk.getByRole('button', { name: 'Clear the filter' }).click();
  });

  it('checks the chain, and says where it breaks', async () => {
    await desk.getByRole('button', { name: 'Verify the chain' }).click();
    await desk.getByText(/entries, unbroken, up to/).waitFor();
    await world.rows("set session_replication_role = 'replica'");
    await world.rows("update audit_entry set entry = replace(entry, 'agent', 'owner') where tenant_id = $1 and seq = 4", [spaak.id]);
    await world.rows("set session_replication_role = 'origin'");
    await desk.getByRole('button', { name: 'Verify the chain' }).click();
    await desk.getByText('Broken at entry 4: it was changed.').waitFor();
  });

  it('hands the chain out, for a program that knows nothing of ours, once one has proved who one is', async () => {
    world.advance({ minutes: 11 });
    await desk.getByRole('button', { name: 'Export' }).click();
    const dialog = desk.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    const [download] = await Promise.all([desk.waitForEvent('download'), dialog.getByRole('button', { name: 'Go on' }).click()]);
    const report = await verifyChain((await readFile(await download.path(), 'utf8')).split('\n'));
    expect(report).toMatchObject({ chain: spaak.id, broken: { seq: 4, reason: 'changed' } });
    expect(browser.problems).toEqual([]);
  });
});
