import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { CONSOLE, OperatorAccounts } from '#accounts';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { type Furnished, furnish } from '../../../test/furnished.js';
import { World } from '../../../test/world.js';
import { isFocusSeen } from './desk.js';
import { look } from './look.js';

const SIZE = { width: 1440, height: 900 };

/** The operator's console in a real browser, with a passkey of a real authenticator's making. */
describe.each([
  ['en', 'en-GB'],
  ['nl', 'nl-NL'],
] as const)('the operator’s console in %s', (lang, locale) => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Furnished;
  let url: string;
  let context: BrowserContext;
  let page: Page;
  let operatorId: string;

  const says = (english: string, dutch: string) => (lang === 'en' ? english : dutch);
  const at = async (path: string, heading: string) => {
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const link = async () => (await world.get(OperatorAccounts).invitePasskey(CONSOLE, operatorId, url)).enrolUrl;

  beforeAll(async () => {
    world = await World.open();
    browser = await openBrowser();
    spaak = await furnish(world, await world.tenant(0));
    url = `http://localhost:${new URL(world.server.operator!.url).port}`;
    operatorId = (await world.get(OperatorAccounts).create(CONSOLE, { name: 'Ada', role: 'full' })).id;
    context = await browser.context({ locale, viewport: SIZE });
    page = await context.newPage();
    await authenticator(await context.newCDPSession(page));
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('asks for a passkey, and for nothing else', async () => {
    await at('/', says('Operator’s console', 'Beheer van deze installatie'));
    expect(await page.locator('input').count()).toBe(0);
    await look(page, lang);
    await page.getByRole('button', { name: says('Sign in with a passkey', 'Aanmelden met toegangssleutel') }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(page, lang);
  });

  it('lets whoever holds a link make one, once', async () => {
    const enrolUrl = await link();
    await page.goto(enrolUrl);
    await page.getByRole('textbox').fill('Laptop');
    await look(page, lang);
    await page.getByRole('button', { name: says('Make a passkey', 'Toegangssleutel maken') }).click();
    await page.getByRole('heading', { level: 1, name: says('Tenants', 'Bedrijven') }).waitFor();
    const other = await (await browser.context({ locale })).newPage();
    await authenticator(await other.context().newCDPSession(other));
    await other.goto(enrolUrl);
    await other.getByRole('button', { name: says('Make a passkey', 'Toegangssleutel maken') }).click();
    await other.getByText(says('This link has been used', 'Deze link is gebruikt')).waitFor();
    await other.context().close();
  });

  it('is left, and entered again by that passkey', async () => {
    const cookies = await context.cookies();
    expect(cookies.find(({ name }) => name === 'omnidesk_operator')).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    await page.getByRole('button', { name: says('Sign out', 'Afmelden') }).click();
    await page.getByRole('button', { name: says('Sign in with a passkey', 'Aanmelden met toegangssleutel') }).click();
    await page.getByRole('heading', { level: 1, name: says('Tenants', 'Bedrijven') }).waitFor();
  });

  it('makes a tenant, and shows the owner’s link once', async () => {
    await page.getByLabel(says('Name of the business', 'Naam van het bedrijf')).fill('Vlieg Kites');
    await page.getByLabel(says('Name of the owner', 'Naam van de eigenaar')).fill('Vera');
    await page.getByLabel(says('E-mail address of the owner', 'E-mailadres van de eigenaar')).fill('vera@vlieg.example');
    await page.getByRole('button', { name: says('Make tenant', 'Bedrijf toevoegen') }).click();
    const shown = page.getByLabel(says('Link for the owner of Vlieg Kites', 'Link voor de eigenaar van Vlieg Kites'), { exact: true });
    expect(await shown.inputValue()).toMatch(/\/invite#[\w-]{64}$/);
    await look(page, lang);
    await page.getByRole('button', { name: says('Done', 'Klaar') }).click();
    await at('/', says('Tenants', 'Bedrijven'));
    expect(await page.content()).not.toContain('/invite#');
  });

  it('suspends a tenant with a reason, by keyboard, and resumes it', async () => {
    await page.getByRole('button', { name: says('Suspend Spaak Bikes', 'Spaak Bikes opschorten') }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await look(page, lang);
    await page.getByRole('dialog').getByRole('textbox').focus();
    await page.keyboard.type('bills unpaid');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await isFocusSeen(page)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('bills unpaid').waitFor();
    await look(page, lang);
    expect((await spaak.owner.get('/api/session')).status).toBe(401);
    await page.getByRole('button', { name: says('Resume Spaak Bikes', 'Spaak Bikes hervatten') }).click();
    await page.getByRole('button', { name: says('Suspend Spaak Bikes', 'Spaak Bikes opschorten') }).waitFor();
  });

  it('empties the list of networks of a tenant that has locked itself out', async () => {
    const owner = await world.signIn(spaak.ownerEmail);
    expect((await owner.put('/api/security/addresses', { items: [{ range: '127.0.0.0/8', note: 'here' }] })).status).toBe(200);
    await page.getByRole('button', { name: says('Empty networks of Spaak Bikes', 'Netwerken leegmaken van Spaak Bikes') }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await look(page, lang);
    await dialog.getByRole('button', { name: says('Empty networks', 'Netwerken leegmaken') }).click();
    await page
      .getByText(says('The list of networks of Spaak Bikes is empty.', 'De lijst van netwerken van Spaak Bikes is leeg.'))
      .waitFor();
    expect((await owner.get('/api/security/addresses')).body).toMatchObject({ items: [] });
  });

  it.each([
    ['/health', 'Health', 'Gezondheid'],
    ['/operators', 'Operators', 'Beheerders'],
    ['/addresses', 'Addresses', 'Adressen'],
    ['/audit', 'Audit', 'Logboek'],
  ])('shows %s', async (path, english, dutch) => {
    await at(path, says(english, dutch));
    await page.getByRole('list', { name: says(english, dutch) }).waitFor();
    await look(page, lang);
  });

  it('checks the chain of its audit', async () => {
    await page.getByRole('button', { name: says('Check the chain', 'Keten controleren') }).click();
    await page.getByText(says('The chain holds', 'De keten klopt')).waitFor();
  });

  it('does not let an operator lock himself out', async () => {
    await at('/addresses', says('Addresses', 'Adressen'));
    await page.getByText(says('you are here', 'hier ben je')).waitFor();
    const here = says('Remove 127.0.0.0/8', '127.0.0.0/8 verwijderen');
    await page.getByRole('button', { name: here }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: says('You come from there yourself', 'Je komt daar zelf vandaan') })
      .waitFor();
    await page.getByRole('button', { name: here }).waitFor();
  });

  it('adds an operator, with a link that is shown once', async () => {
    await at('/operators', says('Operators', 'Beheerders'));
    await page.getByLabel(says('Name', 'Naam'), { exact: true }).fill('Grace');
    await page.getByRole('button', { name: says('Add an operator', 'Beheerder toevoegen') }).click();
    expect(await page.getByLabel(says('Link for Grace', 'Link voor Grace'), { exact: true }).inputValue()).toContain('/enrol#');
    await look(page, lang);
  });

  it('reads along where a tenant lets it, and nowhere else', async () => {
    await at('/', says('Tenants', 'Bedrijven'));
    const read = says('Read Spaak Bikes', 'Spaak Bikes lezen');
    expect(await page.getByRole('link', { name: read }).count()).toBe(0);
    const owner = await world.signIn(spaak.ownerEmail);
    const { body } = await owner.post<{ id: string }>('/api/operator-grants', { reason: 'an answer that did not arrive', hours: 1 });
    await at('/', says('Tenants', 'Bedrijven'));
    await page.getByRole('link', { name: read }).click();
    await page
      .getByRole('button', { name: says('Read: #', 'Lezen: #') })
      .first()
      .click();
    await page.getByRole('list', { name: says('Messages', 'Berichten') }).waitFor();
    await look(page, lang);
    await owner.delete(`/api/operator-grants/${body.id}`);
    await page.reload();
    await page.getByText(says('There is nothing here', 'Hier is niets')).waitFor();
  });

  it('shuts itself after half an hour without a touch', async () => {
    await at('/health', says('Health', 'Gezondheid'));
    await page.getByRole('list', { name: says('Health', 'Gezondheid') }).waitFor();
    const again = page.getByRole('button', { name: says('Look again', 'Opnieuw kijken') });
    // What the screen asks when it opens is asked in time.
    await again.click({ trial: true });
    world.advance({ minutes: 31 });
    await again.click();
    await page.getByRole('button', { name: says('Sign in with a passkey', 'Aanmelden met toegangssleutel') }).waitFor();
  });

  it('is shut at once to an operator who is revoked', async () => {
    await page.getByRole('button', { name: says('Sign in with a passkey', 'Aanmelden met toegangssleutel') }).click();
    await page.getByRole('heading', { level: 1, name: says('Health', 'Gezondheid') }).waitFor();
    await world.get(OperatorAccounts).revoke(CONSOLE, operatorId);
    await page.getByRole('button', { name: says('Look again', 'Opnieuw kijken') }).click();
    await page.getByRole('button', { name: says('Sign in with a passkey', 'Aanmelden met toegangssleutel') }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});

/** A passkey's device, of the browser's own making. */
async function authenticator(session: CDPSession): Promise<void> {
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
