import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from 'playwright-core';
import type { IdentityProvider } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague, invite } from '../../../test/furnished.js';
import { IdentityProviderServer } from '../../../test/identity-provider.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';
import { freePort, signIn, SOON_MS } from './desk.js';

const MIA = 'mia@spaak-bikes.example';
const SHOTS = process.env['SIGN_ON_SHOTS'];

/** A team that comes in by its provider, at a browser. */
describe('single sign-on, by hand', () => {
  let world: World;
  let identities: IdentityProviderServer;
  let browser: TestBrowser;
  let context: BrowserContext;
  let desk: Page;
  let spaak: Tenant;
  let url: string;
  let link: string;

  beforeAll(async () => {
    identities = await IdentityProviderServer.start();
    const port = String(await freePort());
    const places = { PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, IDENTITY_ORIGINS_TRUSTED: identities.issuer };
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', ...places });
    spaak = await world.tenant(0);
    url = world.server.url;
    await colleague(world, spaak.owner, { email: MIA, name: 'Mia', role: 'agent' });
    browser = await openBrowser();
    context = await browser.context({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    desk = await context.newPage();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
    await identities.stop();
  });

  const press = (name: string) => desk.getByRole('button', { name, exact: true }).click();
  const prove = async () => {
    const dialog = desk.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  const photograph = async (name: string) => {
    const { violations } = await new AxeBuilder({ page: desk }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ target }) => target) }))).toEqual([]);
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    await desk.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  };
  const signOut = async () => {
    await context.clearCookies();
    await desk.goto(`${url}/sign-in`);
    await desk.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
  };

  it('an owner adds the provider', async () => {
    await signIn(desk, url, spaak.ownerEmail);
    await desk.goto(`${url}/security`);
    await press('Add a provider');
    const form = desk.getByRole('dialog', { name: 'Add a provider' });
    await form.getByLabel('Name').fill('Bike Identity');
    await form.getByLabel('Issuer').fill(identities.issuer);
    await form.getByLabel('Client ID').fill(identities.clientId);
    await form.getByLabel('Client secret').fill(identities.clientSecret);
    await form.getByRole('button', { name: 'Add a line' }).click();
    await form.getByLabel('Value 1', { exact: true }).fill('desk');
    await form.getByRole('switch', { name: 'People may come uninvited' }).press('Space');
    await photograph('provider-form');
    await form.getByRole('switch', { name: 'People may come uninvited' }).press('Space');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'hidden' });
    const { body } = await spaak.owner.get<{ items: IdentityProvider[] }>('/api/security/identity-providers');
    link = body.items[0]!.signInUrl;
    expect(body.items[0]!.roles).toEqual([{ value: 'desk', role: 'agent', roleId: null }]);
    identities.register([body.items[0]!.redirectUrl]);
  });

  it('and sees its link, and that it answers', async () => {
    expect(await desk.getByLabel('Sign-in link, for your people', { exact: true }).inputValue()).toBe(link);
    await press('Test Bike Identity');
    await desk.getByText(/Bike Identity answers/).waitFor({ timeout: SOON_MS });
    await photograph('providers');
  });

  it('Mia connects it on her account page', async () => {
    await signOut();
    await signIn(desk, url, MIA);
    identities.present = { sub: 'mia-there' };
    await desk.goto(`${url}/profile`);
    await photograph('profile-before');
    await press('Connect Bike Identity');
    await prove();
    await desk.getByText('Connected. From now on').waitFor({ timeout: SOON_MS });
    await photograph('profile-after');
  });

  it('and comes in by the link from then on', async () => {
    await signOut();
    await desk.goto(link);
    await desk.getByRole('heading', { name: 'Sign in to Spaak Bikes' }).waitFor();
    await photograph('enter');
    await press('Sign in with Bike Identity');
    await desk.waitForURL('**/inbox/unassigned');
  });

  it('and this browser offers it on the sign-in page', async () => {
    await signOut();
    await photograph('sign-in');
    await desk.getByRole('link', { name: 'Sign in with Bike Identity' }).click();
    await press('Sign in with Bike Identity');
    await desk.waitForURL('**/inbox/unassigned');
  });

  it('she unlocks her desk at the provider, in a window of its own', async () => {
    await desk.keyboard.press('Control+l');
    await desk.getByRole('heading', { name: 'Locked', level: 1 }).waitFor();
    await photograph('locked');
    await press('Prove it with Bike Identity');
    await desk.getByRole('heading', { name: 'Locked', level: 1 }).waitFor({ state: 'hidden', timeout: SOON_MS });
    await desk.waitForURL('**/inbox/unassigned');
  });

  it('somebody whom nobody knows is told what to do', async () => {
    await signOut();
    identities.present = { sub: 'a stranger' };
    await desk.goto(link);
    await press('Sign in with Bike Identity');
    await desk.getByText('No account here is connected with this identity').waitFor({ timeout: SOON_MS });
    await photograph('refused');
    await desk.getByRole('link', { name: 'Sign in another way' }).waitFor();
  });

  it('somebody who was invited joins without a password', async () => {
    const { inviteUrl } = await invite(spaak.owner, { email: 'new@spaak-bikes.example', name: 'Noor', role: 'agent' });
    identities.present = { sub: 'noor-there' };
    await desk.goto(inviteUrl);
    await desk.getByRole('button', { name: 'Join with Bike Identity' }).waitFor();
    await photograph('invitation');
    await press('Join with Bike Identity');
    await desk.waitForURL('**/inbox/unassigned');
  });

  it('a link that leads nowhere says so', async () => {
    await desk.goto(`${url}/enter/${'A'.repeat(43)}`);
    await desk.getByRole('heading', { name: 'This sign-in link leads nowhere' }).waitFor();
    await photograph('nowhere');
  });
});
