import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from 'playwright-core';
import { SetupService } from '#accounts';
import { codeOf } from '../../../test/authenticator.js';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague } from '../../../test/furnished.js';
import { TestSmtp } from '../../../test/test-smtp.js';
import { PASSWORD, World } from '../../../test/world.js';
import { signIn } from './desk.js';

const OWNER = 'olga@spaak.example';
const MIA = 'mia@spaak.example';
const SHOTS = process.env['FACTOR_SHOTS'];

/** A person at a browser that has a passkey in it, where the name of the place is one that passkeys know. */
describe('factors, by hand', () => {
  let world: World;
  let smtp: TestSmtp;
  let browser: TestBrowser;
  let context: BrowserContext;
  let desk: Page;
  let url: string;
  let key: string;
  let codes: string[];

  beforeAll(async () => {
    smtp = await TestSmtp.start({});
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', SMTP_URL: smtp.url() });
    await world.get(SetupService).tenant({ tenantName: 'Spaak Bikes', name: 'Olga', email: OWNER, password: PASSWORD }, { isEasy: true });
    const owner = await world.signIn(OWNER);
    await colleague(world, owner, { email: MIA, name: 'Mia', role: 'agent' });
    url = world.server.url.replace('127.0.0.1', 'localhost');
    browser = await openBrowser();
    context = await browser.context({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    desk = await context.newPage();
    await withAuthenticator(desk);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
    await smtp.stop();
  });

  const field = (name: string) => desk.getByRole('textbox', { name });
  const press = (name: string) => desk.getByRole('button', { name, exact: true }).click();
  const prove = async (code?: string) => {
    const dialog = desk.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    if (code !== undefined) await dialog.getByLabel('Code of your app').fill(code);
    await look('proof');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const nextCode = () => {
    world.advance({ seconds: 30 });
    return codeOf(key, world.clock.now());
  };
  const signOut = async () => {
    await desk.context().clearCookies();
    await desk.goto(`${url}/sign-in`);
    await desk.getByRole('heading', { name: 'Sign in' }).waitFor();
  };
  const typePassword = async (email: string, password = PASSWORD) => {
    await field('E-mail address').fill(email);
    await field('Password').fill(password);
    await desk.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const isIn = () => desk.waitForURL('**/inbox/**');
  const look = async (name: string) => {
    const { violations } = await new AxeBuilder({ page: desk }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect({ name, found: violations.map(({ id, nodes }) => [id, nodes[0]!.html]) }).toEqual({ name, found: [] });
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await desk.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await desk.screenshot({ path: `${SHOTS}/${name}-${colorScheme}.png`, fullPage: true });
    }
    await desk.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  };

  it('sets up an app: proves the password, scans or types the key, gives its first code, and keeps ten codes', async () => {
    await signIn(desk, url, OWNER);
    await desk.goto(`${url}/profile`);
    await press('Set up an app');
    await prove();
    const dialog = desk.getByRole('dialog', { name: 'Set up an app' });
    await dialog.getByRole('img', { name: 'QR code with the key for your app' }).waitFor();
    key = await dialog.getByRole('textbox', { name: 'Key', exact: true }).inputValue();
    await look('totp');
    await dialog.getByLabel('Code that the app shows now').fill('000000');
    await dialog.getByRole('button', { name: 'Check and switch on' }).click();
    await dialog.getByRole('alert').getByText('That is not right').waitFor();
    await dialog.getByLabel('Code that the app shows now').fill(codeOf(key, world.clock.now()));
    await dialog.getByRole('button', { name: 'Check and switch on' }).click();
    const list = desk.getByRole('list', { name: 'Recovery codes' });
    await list.waitFor();
    codes = await list.getByRole('listitem').allTextContents();
    expect(codes).toHaveLength(10);
    await look('recovery');
    await press('I have kept them');
    await desk.getByText('10 codes left').waitFor();
  });

  it('comes in with the password and the app’s code, after a wrong one; and with a recovery code', async () => {
    await signOut();
    await look('sign-in');
    await typePassword(OWNER);
    await desk.getByRole('heading', { name: 'One more step' }).waitFor();
    await look('second-step');
    await field('Code of your app').fill('000000');
    await press('Sign in');
    await desk.getByRole('alert').getByText('That is not right').waitFor();
    await field('Code of your app').fill(nextCode());
    await press('Sign in');
    await isIn();
    await signOut();
    await typePassword(OWNER);
    await field('Code of your app').fill(codes[0]!);
    await press('Sign in');
    await isIn();
  });

  it('adds a passkey, and comes in with nothing else', async () => {
    await desk.goto(`${url}/profile`);
    await field('Name of the passkey').fill('The laptop');
    await press('Add a passkey');
    await prove(nextCode());
    await desk.getByRole('list', { name: 'Second factor' }).getByText('The laptop').waitFor();
    await look('profile');
    await signOut();
    await press('Sign in with a passkey');
    await isIn();
    await desk.getByText('Olga').first().waitFor();
  });

  it('has the passkey for the second step too, and where it is asked again', async () => {
    await signOut();
    await typePassword(OWNER);
    await press('Use a passkey');
    await isIn();
    await desk.goto(`${url}/profile`);
    await press('Make new codes');
    const dialog = desk.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('button', { name: 'Use a passkey' }).click();
    await desk.getByRole('list', { name: 'Recovery codes' }).waitFor();
  });

  it('is asked again for what is sensitive, once some time has passed, and what was asked is then done', async () => {
    world.advance({ minutes: 11 });
    await desk.goto(`${url}/people`);
    await desk.getByRole('combobox', { name: 'Role of Mia' }).selectOption('admin');
    const dialog = desk.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByLabel('Code of your app').fill(nextCode());
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await desk.getByText('Mia is changed.').waitFor();
    await desk.getByRole('combobox', { name: 'Role of Mia' }).selectOption('agent');
    await desk.getByText('Mia is changed.').nth(1).waitFor();
  });

  it('is told how long there is grace, and is then led to set one up before anything else', async () => {
    const owner = world.client();
    await owner.post('/api/session', { email: OWNER, password: PASSWORD, code: nextCode() });
    const demanded = await owner.patch('/api/security', { secondFactor: { roles: ['agent'], graceDays: 3 } });
    expect(demanded.status).toBe(200);
    await signOut();
    await typePassword(MIA);
    await isIn();
    // The browser's clock is behind the one that was moved.
    await desk.getByText(/You have [34] days left/).waitFor();
    await look('grace');
    expect((await owner.patch('/api/security', { secondFactor: { graceDays: 0 } })).status).toBe(200);
    await desk.getByRole('link', { name: 'All open' }).click();
    await desk.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await look('enrol');
    await desk.goto(`${url}/people`);
    await desk.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await field('Name of the passkey').fill('Phone');
    await press('Add a passkey');
    await prove();
    await desk.getByRole('list', { name: 'Recovery codes' }).waitFor();
    await press('On to the inbox');
    await isIn();
  });

  it('chooses a new password by a mailed link', async () => {
    await signOut();
    await desk.getByRole('link', { name: 'Forgot your password?' }).click();
    await field('E-mail address').fill(MIA);
    await press('Send a link');
    await desk.getByRole('heading', { name: 'Look in your mailbox' }).waitFor();
    await look('forgot');
    await world.drain();
    const mail = smtp.taken
      .filter(({ to }) => to.includes(MIA))
      .at(-1)!
      .raw.replace(/=\r\n/g, '');
    const token = /new-password#([\w-]{64})/.exec(mail)![1]!;
    await desk.goto(`${url}/new-password#${token}`);
    await field('New password').fill('password1234');
    await press('Set password');
    await desk.getByRole('alert').getByText('easy to guess').waitFor();
    await look('new-password');
    await field('New password').fill('seven geese on a tandem');
    await press('Set password');
    await desk.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await desk.getByRole('link', { name: 'Go to sign in' }).click();
    await typePassword(MIA, 'seven geese on a tandem');
    await desk.getByRole('heading', { name: 'One more step' }).waitFor();
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});

async function withAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
