import type { BrowserContext, Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';

/** The walk that the product is for: said by a customer, seen by an agent without a reload, answered, and the answer seen by the customer. */
describe('a message reaches the agent’s browser, and the answer the customer', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let desk: Page;
  let deskContext: BrowserContext;
  let outside: Page;

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    await world.connectMailbox(spaak, 'help@spaak.example');
    browser = await openBrowser();
    deskContext = await browser.context({ locale: 'en-GB' });
    desk = await deskContext.newPage();
    outside = await (await browser.context({ locale: 'en-GB' })).newPage();
    await outside.goto(world.simulator.url);
    await desk.goto(world.server.url);
    await desk.getByLabel('E-mail address').fill(spaak.ownerEmail);
    await desk.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await desk.getByRole('button', { name: 'Sign in' }).click();
    await desk.getByRole('heading', { name: 'Unassigned' }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('over Messenger, both ways, without a reload', async () => {
    const phone = outside.getByRole('region', { name: 'Phone of Sanne de Wit' });
    await phone.getByRole('textbox', { name: 'Message' }).fill('Kan het ook bij de buren? 🚲');
    await phone.getByRole('button', { name: 'Send', exact: true }).click();

    await desk.getByText('Kan het ook bij de buren? 🚲').first().waitFor();
    await desk.keyboard.press('j');
    await desk.keyboard.press('Enter');
    await desk.keyboard.press('r');
    await desk.keyboard.type('Ja hoor, dat kan.');
    await desk.keyboard.press('Control+Enter');
    await phone.getByText('Ja hoor, dat kan.').waitFor();
    await desk
      .getByText(/^Delivered/)
      .first()
      .waitFor();

    await phone.getByRole('button', { name: 'Mark as seen' }).click();
    await desk.getByText(/^Read/).first().waitFor();
  });

  it('by mail, both ways, without a reload', async () => {
    const mail = outside.getByRole('region', { name: 'Mail' });
    await mail.getByRole('button', { name: 'Write a mail' }).click();
    await mail.getByRole('textbox', { name: 'To' }).fill('help@spaak.example');
    await mail.getByRole('textbox', { name: 'Subject' }).fill('Factuur met oud adres');
    await mail.getByRole('textbox', { name: 'Text' }).fill('Kunnen jullie een nieuwe sturen?');
    await mail.getByRole('button', { name: 'Send mail' }).click();

    await desk.getByText('Factuur met oud adres').first().click();
    await desk.getByText('Kunnen jullie een nieuwe sturen?').first().waitFor();
    await desk.keyboard.press('r');
    await desk.keyboard.type('De nieuwe factuur komt eraan.');
    await desk.keyboard.press('Control+Enter');
    await mail.getByText('De nieuwe factuur komt eraan.').first().waitFor();
  });

  it('shows nothing of either to another tenant’s agent', async () => {
    const linden = await world.tenant(1);
    const page = await (await browser.context({ locale: 'en-GB' })).newPage();
    await page.goto(world.server.url);
    await page.getByLabel('E-mail address').fill(linden.ownerEmail);
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Unassigned' }).waitFor();
    expect(await page.getByText('Sanne').count()).toBe(0);
    await page.goto(desk.url());
    await page.getByText('This conversation is no longer there').first().waitFor();
    expect(await page.getByText('Kunnen jullie').count()).toBe(0);
  });

  it('broke no rule of the content security policy and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
