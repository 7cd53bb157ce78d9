import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Connection, ConversationRow, Page as List } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { Dovecot, hasDovecot } from '../../../test/dovecot.js';
import { conversationOf, furnishMail, type MailFurniture } from '../../../test/furnished-mail.js';
import { until } from '../../../test/killable-server.js';
import { rawMail } from '../../../test/raw-mail.js';
import { type Tenant, World } from '../../../test/world.js';
import { rowOf, signIn, SOON_MS } from './desk.js';

const HELP = 'help@spaak.example';
const LOTTE = 'lotte@letters.example';
const FURNISHING_MS_MAX = 120_000;
const FETCHING_MS_MAX = 90_000;

/** Everything that mail can be has a shape on the desk, and whatever one can do about it is a press away. */
describe('mail on the desk', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let mail: MailFurniture;
  let context: BrowserContext;
  let desk: Page;

  const lines = () => desk.getByRole('region', { name: 'Messages' });
  const bubble = (text: string | RegExp) => desk.getByRole('article').filter({ hasText: text });
  const field = () => desk.getByRole('textbox', { name: 'Reply by e-mail' });
  const open = async (id: string, view = 'all') => {
    await desk.goto(`${world.server.url}/inbox/${view}/${id}`);
    await desk.getByRole('region', { name: 'Answer' }).waitFor();
    await lines().getByRole('article').first().waitFor();
  };
  /** A line is drawn only near where one reads. */
  const find = async (what: Locator) => {
    await desk.evaluate("document.querySelector('[data-messages]').scrollTo({ top: 0 })");
    await until('the line is drawn', SOON_MS, async () => {
      if ((await what.count()) > 0) return true;
      await desk.evaluate("document.querySelector('[data-messages]').scrollBy({ top: 200 })");
      return false;
    });
    await what.first().scrollIntoViewIfNeeded();
  };
  const rows = async (view: string) =>
    (await spaak.owner.get<List<ConversationRow>>(`/api/conversations?view=${view}&limit=100`)).body.items;
  const heard = (address: string, text: string) =>
    world.simulator.waitForMail(({ owner, text: said }) => owner === address && said.includes(text), SOON_MS);

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    mail = await furnishMail(world, spaak, HELP);
    browser = await openBrowser();
    context = await browser.context({ locale: 'en-GB', viewport: { width: 1440, height: 1000 } });
    desk = await context.newPage();
    desk.on('dialog', (dialog) => {
      // Words that are not sent yet: the browser asks before they are lost.
      if (dialog.type() !== 'beforeunload') browser.problems.push('a dialog was opened');
      void dialog.accept();
    });
    await signIn(desk, world.server.url, spaak.ownerEmail);
  }, FURNISHING_MS_MAX);
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  describe('a conversation', () => {
    beforeAll(() => open(mail.round));

    it('always shows the real address beside the name, and whether it is proven', async () => {
      const first = bubble('the frame of my new bike');
      await find(first);
      await first.getByText(LOTTE, { exact: true }).waitFor();
      await first.getByRole('img', { name: 'Sender proven' }).waitFor();
    });

    it('tells everything of a mail on request: to whom, in copy, how the sender was checked', async () => {
      const first = bubble('the frame of my new bike');
      await first.getByRole('button', { name: 'Details of this mail' }).click();
      const details = first.locator('dl');
      for (const fact of ['To', HELP, 'tom@letters.example', 'Scratched frame', /^The sender is proven: letters\.example/])
        await details.getByText(fact).first().waitFor();
      await first.getByRole('button', { name: 'Details of this mail' }).click();
      await details.waitFor({ state: 'detached' });
    });

    it('shows a picture of some size beside the words, once, and in its place when laid out as sent', async () => {
      const first = bubble('the frame of my new bike');
      await first.getByRole('img', { name: 'scratch.png' }).waitFor();
      expect(await first.getByRole('link', { name: /scratch\.png/ }).count()).toBe(1);
      await first.getByText('1 picture in it').waitFor();
      await first.getByRole('link', { name: /invoice 2026-114\.pdf/ }).waitFor();
      await first.getByRole('button', { name: 'Show as the sender laid it out' }).click();
      await desk.frameLocator('iframe').getByText('scratch', { exact: true }).waitFor();
      expect(await first.getByRole('link', { name: /scratch\.png/ }).count()).toBe(0);
      await first.getByRole('button', { name: 'Show as text' }).click();
    });

    it('folds what a machine says into one line that opens on request', async () => {
      const line = desk.getByText(/^Automatic reply from Lotte Vos/);
      await find(line);
      expect(await bubble('I am away until Monday.').count()).toBe(0);
      await lines().getByRole('button', { name: 'Show', exact: true }).click();
      await bubble('I am away until Monday.').waitFor();
      await lines().getByRole('button', { name: 'Hide', exact: true }).click();
    });

    it('says under whose name a stranger writes, and that the answer does not go there', async () => {
      const said = bubble('I am her neighbour');
      await find(said);
      await said.getByText(/^Not a participant: this mail came from Stefan Elders/).waitFor();
      await said.getByText(new RegExp(`Your answer goes to ${LOTTE}, not there`)).waitFor();
    });

    it('shows an invitation as a card, and a mail inside a mail as one', async () => {
      const card = desk.getByRole('region', { name: 'Handing over the bike' });
      await find(card);
      for (const fact of ['Invitation', 'When', 'At the shop']) await card.getByText(fact, { exact: true }).waitFor();
      await bubble('Does this suit you?').getByText('The subject has changed: Handing over the bike').waitFor();
      const inside = desk.getByRole('region', { name: 'Attached mail: Your offer' });
      await find(inside);
      await inside.getByText('We can do it for 80 euros.').waitFor();
      await inside.getByText(/The Shop <shop@elders\.example>/).waitFor();
      const [saved] = await Promise.all([desk.waitForEvent('download'), inside.getByRole('link', { name: 'Save the mail' }).click()]);
      expect(saved.suggestedFilename()).toBe('offer.eml');
    });

    it('links what may belong together, in both directions', async () => {
      await desk.getByRole('link', { name: /^May belong to #\d+ About/ }).click();
      await desk.waitForURL(`**/${mail.related}`);
      await desk.getByRole('link', { name: /^May belong to #\d+ Scratched frame/ }).click();
      await desk.waitForURL(`**/${mail.round}`);
    });
  });

  describe('what may belong together', () => {
    const numberOf = async (id: string) => (await conversationOf(spaak, id)).number;
    let numbers: { round: string; related: string };

    beforeAll(async () => {
      numbers = { round: `#${String(await numberOf(mail.round))}`, related: `#${String(await numberOf(mail.related))}` };
    });

    it('is merged by one key, shows whose words are whose and whom the answer goes to, and is taken apart by another', async () => {
      await open(mail.related);
      await desk.keyboard.press('Shift+M');
      await desk.waitForURL(`**/${mail.round}`);
      await desk.getByText(`${numbers.related} is merged into ${numbers.round}.`).waitFor();
      await desk
        .getByText(`${numbers.related} of Nora Bos was merged into this. Answers go to Lotte Vos alone`, { exact: false })
        .waitFor();
      const hers = bubble('Is this about the blue one?');
      await find(hers);
      await hers
        .getByText(`From Nora Bos, whose conversation was merged into this one. Your answer goes to ${LOTTE}, not there.`)
        .waitFor();
      const line = desk.getByText(new RegExp(`merged ${numbers.related} of Nora Bos into this`));
      await find(line);
      const before = await desk.getByRole('list', { name: 'Addresses in Cc' }).count();
      expect(before).toBe(0);
      await desk.getByRole('button', { name: /^Answer all/ }).waitFor();
      expect(await desk.getByRole('button', { name: /^Answer all/ }).getAttribute('title')).toContain('nora@letters.example');
      await desk.keyboard.press('z');
      await desk.waitForURL(`**/${mail.related}`);
      await bubble('Is this about the blue one?').waitFor();
      await desk.getByText(`${numbers.related} and ${numbers.round} are two conversations again.`).waitFor();
      await desk.getByRole('link', { name: /^May belong to/ }).waitFor();
      await desk.getByRole('textbox', { name: 'Reply by e-mail' }).waitFor();
    });

    it('is merged by a press from either side, and a screen that was open at the other follows', async () => {
      const other = await context.newPage();
      await other.goto(`${world.server.url}/inbox/all/${mail.related}`);
      await other.getByRole('textbox', { name: 'Reply by e-mail' }).waitFor();
      await open(mail.round);
      await desk.getByRole('button', { name: `Merge ${numbers.related} into this` }).click();
      await find(bubble('Is this about the blue one?'));
      await other.getByText(`Merged into ${numbers.round}: everything that was said is there`, { exact: false }).waitFor();
      await other.getByRole('textbox', { name: 'Reply by e-mail' }).waitFor({ state: 'detached' });
      expect(await other.getByRole('article').count()).toBe(0);
      await other.goto(`${world.server.url}/inbox/all?status=closed`);
      await rowOf(other, 'Nora Bos').getByText(`Merged into ${numbers.round}`).click();
      await other.getByRole('link', { name: `Open ${numbers.round}` }).click();
      await other.waitForURL(`**/${mail.round}`);
      await other.close();
      await desk.getByRole('button', { name: `Undo the merge of ${numbers.related}` }).click();
      await desk.waitForURL(`**/${mail.related}`);
      await bubble('Is this about the blue one?').waitFor();
    });
  });

  describe('an answer', () => {
    beforeAll(() => open(mail.round));

    it('says whom it goes to, and carries copies that open on demand', async () => {
      await desk.getByRole('button', { name: 'Add Cc' }).click();
      await desk.keyboard.type('tom@letters.example,');
      await desk.getByRole('list', { name: 'Addresses in Cc' }).getByText('tom@letters.example').waitFor();
      await desk.getByRole('button', { name: 'Add Bcc' }).click();
      await desk.keyboard.type('boss@letters.example');
      await field().fill('We repaint it on Thursday.');
      await desk.getByRole('list', { name: 'Addresses in Bcc' }).getByText('boss@letters.example').waitFor();
      await field().press('Control+Enter');
      for (const address of [LOTTE, 'tom@letters.example', 'boss@letters.example']) {
        const got = await heard(address, 'We repaint it on Thursday.');
        expect([...got.to, ...got.cc]).not.toContain('boss@letters.example');
      }
      const sent = bubble('We repaint it on Thursday.');
      await sent.getByText('Cc: tom@letters.example').waitFor();
      await sent.hover();
      await sent.getByRole('button', { name: 'Details of this mail' }).click();
      await sent.locator('dl').getByText('boss@letters.example').waitFor();
    });

    it('is not sent to what is no address, and says which it is', async () => {
      await field().fill('Not to nobody.');
      const cc = desk.getByRole('textbox', { name: 'Cc', exact: true });
      await cc.fill('tom at mail');
      await cc.press('Enter');
      await desk.getByText('This is not an e-mail address: tom').waitFor();
      expect(await desk.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
      for (const word of ['tom', 'at', 'mail', 'tom@letters.example']) {
        await desk.getByRole('button', { name: `Remove ${word}`, exact: true }).click();
      }
      await desk.getByText('This is not an e-mail address: tom').waitFor({ state: 'detached' });
      await field().fill('');
    });

    it('shows what will stand below it', async () => {
      await desk.goto(`${world.server.url}/profile`);
      await desk.getByRole('textbox', { name: 'Signature' }).fill('Ada, who repairs');
      await desk.getByRole('button', { name: 'Save' }).click();
      await desk.getByText('Saved').first().waitFor();
      await open(mail.round);
      await desk.getByText('Signature', { exact: true }).click();
      await desk.getByText('Ada, who repairs').waitFor();
      await field().fill('With regards.');
      await field().press('Control+Enter');
      await heard(LOTTE, 'Ada, who repairs');
    });

    it('can be passed on to somebody outside, with its files, by a key', async () => {
      const first = bubble('the frame of my new bike');
      await find(first);
      await first.hover();
      await first.getByRole('button', { name: 'Forward this mail' }).click();
      const dialog = desk.getByRole('dialog', { name: 'Forward this mail' });
      await dialog.getByText('invoice 2026-114.pdf').waitFor();
      await dialog.getByRole('textbox', { name: 'To' }).fill('painter@letters.example');
      await dialog.getByRole('textbox', { name: 'Your words above it' }).fill('What would this cost?');
      await desk.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await first.hover();
      await first.getByRole('button', { name: 'Forward this mail' }).click();
      expect(await dialog.getByRole('textbox', { name: 'Your words above it' }).inputValue()).toBe('What would this cost?');
      await dialog.getByRole('button', { name: 'Forward', exact: true }).click();
      const got = await heard('painter@letters.example', 'What would this cost?');
      expect(got.text).toContain('the frame of my new bike');
      expect(got.files.map(({ name }) => name)).toContain('invoice 2026-114.pdf');
      await bubble('What would this cost?').getByText('Forwarded to painter@letters.example').waitFor();
      await dialog.waitFor({ state: 'detached' });
      await desk.getByRole('region', { name: 'Messages' }).focus();
      await desk.keyboard.press('f');
      await dialog.waitFor();
      await desk.keyboard.press('Escape');
    });
  });

  it('says of a mail that came back why, and sends there again only when somebody says so', async () => {
    await open(mail.bounced);
    const lost = bubble('From eleven to four.');
    await lost.getByText('Not delivered', { exact: true }).waitFor();
    await lost.getByText('Not delivered: the address does not exist.').waitFor();
    await desk.getByText(/^Mail does not reach boris@letters\.example/).waitFor();
    await field().fill('And on Monday from nine.');
    await field().press('Control+Enter');
    const refused = lines().getByText(/Mail does not reach this address/);
    await refused.waitFor();
    world.simulator.setMailHabits('boris@letters.example', { bounces: null });
    await lines().getByRole('button', { name: 'Try anyway' }).click();
    await heard('boris@letters.example', 'And on Monday from nine.');
    await desk.getByText(/^Mail does not reach boris@letters\.example/).waitFor({ state: 'detached' });
  });

  it('keeps a very long address in its place, says that a machine wrote first, and names only some of many in copy', async () => {
    const address = `${'a'.repeat(60)}@${'sub.'.repeat(40)}letters.example`;
    await world.simulator.sendMail({
      from: address,
      to: HELP,
      cc: Array.from({ length: 8 }, (_, at) => `copy${String(at)}@letters.example`),
      kind: 'robot',
      subject: `Everything is stored ${'W'.repeat(600)}`,
      text: 'All 12 files.',
    });
    await desk.getByRole('link', { name: 'All open' }).click();
    await rowOf(desk, 'All 12 files.').click();
    const said = bubble('All 12 files.');
    await said.getByText(/^Sent by a machine, in the name of/).waitFor();
    await said.getByText('Cc: copy0@letters.example, copy1@letters.example, copy2@letters.example and 5 more').waitFor();
    await desk.getByRole('button', { name: 'Add Cc' }).waitFor();
    const beyondPx = await desk.evaluate<number>(`(() => {
      const answer = document.querySelector('section[aria-label="Answer"], [role="region"][aria-label="Answer"]').getBoundingClientRect();
      const person = [...document.querySelectorAll('span')].find(({ textContent }) => textContent === 'To').nextElementSibling;
      return person.getBoundingClientRect().right - answer.right;
    })()`);
    expect(beyondPx).toBeLessThanOrEqual(0);
  });

  describe('the quarantine', () => {
    it('holds mail that is not from whom it says, apart from everything else', async () => {
      await desk.getByRole('link', { name: 'All open' }).click();
      await rowOf(desk, 'Opening hours').waitFor();
      expect(await rowOf(desk, 'Confirm your account').count()).toBe(0);
      await desk.keyboard.press('g');
      await desk.keyboard.press('q');
      await rowOf(desk, 'Confirm your account').click();
      await desk.getByText('In quarantine: this mail is not from whom it says.').waitFor();
      await desk.getByText(/^The sender is not proven\. Anybody may have written this in the name of bank@letters\.example/).waitFor();
      expect(await field().isEditable()).toBe(false);
    });

    it('lets one in, and erases another after a question', async () => {
      await desk.getByRole('button', { name: 'Let in' }).click();
      await desk.getByText('In quarantine: this mail is not from whom it says.').waitFor({ state: 'detached' });
      expect((await rows('all')).map(({ id }) => id)).toContain(mail.forged);
      await world.simulator.sendMail({
        from: 'prize@letters.example',
        to: HELP,
        subject: 'You have won',
        text: 'Press here.',
        isForged: true,
      });
      await desk.getByRole('link', { name: 'Quarantine' }).click();
      await rowOf(desk, 'You have won').click();
      await desk.getByRole('button', { name: 'Delete' }).click();
      const dialog = desk.getByRole('dialog', { name: /^Delete conversation #\d+\?$/ });
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      await desk.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await desk.getByText('Nothing is in quarantine').waitFor();
      expect(await rows('quarantine')).toEqual([]);
    });

    it('holds what could not be read, with the reason in words; one can save it and let it in', async () => {
      await desk.getByRole('link', { name: /^Could not be read/ }).click();
      const item = desk.getByRole('list', { name: 'Set aside' }).getByRole('listitem');
      await item.getByText(/does not prove that it was one of ours/).waitFor();
      await item.getByText('Undelivered Mail Returned to Sender').waitFor();
      const [saved] = await Promise.all([desk.waitForEvent('download'), item.getByRole('link', { name: /^Save/ }).click()]);
      expect(saved.suggestedFilename()).toMatch(/\.eml$/);
      await item.getByRole('checkbox').check();
      await desk.getByText('1 chosen').waitFor();
      await item.getByRole('button', { name: /^Let in/ }).click();
      await desk.getByText('Everything could be read').waitFor();
      await until('it is a conversation', SOON_MS, async () =>
        (await rows('all')).some(({ subject }) => subject.includes('Undelivered Mail')),
      );
    });
  });

  describe('a mailbox', () => {
    const list = () => desk.getByRole('list', { name: 'Connected pages and mailboxes' });
    const connectionOf = async (address: string) =>
      (await spaak.owner.get<List<Connection>>('/api/connections')).body.items.find(({ externalId }) => externalId === address)!;
    const begin = async (address: string) => {
      await desk.goto(`${world.server.url}/connections`);
      await desk.getByRole('textbox', { name: 'Address' }).fill(address);
      await desk.getByRole('button', { name: 'Go on' }).click();
      await desk.getByRole('radio').first().waitFor();
    };

    it('that is brought to us shows its address and its secret once', async () => {
      await begin('sales@spaak.example');
      await desk.getByText(/^No servers were found/).waitFor();
      await desk.getByRole('radio', { name: 'Brought to us' }).check();
      await desk.getByRole('combobox', { name: 'Who brings it' }).selectOption('mailgun');
      await desk.getByRole('button', { name: 'Connect mailbox' }).click();
      await desk.getByText('Fill this in.').waitFor();
      await desk.getByLabel('Webhook signing key').fill('key-0123456789abcdef0123456789abcdef');
      await desk.getByRole('button', { name: 'Connect mailbox' }).click();
      const once = desk.getByRole('region', { name: 'sales@spaak.example is connected' });
      const url = await once.getByRole('textbox', { name: 'Address for Mailgun' }).inputValue();
      expect(url).toMatch(new RegExp(`^${world.server.url}/webhooks/email/[^/]+/mailgun$`));
      await once.getByRole('button', { name: 'I have copied them' }).click();
      await list().getByText('sales@spaak.example').first().waitFor();
      expect(await desk.content()).not.toContain('key-0123456789abcdef0123456789abcdef');
    });

    it('whose outgoing server does not answer is not saved, and says which direction it was', async () => {
      await begin('lost@spaak.example');
      await desk.getByRole('radio', { name: 'Brought to us' }).check();
      await desk.getByRole('switch', { name: 'Answers go out through a server of its own' }).check();
      await desk.getByRole('textbox', { name: 'Server' }).fill('127.0.0.1');
      await desk.getByRole('combobox', { name: 'Encryption' }).selectOption('none');
      await desk.getByRole('textbox', { name: 'Port' }).fill('1');
      await desk.getByRole('button', { name: 'Connect mailbox' }).click();
      const tried = desk.getByRole('list', { name: 'What was tried' });
      await tried.getByText('Outgoing (SMTP)').waitFor();
      await desk.getByText(/^Nothing is saved yet/).waitFor();
      expect(await desk.getByRole('textbox', { name: 'Server' }).inputValue()).toBe('127.0.0.1');
      expect(await connectionOf('lost@spaak.example')).toBeUndefined();
    });

    it('shows how it is, and keeps what its admin says', async () => {
      await desk.goto(`${world.server.url}/connections/${mail.mailbox.connectionId}`);
      const checks = desk.getByRole('list', { name: 'What was looked at' });
      for (const check of ['Incoming mail', 'Outgoing mail', 'Addresses with a plus', 'SPF', 'DKIM', 'DMARC'])
        await checks.getByText(check, { exact: true }).waitFor();
      await desk.getByRole('textbox', { name: 'Signature' }).fill('Spaak Bikes, Utrecht');
      await desk.getByRole('switch', { name: 'Acknowledge what comes in' }).check();
      await desk.getByRole('button', { name: 'Save' }).click();
      await desk.getByText('Write what it says first.').waitFor();
      await desk.getByRole('textbox', { name: 'What it says' }).fill('We have it.');
      await desk.getByText('Advanced').click();
      await desk.getByRole('textbox', { name: 'Forwarders whose word is believed' }).fill('not a domain');
      await desk.getByRole('button', { name: 'Save' }).click();
      await desk.getByText('This is not a domain: not a domain').waitFor();
      await desk.getByRole('textbox', { name: 'Forwarders whose word is believed' }).fill('lists.example\n');
      await desk.getByRole('button', { name: 'Save' }).click();
      await desk.getByText(`Saved for ${HELP}.`).first().waitFor();
      const { settings } = (await connectionOf(HELP)).mailbox!;
      expect(settings).toMatchObject({
        signature: 'Spaak Bikes, Utrecht',
        autoReply: { on: true, text: 'We have it.' },
        trustedSealers: ['lists.example'],
      });
    });

    it('is tried by a mail to itself', async () => {
      await desk.getByRole('button', { name: 'Send a test mail' }).first().click();
      await desk.getByText(`A test mail from ${HELP} to itself is on its way`, { exact: false }).first().waitFor();
    });

    it('shows where mail does not go, and lifts it', async () => {
      world.simulator.setMailHabits('boris@letters.example', { bounces: 'hard' });
      await spaak.owner.post(`/api/conversations/${mail.bounced}/replies`, { text: 'Did this reach you?' });
      await until('it came back', SOON_MS, async () => (await conversationOf(spaak, mail.bounced)).mail?.suppression != null);
      await desk.goto(`${world.server.url}/connections`);
      await desk.getByRole('button', { name: 'Lift for boris@letters.example' }).click();
      await desk.getByText('None. What comes back for good is listed here.').waitFor();
      expect((await conversationOf(spaak, mail.bounced)).mail?.suppression).toBeNull();
    });

    const withDovecot = hasDovecot('connecting a fetched mailbox in the browser is not tried') ? it : it.skip;
    withDovecot(
      'that is fetched is tried, its folders chosen, and its mail is on the screen',
      async () => {
        const dovecot = await Dovecot.start();
        try {
          await dovecot.user('shop@spaak.example', 'of the shop');
          const { hostname, port } = new URL(dovecot.url('shop@spaak.example', 'of the shop'));
          const smtp = new URL(world.simulator.smtpUrl);
          await begin('shop@spaak.example');
          await desk.getByRole('textbox', { name: 'User name', exact: true }).fill('shop@spaak.example');
          await desk.getByLabel('Password', { exact: true }).fill('a wrong one');
          const servers = (name: string) => desk.getByRole('group', { name });
          const fill = async (group: Locator, at: { hostname: string; port: string }) => {
            await group.getByRole('textbox', { name: 'Server' }).fill(at.hostname);
            await group.getByRole('combobox', { name: 'Encryption' }).selectOption('none');
            await group.getByRole('textbox', { name: 'Port' }).fill(at.port);
          };
          await fill(servers('Incoming (IMAP)'), { hostname, port });
          await desk.getByRole('switch', { name: 'Answers go out through a server of its own' }).setChecked(true);
          await fill(servers('Outgoing (SMTP)'), smtp);
          await desk.getByRole('switch', { name: 'Another user name and password for sending' }).check();
          await desk.getByRole('button', { name: 'Connect mailbox' }).click();
          const tried = desk.getByRole('list', { name: 'What was tried' });
          await tried.getByText('does not work').waitFor();
          await tried.getByText(/\) works$/).waitFor();
          await desk.getByLabel('Password', { exact: true }).fill('of the shop');
          await desk.getByRole('button', { name: 'See which folders there are' }).click();
          expect(await desk.getByRole('checkbox', { name: /^INBOX/ }).isChecked()).toBe(true);
          await desk.getByRole('button', { name: 'Connect mailbox' }).click();
          const once = desk.getByRole('region', { name: 'shop@spaak.example is connected' });
          await once.getByText(/What comes from now on appears in the inbox/).waitFor();
          expect(await desk.content()).not.toContain('of the shop');
          await until('its folder is watched', SOON_MS, async () => {
            const { mailbox } = await connectionOf('shop@spaak.example');
            return mailbox?.health.lastSeenAt != null;
          });
          await dovecot.deliver('shop@spaak.example', rawMail({ from: 'Ines Prado <ines@elders.example>', subject: 'By way of the shop' }));
          await desk.getByRole('link', { name: 'All open' }).click();
          await rowOf(desk, 'By way of the shop').waitFor();
        } finally {
          await dovecot.stop();
        }
      },
      FETCHING_MS_MAX,
    );
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
