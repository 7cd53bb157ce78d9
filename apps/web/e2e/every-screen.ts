import type { BrowserContext, Page } from 'playwright-core';
import { SetupService } from '#accounts';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import type { Conversation } from '#contract';
import { colleague, type Furnished, furnish, invite, tokenOf } from '../../../test/furnished.js';
import { furnishMail, type MailFurniture } from '../../../test/furnished-mail.js';
import { until } from '../../../test/killable-server.js';
import { PASSWORD, World } from '../../../test/world.js';
import { freePort, rowOf, signIn, SOON_MS } from './desk.js';
import { DRAWN, HEIGHT_PX, look, WIDTHS_PX, wrongOn } from './look.js';

/** One of everything goes through every door there is, mail by mail. */
const FURNISHING_MS_MAX = 120_000;

/** The suite for one language. `says` are the words by which it finds its way. */
export function everyScreen(lang: 'en' | 'nl', locale: string): void {
  let world: World;
  let browser: TestBrowser;
  let spaak: Furnished;
  let mail: MailFurniture;
  let invitation: string;
  let context: BrowserContext;
  let desk: Page;

  const says = (english: string, dutch: string) => (lang === 'en' ? english : dutch);
  const stranger = async (path: string, heading: string) => {
    const page = await (await browser.context({ locale, viewport: { width: WIDTHS_PX[0], height: HEIGHT_PX } })).newPage();
    await page.goto(world.server.url + path);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    return page;
  };
  const at = async (path: string) => {
    await desk.goto(world.server.url + path);
    await desk.getByRole('heading', { level: 1 }).first().waitFor();
    await desk
      .getByRole('status', { name: says('Loading', 'Laden') })
      .first()
      .waitFor({ state: 'detached' });
  };

  beforeAll(async () => {
    const port = String(await freePort());
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('of a new installation: set-up, also with mistakes in it', async () => {
    const page = await stranger('/', says('Set up Omnidesk', 'Omnidesk inrichten'));
    await page.getByRole('button', { name: says('Start', 'Beginnen') }).click();
    await page.getByText(says('Fill this in.', 'Vul dit in.')).first().waitFor();
    await look(page, lang);
    await page.context().close();
  });

  it(
    'is furnished for the rest',
    async () => {
      spaak = await furnish(world, await world.tenant(0));
      mail = await furnishMail(world, spaak, 'post@spaak.example');
      const linden = await world.tenant(1);
      await colleague(world, linden.owner, { email: spaak.ownerEmail, name: 'Both', role: 'agent' });
      const { inviteUrl } = await invite(linden.owner, { email: 'new@linden.example', name: 'Somebody New', role: 'agent' });
      invitation = `/invite#${tokenOf(inviteUrl)}`;
      expect((await spaak.admin.patch('/api/profile', { locale: lang })).status).toBe(200);
      await spaak.owner.patch(`/api/conversations/${spaak.ids.conversation}`, { tags: ['refund', 'vip'], status: 'pending' });
      const empty = { tenantName: 'Nothing Yet', name: 'New Owner', email: 'owner@empty.example', password: PASSWORD, locale: lang };
      await world.get(SetupService).tenant(empty);
      context = await browser.context({ locale, viewport: { width: WIDTHS_PX[0], height: HEIGHT_PX } });
      desk = await context.newPage();
      await signIn(desk, world.server.url, 'admin@spaak-bikes.example');
    },
    FURNISHING_MS_MAX,
  );

  it('sign-in, refused, and choosing a tenant', async () => {
    const page = await stranger('/sign-in', says('Sign in', 'Aanmelden'));
    await page.locator('input[type="email"]').fill(spaak.ownerEmail);
    await page.locator('input[type="password"]').fill('a wrong password');
    await page.locator('button[type="submit"]').click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(page, lang);
    await page.locator('input[type="password"]').fill(PASSWORD);
    await page.locator('button[type="submit"]').click();
    await page.getByRole('heading', { name: says('Which tenant?', 'Welk bedrijf?') }).waitFor();
    await look(page, lang);
    await page.context().close();
  });

  it('an invitation, and one that cannot be used', async () => {
    const good = await stranger(invitation, says('Welcome to Linden Tea', 'Welkom bij Linden Tea'));
    await look(good, lang);
    await good.context().close();
    const gone = await stranger('/invite#gone', says('This invitation cannot be used', 'Deze uitnodiging werkt niet'));
    await look(gone, lang);
    await gone.context().close();
  });

  it('a forgotten password, and links that cannot be used', async () => {
    const forgot = await stranger('/forgot-password', says('Forgot your password?', 'Wachtwoord vergeten?'));
    await forgot.locator('input[type="email"]').fill('somebody@elsewhere.example');
    await forgot.locator('button[type="submit"]').click();
    await forgot.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(forgot, lang);
    await forgot.context().close();
    const reset = await stranger('/new-password#gone', says('This link cannot be used', 'Deze link werkt niet'));
    await look(reset, lang);
    await reset.context().close();
    const address = await stranger('/confirm-address#gone', says('Is this your address?', 'Is dit jouw adres?'));
    await address.getByRole('button', { name: says('Yes, confirm', 'Ja, bevestigen') }).click();
    await address.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(address, lang);
    await address.context().close();
  });

  it('an inbox with nothing in it', async () => {
    const page = await stranger('/sign-in', says('Sign in', 'Aanmelden'));
    await signIn(page, world.server.url, 'owner@empty.example');
    for (const view of ['mine', 'unassigned', 'all']) {
      await page.goto(`${world.server.url}/inbox/${view}`);
      await page
        .getByRole('region', { name: says('Conversations', 'Gesprekken') })
        .getByText(/\.$/)
        .waitFor();
      if (view === 'all') await look(page, lang);
    }
    await page.context().close();
  });

  it('the inbox', async () => {
    await at('/inbox/all');
    await desk.locator('[data-row]').nth(1).waitFor();
    await look(desk, lang);
  });

  it('a conversation on Messenger', async () => {
    await at(`/inbox/all/${spaak.ids.conversation}`);
    await desk.getByRole('img', { name: 'picture.png' }).first().waitFor();
    await desk.getByRole('textbox').waitFor();
    await look(desk, lang);
  });

  it('its details in a drawer', async () => {
    await desk.setViewportSize({ width: 1024, height: HEIGHT_PX });
    // The column has to be gone before the key can mean the drawer.
    await desk.getByRole('link', { name: says('Retention policy 1', 'Bewaarbeleid 1') }).waitFor({ state: 'detached' });
    await desk.evaluate(DRAWN);
    await desk.keyboard.press('d');
    const drawer = desk.getByRole('dialog', { name: 'Details' });
    await drawer.getByRole('link', { name: says('Retention policy 1', 'Bewaarbeleid 1') }).waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.setViewportSize({ width: WIDTHS_PX[0], height: HEIGHT_PX });
    await drawer.waitFor({ state: 'detached' });
  });

  it('the shortcuts, and a menu', async () => {
    await desk.keyboard.press('?');
    await desk.getByRole('dialog').waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.keyboard.press('Escape');
    await desk.getByRole('dialog').waitFor({ state: 'detached' });
    await desk.getByRole('button', { name: says('Status: Pending', 'Status: Wachtend') }).click();
    await desk.getByRole('menu').waitFor();
    expect(await wrongOn(desk)).toEqual([]);
  });

  it('a conversation by mail, as the sender laid it out', async () => {
    await at(`/inbox/all/${spaak.ids.mailConversation}`);
    await desk.getByRole('button', { name: says('Show as the sender laid it out', 'Tonen zoals de afzender het opmaakte') }).click();
    await desk.frameLocator('iframe').getByText('morning').waitFor();
    await look(desk, lang);
  });

  it('a conversation in which everything of mail happened, and its details', async () => {
    await at(`/inbox/all/${mail.round}`);
    const lines = desk.getByRole('region', { name: says('Messages', 'Berichten') });
    await lines.getByRole('article').first().waitFor();
    await look(desk, lang);
    await desk.evaluate("document.querySelector('[data-messages]').scrollTo({ top: 0 })");
    await desk
      .getByRole('button', { name: says('Details of this mail', 'Gegevens van deze mail') })
      .first()
      .click();
    await lines.locator('dl').first().waitFor();
    await desk.getByRole('button', { name: says('Add Cc', 'Cc toevoegen'), exact: true }).click();
    await desk.keyboard.type('tom@mail.example,wrong@,');
    await desk.getByRole('button', { name: says('Add Bcc', 'Bcc toevoegen') }).click();
    await desk.keyboard.type('boss@spaak.example,');
    await desk.getByText(says('Signature', 'Handtekening'), { exact: true }).click();
    await look(desk, lang);
  });

  it('passing a mail on', async () => {
    await desk
      .getByRole('button', { name: says('Forward this mail', 'Deze mail doorsturen') })
      .first()
      .click();
    await desk.getByRole('dialog').waitFor();
    await desk.keyboard.type('painter@mail.example,no address,');
    await look(desk, lang);
    await desk.keyboard.press('Escape');
    await desk.getByRole('dialog').waitFor({ state: 'detached' });
    await desk
      .getByRole('button', { name: says('Remove wrong@', 'wrong@ weghalen') })
      .first()
      .click();
  });

  it('a conversation that was merged', async () => {
    await spaak.owner.post(`/api/conversations/${mail.related}/merge`, { intoId: mail.round });
    await at(`/inbox/all/${mail.related}?status=closed`);
    await desk.getByRole('button', { name: says('Undo the merge', 'Samenvoegen van') }).waitFor();
    await look(desk, lang);
    await desk.getByRole('button', { name: says('Undo the merge', 'Samenvoegen van') }).click();
    await desk.getByText(says('are two conversations again', 'zijn weer twee gesprekken')).waitFor();
  });

  it('the one it was merged into, and how that is undone', async () => {
    await at(`/inbox/all/${mail.related}`);
    await desk.getByRole('button', { name: says('Merge into', 'Samenvoegen met') }).click();
    await desk.getByText(says('is merged into', 'is samengevoegd met')).waitFor();
    await desk.getByText(says('whose conversation was merged', 'van wie het gesprek met dit')).waitFor();
    await look(desk, lang);
    await desk.getByRole('button', { name: says('Undo the merge', 'Samenvoegen van') }).click();
    await desk.waitForURL(`**/${mail.related}`);
    await at(`/inbox/all/${mail.round}`);
  });

  it('a mail that came back, and its sender’s address that mail does not reach', async () => {
    await at(`/inbox/all/${mail.bounced}`);
    await desk.getByRole('button', { name: says('Try anyway', 'Toch proberen') }).waitFor();
    await look(desk, lang);
  });

  it('a mail in quarantine, and asking before it is deleted', async () => {
    await at(`/inbox/quarantine/${mail.forged}`);
    await desk.getByRole('button', { name: says('Let in', 'Toelaten') }).waitFor();
    await desk.getByRole('link', { name: says('Could not be read', 'Niet te lezen') }).waitFor();
    await look(desk, lang);
    await desk.getByRole('button', { name: says('Delete', 'Verwijderen') }).click();
    await desk.getByRole('dialog').waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.keyboard.press('Escape');
  });

  it('the audit, one entry of it, and that the chain is whole', async () => {
    await at('/audit');
    await desk.getByRole('button', { name: says('Verify the chain', 'Keten controleren') }).click();
    await desk.getByText(says('unbroken', 'ongebroken')).waitFor();
    await look(desk, lang);
    await desk
      .getByRole('button', { name: says('Colleague invited', 'Collega uitgenodigd') })
      .first()
      .click();
    await desk.getByRole('dialog').waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.keyboard.press('Escape');
  });

  it('what could not be read', async () => {
    await at('/quarantine');
    await desk.getByRole('checkbox').last().check();
    await look(desk, lang);
  });

  it('a conversation in which everything of Messenger happened', async () => {
    const { simulator } = world;
    const sanne = spaak.page.customers[0]!.psid;
    const { mid } = await simulator.customerSays(sanne, { text: 'A wrod' });
    await simulator.customerEdits(sanne, mid, 'A word');
    await simulator.customerUnsends(sanne, (await simulator.customerSays(sanne, { text: 'Never mind' })).mid);
    await simulator.customerSendsUnsupported(sanne);
    for (const share of ['voice', 'video', 'location', 'link', 'product'] as const) await simulator.customerShares(sanne, share);
    await simulator.customerComesBy(sanne, { source: 'ADS', ad: { id: '1', title: 'Autumn' } });
    await simulator.settled(SOON_MS);
    simulator.fault('person_not_receiving');
    await spaak.owner.post(`/api/conversations/${spaak.ids.conversation}/replies`, {
      text: 'Nobody hears this',
      quickReplies: ['Yes', 'No'],
    });
    await at(`/inbox/all/${spaak.ids.conversation}`);
    await desk.getByRole('button', { name: says('Send again', 'Opnieuw sturen') }).waitFor();
    simulator.clearFaults();
    await desk.getByRole('button', { name: says('Quick replies', 'Snelle antwoorden') }).click();
    await desk.getByRole('textbox').last().fill('Ja');
    await desk.keyboard.press('Enter');
    await look(desk, lang);
  });

  it('a conversation that another app has', async () => {
    await world.simulator.otherAppTakesThread(spaak.page.customers[0]!.psid);
    await desk.getByRole('button', { name: says('Take over', 'Overnemen') }).waitFor();
    await look(desk, lang);
  });

  it('comments below a post, and a private answer', async () => {
    await spaak.owner.patch(`/api/connections/${spaak.ids.connection}`, { comments: true });
    await world.simulator.customerComments(spaak.page.customers[1]!.psid, { text: 'Is it still for sale?' });
    await rowOf(desk, 'Is it still for sale?').click();
    await desk.getByRole('button', { name: says('Answer in private', 'Privé antwoorden') }).waitFor();
    await look(desk, lang);
    await desk.getByRole('button', { name: says('Answer in private', 'Privé antwoorden') }).click();
    await desk.getByRole('dialog').waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.keyboard.press('Escape');
  });

  it('a page, its doctor and its settings', async () => {
    await at(`/connections/${spaak.ids.connection}`);
    await desk
      .getByRole('button', { name: says('Test now', 'Nu proberen') })
      .first()
      .waitFor();
    await look(desk, lang);
  });

  it('a mailbox, its doctor and its settings', async () => {
    await at(`/connections/${mail.mailbox.connectionId}`);
    await desk.getByText('DMARC', { exact: true }).waitFor();
    await desk.getByText(says('Advanced', 'Geavanceerd')).click();
    await desk.getByRole('switch', { name: says('Acknowledge what comes in', 'Ontvangst bevestigen') }).check();
    await look(desk, lang);
  });

  it('connecting a mailbox, every way of it, with what does not work', async () => {
    await at('/connections');
    await desk.locator('input[type="email"]').fill('sales@gmail.com');
    await desk.getByRole('button', { name: says('Go on', 'Verder') }).click();
    await desk.getByRole('radio').first().waitFor();
    await look(desk, lang);
    await desk.getByRole('button', { name: says('Another address', 'Een ander adres') }).click();
    await desk.locator('input[type="email"]').fill('sales@nowhere.example');
    await desk.getByRole('button', { name: says('Go on', 'Verder') }).click();
    await desk.getByRole('radio').last().check();
    await desk.getByRole('combobox').first().selectOption('postmark');
    await desk.getByRole('switch').last().check();
    await desk.getByRole('textbox', { name: 'Server' }).fill('127.0.0.1');
    await desk.getByRole('combobox').last().selectOption('none');
    await desk.getByRole('textbox', { name: says('Port', 'Poort') }).fill('1');
    await desk.getByRole('button', { name: says('Connect mailbox', 'Mailbox verbinden') }).click();
    await desk.getByText(says('Nothing is saved yet.', 'Er is nog niets opgeslagen.')).waitFor();
    await look(desk, lang);
    await desk.getByRole('switch').last().uncheck();
    await desk.getByRole('button', { name: says('Connect mailbox', 'Mailbox verbinden') }).click();
    await desk.getByRole('button', { name: says('I have copied them', 'Ik heb ze gekopieerd') }).waitFor();
    await look(desk, lang);
  });

  it('a sign-in with a mail provider that is over, and one that brought nothing', async () => {
    await at('/connections?mail_login=00000000-0000-7000-8000-000000000000');
    await desk.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(desk, lang);
    await at('/connections?login_refused=mail_scope_missing');
    await desk.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(desk, lang);
  });

  it('a page that is broken', async () => {
    await world.simulator.otherAppGivesBack(spaak.page.customers[0]!.psid);
    await until('it is ours again', SOON_MS, async () => {
      const { body } = await spaak.owner.get<Conversation>(`/api/conversations/${spaak.ids.conversation}`);
      return body.control.holder === 'us';
    });
    world.simulator.killPageToken(spaak.page.id);
    await spaak.owner.post(`/api/conversations/${spaak.ids.conversation}/replies`, { text: 'This waits' });
    await desk
      .getByRole('link', { name: says('Connect again', 'Opnieuw verbinden') })
      .first()
      .waitFor();
    await look(desk, lang);
    world.simulator.revivePageToken(spaak.page.id);
  });

  it('the pages that Facebook offers', async () => {
    await at('/connections');
    await desk.getByRole('link', { name: says('Connect with Facebook', 'Verbinden met Facebook') }).click();
    await desk.getByRole('button', { name: 'Allow' }).click();
    await desk.getByRole('checkbox', { name: /^Linden Tea/ }).check();
    await look(desk, lang);
  });

  it('a login that brought nothing, and a page that is not there', async () => {
    await at('/connections?login_refused=access_denied');
    await desk.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await look(desk, lang);
    await at('/connections/00000000-0000-7000-8000-000000000000');
    await look(desk, lang);
  });

  it.each(['/connections', '/people', '/what-we-keep', '/security', '/profile', '/operator-access'])('%s', async (path) => {
    await at(path);
    await look(desk, lang);
  });

  it.each(['/nowhere/at/all', '/inbox/all/00000000-0000-7000-8000-000000000000'])('nothing at %s', async (path) => {
    await at(path);
    await look(desk, lang);
  });

  it('reading by the operator: allowed, and so said on every screen', async () => {
    const owner = await world.signIn(spaak.ownerEmail);
    const { body } = await owner.post<{ id: string }>('/api/operator-grants', { reason: 'an answer that did not arrive', hours: 4 });
    await at('/inbox/all');
    await desk.getByRole('link', { name: says('Show or end it', 'Bekijken of beëindigen') }).click();
    await desk.getByText(says('may read now', 'mag nu lezen')).waitFor();
    await look(desk, lang);
    await owner.delete(`/api/operator-grants/${body.id}`);
  });

  it('what security doubts, and a key that was made', async () => {
    await at('/security');
    await desk
      .getByRole('button', { name: /^(Remove|127\.0\.0\.0\/8)/ })
      .first()
      .click();
    await desk.getByRole('button', { name: says('Add a network', 'Netwerk toevoegen') }).click();
    await desk.getByRole('textbox', { name: /1$/ }).first().fill('192.0.2.0/24');
    const networks = desk.getByRole('region', { name: says('Networks', 'Netwerken') });
    await networks.getByRole('button', { name: says('Save', 'Opslaan') }).click();
    await desk.getByRole('dialog', { name: says('Leave out where you are?', 'Weglaten waar je nu bent?') }).waitFor();
    expect(await wrongOn(desk)).toEqual([]);
    await desk.keyboard.press('Escape');
    await desk.getByRole('dialog').waitFor({ state: 'detached' });
    await desk.getByText(says('Make a key', 'Sleutel maken'), { exact: true }).click();
    await desk.getByLabel(says('Name', 'Naam')).fill('Reports');
    await desk.getByRole('checkbox', { name: says('Read conversations', 'Gesprekken lezen') }).check();
    await desk.getByRole('button', { name: says('Make the key', 'De sleutel maken') }).click();
    await desk.getByText(/odk_/).or(desk.locator('input[value^="odk_"]')).first().waitFor();
    await desk.getByRole('combobox', { name: says('Colleague', 'Collega') }).selectOption({ label: 'An Agent' });
    await desk.getByRole('button', { name: says('Sign An Agent out everywhere', 'An Agent overal afmelden') }).waitFor();
    await look(desk, lang);
  });

  it('a locked desk', async () => {
    await desk.keyboard.press('Control+l');
    await desk.getByRole('heading', { level: 1, name: says('Locked', 'Vergrendeld') }).waitFor();
    await look(desk, lang);
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
}
