import { gzipSync } from 'node:zlib';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Connection, Conversation, ConversationRow, Message, Page as List } from '#contract';
import { JobWorker } from '#jobs';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { until } from '../../../test/killable-server.js';
import { type Tenant, World } from '../../../test/world.js';
import { openId, rowOf, signIn, SOON_MS } from './desk.js';

const DESK = { locale: 'en-GB', viewport: { width: 1440, height: 900 } };
const FIRST_LOAD_BYTES_MAX = 200_000;
/** Resolves when what has changed is on the screen. */
const DRAWN = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';
/** Fields that a page is not asked for, and that some pages send all the same. */
const UNASKED = ['messaging_game_plays', 'send_cart'];
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Whatever a person does on Messenger or below a post, the agent sees it as what it is, and can do everything Facebook allows. */
describe('everything of Messenger on the desk', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let context: BrowserContext;
  let desk: Page;

  const [sanne, tomas] = ['Sanne de Wit', 'Tomás Herrera'];
  const psidOf = (name: string) =>
    world.simulator.customers.find((customer) => `${customer.firstName} ${customer.lastName}` === name)!.psid;
  const seenBy = (name: string) => world.simulator.messagesSeenBy(psidOf(name));
  const says = (name: string, text: string) => world.simulator.customerSays(psidOf(name), { text });
  const hears = (name: string, text: string) => world.simulator.waitForMessage(psidOf(name), (message) => message.text === text, SOON_MS);
  const rows = async () => (await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all')).body.items;
  const rowFor = async (name: string, kind: ConversationRow['kind'] = 'messages') =>
    (await rows()).find((row) => row.contact.name === name && row.kind === kind);
  const messages = async (id: string) => (await spaak.owner.get<List<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  const connection = async () => (await spaak.owner.get<List<Connection>>('/api/connections')).body.items[0]!;
  const bubble = (text: string | RegExp) => desk.getByRole('article').filter({ hasText: text });
  const lines = () => desk.getByRole('region', { name: 'Messages' });
  const field = () => desk.getByRole('textbox', { name: 'Reply on Messenger' });
  const open = async (name: string, kind: ConversationRow['kind'] = 'messages') => {
    await until(`a conversation with ${name}`, SOON_MS, async () => (await rowFor(name, kind)) !== undefined);
    await desk.goto(`${world.server.url}/inbox/all/${(await rowFor(name, kind))!.id}`);
    await desk.getByRole('region', { name: 'Answer' }).waitFor();
  };
  /** A line is drawn only near where one reads: go through the thread until it is there, and stays. */
  const find = async (what: Locator) => {
    await desk.evaluate("document.querySelector('[data-messages]').scrollTo({ top: 0 })");
    await until('the line is drawn', SOON_MS, async () => {
      await desk.evaluate(DRAWN);
      if ((await what.count()) > 0) return true;
      // At the end, from the beginning again: lines that grow when their pictures come move what was in sight.
      await desk.evaluate(`(() => {
        const element = document.querySelector('[data-messages]');
        const isEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 1;
        element.scrollTo({ top: isEnd ? 0 : element.scrollTop + element.clientHeight / 2 });
      })()`);
      return false;
    });
    await what.first().scrollIntoViewIfNeeded();
    return what.first();
  };

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    expect((await spaak.owner.patch(`/api/connections/${spaak.connectionId}`, { comments: true })).status).toBe(200);
    browser = await openBrowser();
    context = await browser.context(DESK);
    desk = await context.newPage();
    await signIn(desk, world.server.url, spaak.ownerEmail);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  afterEach(() => {
    world.simulator.clearFaults();
  });

  describe('what a person does', () => {
    let edited: string;
    let unsent: string;

    beforeAll(async () => {
      const { simulator } = world;
      const person = psidOf(sanne);
      simulator.pages.find(({ id }) => id === spaak.page.id)!.subscribedFields!.push(...UNASKED);
      await simulator.customerGetsStarted(person, { source: 'ADS', ref: 'autumn', ad: { id: '601', title: 'Autumn service check' } });
      edited = (await says(sanne, 'Is it open on Munday?')).mid;
      await simulator.customerEdits(person, edited, 'Is it open on Monday?');
      for (const share of ['photo', 'video', 'voice', 'file', 'link', 'location', 'product', 'reel', 'unknown_attachment'] as const)
        await simulator.customerShares(person, share);
      await simulator.customerSays(person, { sticker: true });
      unsent = (await says(sanne, 'My number is 06 12345678')).mid;
      await simulator.customerUnsends(person, unsent);
      await simulator.customerSendsUnsupported(person);
      await simulator.customerSubmitsFeedback(person, { score: 5, comment: 'Quick and kind.' });
      await simulator.customerFillsForm(person, { city: 'Utrecht' });
      await simulator.customerOrders(
        person,
        [{ id: '1', name: 'A bell', unit_price: 12.5, currency: 'EUR', quantity: 2 }],
        'In red, please.',
      );
      await simulator.customerOptsIn(person, { kind: 'notification_messages', title: 'Offers' });
      await simulator.customerLinksAccount(person);
      await simulator.unknownEvent(person, { dance: { of: 'joy' } });
      await simulator.customerComesBy(person, {});
      await simulator.settled(SOON_MS);
      await says(sanne, 'That was all.');
      await open(sanne);
      await bubble('That was all.').waitFor();
    });

    it('tells how the person came, and that she came back', async () => {
      await find(desk.getByText('Came from the ad “Autumn service check”'));
      await find(desk.getByText('Came back to the conversation by a link'));
    });

    it('shows a button that was pressed, and everything that was shared in its own shape', async () => {
      await find(desk.getByText('pressed a button: Get Started'));
      await find(desk.getByRole('link', { name: /^Open photo/ }));
      await find(desk.locator('video'));
      await find(desk.locator('audio'));
      await find(desk.getByRole('link', { name: /factuur/ }));
      await find(desk.getByRole('link', { name: /How to look after a chain/ }));
      const place = await find(desk.getByRole('link', { name: /52\.0907, 5\.1214/ }));
      expect(await place.getAttribute('href')).toContain('openstreetmap.org');
      await find(desk.getByText(/City bike 28"/));
      await find(desk.getByRole('link', { name: /Ten turns of the pedal/ }));
      await find(desk.getByText('Hologram'));
      await find(desk.locator('img[alt]:not([src*="data:"])'));
    });

    it('shows what a message said before it was edited, by keyboard too', async () => {
      const line = await find(bubble('Is it open on Monday?'));
      const toggle = line.getByRole('button', { name: 'edited' });
      await toggle.focus();
      await desk.keyboard.press('Enter');
      await line.getByRole('list', { name: 'What it said before' }).getByText('Is it open on Munday?').waitFor();
      expect(await toggle.getAttribute('aria-expanded')).toBe('true');
      await desk.keyboard.press('Enter');
      await line.getByText('Is it open on Munday?').waitFor({ state: 'detached' });
    });

    it('hides what a person took back, and shows it to who asks', async () => {
      const line = await find(bubble('Sanne de Wit took this message back'));
      expect(await desk.content()).not.toContain('06 12345678');
      await line.getByRole('button', { name: 'Show' }).click();
      await line.getByText('My number is 06 12345678').waitFor();
      await line.getByRole('button', { name: 'Hide' }).click();
      await line.getByText('My number is 06 12345678').waitFor({ state: 'detached' });
    });

    it('names what it cannot show, and where it can be seen', async () => {
      const line = await find(bubble(/cannot be shown here: a kind of message that Facebook does not pass on/));
      const link = line.getByRole('link', { name: 'Open the page’s inbox' });
      expect(await link.getAttribute('href')).toBe(`https://business.facebook.com/latest/inbox/all?asset_id=${spaak.page.id}`);
      await find(bubble(/cannot be shown here: dance/));
    });

    it('shows forms that were filled in, and what the person agreed to', async () => {
      await find(bubble(/Feedback form.*5.*Quick and kind\./s));
      await find(bubble(/Form filled in.*Utrecht/s));
      await find(bubble(/Order.*A bell.*In red, please\./s));
      await find(desk.getByText('Sanne de Wit agreed to receive: Offers'));
      await find(desk.getByText('Sanne de Wit linked an account'));
    });

    it('shows what others send from the page as sent outside', async () => {
      await world.simulator.pageInboxSays(psidOf(sanne), { text: 'From the page’s own inbox.' });
      await lines().focus();
      await desk.keyboard.press('End');
      await bubble('From the page’s own inbox.').getByText('sent outside Omnidesk').waitFor();
    });
  });

  describe('answering', () => {
    it('tells the person that somebody is writing, and quotes the message that is answered', async () => {
      const { mid } = await says(tomas, 'Do you have a 54 cm frame?');
      await open(tomas);
      await bubble('Do you have a 54 cm frame?').waitFor();
      await lines().focus();
      await desk.keyboard.press('q');
      await desk.getByText('In reply to Tomás Herrera').waitFor();
      await desk.keyboard.type('Yes, in blue.');
      await until('he sees that somebody is writing', SOON_MS, () => Promise.resolve(world.simulator.seesTyping(psidOf(tomas))));
      await desk.keyboard.press('Control+Enter');
      const heard = await hears(tomas, 'Yes, in blue.');
      expect(heard.replyToMid).toBe(mid);
      await bubble('Yes, in blue.').getByText('In answer to Tomás Herrera').waitFor();
    });

    it('sends files by button, by dropping and by pasting, and says of a wrong one what is wrong with it', async () => {
      const chooser = desk.waitForEvent('filechooser');
      await desk.getByRole('button', { name: 'Attach files' }).click();
      await (
        await chooser
      ).setFiles([
        { name: 'chosen.png', mimeType: 'image/png', buffer: PICTURE },
        { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
      ]);
      const tray = desk.getByRole('list', { name: 'Files to send' });
      await tray.getByText('This file is empty.').waitFor();
      expect(await desk.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
      await tray.getByRole('button', { name: 'Remove empty.txt' }).click();
      const carry = (name: string, event: 'drop' | 'paste') =>
        desk.evaluate<undefined>(`(() => {
          const bytes = Uint8Array.from(atob('${PICTURE.toString('base64')}'), (character) => character.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], '${name}', { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          if ('${event}' === 'drop') document.body.dispatchEvent(new DragEvent('drop', { ...init, dataTransfer: data }));
          else document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: data }));
        })()`);
      await carry('dropped.png', 'drop');
      await tray.getByText('dropped.png').waitFor();
      await carry('pasted.png', 'paste');
      await tray.getByText('pasted.png').waitFor();
      await desk.getByText('Goes out as 3 messages').waitFor();
      await field().fill('Three views of it.');
      await desk.getByText('Goes out as 4 messages').waitFor();
      await until('every file is kept', SOON_MS, () => desk.getByRole('button', { name: 'Send' }).isEnabled());
      await field().press('Control+Enter');
      await until('all of it has arrived', SOON_MS, () =>
        Promise.resolve(seenBy(tomas).flatMap(({ attachments }) => attachments).length === 3),
      );
      await desk.getByRole('link', { name: 'Open pasted.png' }).waitFor();
      for (const name of ['chosen.png', 'dropped.png', 'pasted.png'])
        expect(await desk.getByRole('link', { name: `Open ${name}` }).count()).toBe(1);
      expect(await bubble('Three views of it.').count()).toBe(1);
    });

    it('stops a file that is taken out while it is on its way', async () => {
      let asked = 0;
      await desk.route('**/api/uploads*', () => {
        asked += 1;
      });
      const chooser = desk.waitForEvent('filechooser');
      await desk.getByRole('button', { name: 'Attach files' }).click();
      await (await chooser).setFiles([{ name: 'slow.png', mimeType: 'image/png', buffer: PICTURE }]);
      await desk.getByRole('progressbar', { name: /^slow\.png/ }).waitFor();
      await desk.getByRole('button', { name: 'Cancel slow.png' }).click();
      await desk.getByRole('list', { name: 'Files to send' }).waitFor({ state: 'detached' });
      expect(asked).toBe(1);
      await desk.unroute('**/api/uploads*');
    });

    it('offers answers to press, and shows them below the message', async () => {
      await desk.getByRole('button', { name: 'Quick replies' }).click();
      const answer = desk.getByRole('textbox', { name: 'A short answer to offer' });
      for (const text of ['Saturday', 'Sunday']) {
        await answer.fill(text);
        await answer.press('Enter');
      }
      await field().fill('Which day?');
      await field().press('Control+Enter');
      expect((await hears(tomas, 'Which day?')).quickReplies.map(({ title }) => title)).toEqual(['Saturday', 'Sunday']);
      const offered = bubble('Which day?').getByRole('list', { name: 'Answers offered' });
      expect(await offered.getByRole('listitem').allTextContents()).toEqual(['Saturday', 'Sunday']);
    });

    it('says beforehand that a long answer goes out as several messages, and shows each of them once', async () => {
      const sentence = 'This is a sentence of some length, for a story that does not end. ';
      await field().fill(sentence.repeat(45).trim());
      await desk.getByText('Goes out as 2 messages').waitFor();
      await field().press('Control+Enter');
      const parts = () => seenBy(tomas).filter(({ text }) => text?.startsWith('This is a sentence'));
      await until('both parts have arrived', SOON_MS, () => Promise.resolve(parts().length === 2));
      expect(
        parts()
          .map(({ text }) => text)
          .join(' '),
      ).toBe(sentence.repeat(45).trim());
      await until('both are on the screen, once', SOON_MS, async () => (await bubble('This is a sentence').count()) === 2);
    });
  });

  describe('what became of an answer', () => {
    it('lets an agent say that it arrived after all', async () => {
      world.simulator.setFaults({ graph: [{ on: ['send'], does: { kind: 'cut' } }] });
      await field().fill('Did you get this?');
      await field().press('Control+Enter');
      const unsure = bubble('Did you get this?');
      await unsure.getByText('Perhaps sent').waitFor();
      await unsure.getByRole('button', { name: 'It arrived' }).click();
      await unsure.getByText('Sent', { exact: true }).waitFor();
      expect(seenBy(tomas).map(({ text }) => text)).not.toContain('Did you get this?');
    });

    it('asks before it sends again what may have arrived', async () => {
      world.simulator.setFaults({ graph: [{ on: ['send'], does: { kind: 'cut' } }] });
      await field().fill('And this?');
      await field().press('Control+Enter');
      const unsure = bubble('And this?');
      await unsure.getByRole('button', { name: 'Send again' }).click();
      const dialog = desk.getByRole('dialog', { name: 'Send this again?' });
      await dialog.getByText('If the first one did arrive after all, Tomás Herrera gets it twice.').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(seenBy(tomas).map(({ text }) => text)).not.toContain('And this?');
      world.simulator.clearFaults();
      await unsure.getByRole('button', { name: 'Send again' }).click();
      await dialog.getByRole('button', { name: 'Send again' }).click();
      await hears(tomas, 'And this?');
      expect(seenBy(tomas).filter(({ text }) => text === 'And this?').length).toBe(1);
    });

    it('sends again what failed, at a press', async () => {
      world.simulator.fault('person_not_receiving');
      await field().fill('Nobody home?');
      await field().press('Control+Enter');
      const failed = bubble('Nobody home?');
      await failed.getByText(/^This contact cannot be reached/).waitFor();
      world.simulator.clearFaults();
      await failed.getByRole('button', { name: 'Send again' }).click();
      await hears(tomas, 'Nobody home?');
    });
  });

  describe('a conversation that another app has', () => {
    it('can be read and not answered, and is taken over', async () => {
      await open(tomas);
      await field().fill('Half an ans');
      await world.simulator.otherAppTakesThread(psidOf(tomas));
      const banner = desk.getByRole('region', { name: 'Take over' });
      await banner.getByText('The page’s own inbox has this conversation.').waitFor();
      await desk.getByText('Another app took over this conversation').waitFor();
      expect(await field().inputValue()).toBe('Half an ans');
      expect(await field().isEditable()).toBe(false);
      expect(await desk.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

      world.simulator.setPage(spaak.page.id, { mayTakeControl: false });
      await banner.getByRole('button', { name: 'Take over' }).click();
      await banner
        .getByRole('alert')
        .getByText(/Advanced messaging/)
        .waitFor();
      world.simulator.setPage(spaak.page.id, { mayTakeControl: true });
      await banner.getByRole('button', { name: 'Take over' }).click();
      await banner.waitFor({ state: 'detached' });
      await field().fill('Half an answer is none.');
      await field().press('Control+Enter');
      await hears(tomas, 'Half an answer is none.');
    });

    it('tells that another app asks for it', async () => {
      await world.simulator.otherAppAsksForThread(psidOf(tomas));
      await desk.getByText('Another app asks for this conversation').waitFor();
    });
  });

  describe('comments below a post', () => {
    let commentId: string;

    it('are a conversation of their own, known by its mark, with the way to the post', async () => {
      commentId = (await world.simulator.customerComments(psidOf(tomas), { text: 'Is this one still for sale?' })).id;
      const row = rowOf(desk, 'Is this one still for sale?');
      await row.waitFor();
      await row.getByRole('img', { name: 'Comment on Facebook' }).waitFor();
      await row.click();
      await bubble('Is this one still for sale?').waitFor();
      await desk.getByRole('link', { name: 'The post' }).waitFor();
      await desk.getByText('Public: everybody who can see the post can read this answer.').waitFor();
    });

    it('are answered in public, where everybody sees it', async () => {
      const answer = desk.getByRole('textbox', { name: 'Answer in public' });
      await answer.fill('Yes, until Saturday!');
      await answer.press('Control+Enter');
      await bubble('Yes, until Saturday!').getByText('Sent', { exact: true }).waitFor();
    });

    it('are hidden, liked and shown again', async () => {
      const comment = bubble('Is this one still for sale?');
      await comment.getByRole('button', { name: 'Hide' }).click();
      await comment.getByText('hidden from the public').waitFor();
      await comment.getByRole('button', { name: 'Unhide' }).click();
      await comment.getByText('hidden from the public').waitFor({ state: 'detached' });
      await comment.getByRole('button', { name: 'Like', exact: true }).click();
      await comment.getByText('liked by the page').waitFor();
      // Facebook tells such acts by the second: two within one cannot be told apart.
      world.advance({ seconds: 2 });
      await world.simulator.pageHidesComment(commentId);
      await comment.getByText('hidden from the public').waitFor();
      world.advance({ seconds: 2 });
      await world.simulator.pageHidesComment(commentId, false);
      await comment.getByText('hidden from the public').waitFor({ state: 'detached' });
    });

    it('are answered in private, once', async () => {
      const comment = bubble('Is this one still for sale?');
      await comment.getByRole('button', { name: 'Answer in private' }).click();
      const dialog = desk.getByRole('dialog', { name: 'Answer Tomás Herrera in private' });
      await dialog.getByText(/^A message that only Tomás Herrera sees\. Facebook allows one/).waitFor();
      await dialog.getByRole('textbox', { name: 'Private message' }).fill('I can keep it for you.');
      await dialog.getByRole('button', { name: 'Send in private' }).click();
      await dialog.waitFor({ state: 'detached' });
      await hears(tomas, 'I can keep it for you.');
      await comment.getByText('answered in private').waitFor();
      expect(await comment.getByRole('button', { name: 'Answer in private' }).count()).toBe(0);
      await open(tomas);
      await bubble('I can keep it for you.').waitFor();
    });

    it('show that they were changed, and that they are gone', async () => {
      await open(tomas, 'comments');
      await world.simulator.customerEditsComment(commentId, 'Is this one, in blue, still for sale?');
      await bubble('Is this one, in blue, still for sale?').getByRole('button', { name: 'edited' }).waitFor();
      await world.simulator.customerRemovesComment(commentId);
      await desk.getByText('The comment is gone').waitFor();
      await bubble('Tomás Herrera removed this comment, or Facebook did').getByRole('button', { name: 'Show' }).click();
      await desk.getByText('Is this one, in blue, still for sale?', { exact: true }).first().waitFor();
    });
  });

  describe('what only now becomes known', () => {
    it('is shown in its place, and nobody is told of it as news', async () => {
      await open(sanne);
      await bubble('That was all.').waitFor();
      world.simulator.setWebhookUrl(null);
      await says(sanne, 'Said while you were away.');
      world.simulator.setWebhookUrl(`${world.server.url}/webhooks/messenger`);
      const before = await desk.getByRole('log').allTextContents();
      expect((await spaak.owner.post(`/api/connections/${spaak.connectionId}/sweeps`, { kind: 'gap', days: 1 })).status).toBe(202);
      await bubble('Said while you were away.').waitFor();
      expect(await desk.getByRole('log').allTextContents()).toEqual(before);
      await says(sanne, 'And this is new.');
      await desk.getByRole('log').filter({ hasText: 'New message from Sanne de Wit: And this is new.' }).waitFor();
    });
  });

  // Last: it moves the clock of the whole house.
  describe('the reply window', () => {
    it('says what comes after it, goes over into the time for people where the page may, and marks what is sent then', async () => {
      await open(tomas);
      await says(tomas, 'I will think about it.');
      await bubble('I will think about it.').waitFor();
      await spaak.owner.patch(`/api/connections/${spaak.connectionId}`, { humanAgent: true });
      await desk.getByText(/After that a person may still answer until/).waitFor({ state: 'attached' });
      world.advance({ hours: 25 });
      await desk.reload();
      await desk.getByText(/^Human agent window, \d days? left$/).waitFor();
      await field().fill('Have you thought?');
      await field().press('Control+Enter');
      await until('it has gone out', SOON_MS, async () => {
        // The clock of the house is ahead of the database's: what is due by it is not done by itself.
        await world.get(JobWorker).drain();
        return seenBy(tomas).some(({ text }) => text === 'Have you thought?');
      });
      await bubble('Have you thought?').getByText('written by a person, after 24 hours').waitFor();
    });

    it('closes with its reason, and says what can still be done', async () => {
      await spaak.owner.patch(`/api/connections/${spaak.connectionId}`, { humanAgent: false });
      await desk.getByText('The reply window has closed').waitFor();
      await desk
        .getByText(/^Messenger lets a business answer for 24 hours.*With Facebook’s Human Agent permission you could answer until/)
        .waitFor();
      await desk.getByRole('link', { name: 'Open the page’s inbox' }).first().waitFor();
      await desk.getByRole('link', { name: 'The page’s settings' }).click();
      await desk.getByRole('heading', { name: 'Spaak Bikes', level: 1 }).waitFor();
      await desk.getByRole('switch', { name: 'Human Agent permission' }).check();
      await until('the server knows', SOON_MS, async () => (await connection()).settings.humanAgent);
      // Seven days and an hour since his last word, and no session idle for as long.
      world.advance({ days: 6 });
      await open(tomas);
      await desk.getByText(/^Messenger lets a person answer for seven days/).waitFor();
      expect((await spaak.owner.get<Conversation>(`/api/conversations/${openId(desk)}`)).body.replyWindow).toMatchObject({
        reason: 'over',
      });
      await desk.getByRole('button', { name: 'Write a note for the team' }).click();
      await desk.getByRole('textbox', { name: 'Note' }).waitFor();
    });
  });

  describe('after all of it', () => {
    it('needs less than 200 kB of script before a conversation can be read', async () => {
      const fresh = await (await browser.context({ ...DESK, storageState: await context.storageState() })).newPage();
      // The browser's own clock says what was there when the first message was: what loads after it makes nobody wait.
      await fresh.addInitScript(`
        new MutationObserver((_, observer) => {
          if (document.querySelector('article, [role=article]') === null) return;
          performance.mark('readable');
          observer.disconnect();
        }).observe(document, { childList: true, subtree: true });
      `);
      await fresh.goto(`${world.server.url}/inbox/all/${(await rowFor(tomas))!.id}`);
      await fresh.getByRole('article').first().waitFor();
      const scripts = await fresh.evaluate<string[]>(`
        performance.getEntriesByType('resource')
          .filter(({ name, responseEnd }) => name.endsWith('.js') && responseEnd <= performance.getEntriesByName('readable')[0].startTime)
          .map(({ name }) => name)
      `);
      const sizes = await Promise.all(scripts.map(async (url) => gzipSync(await (await fetch(url)).bytes(), { level: 9 }).length));
      expect(sizes.length).toBeGreaterThan(3);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD_BYTES_MAX);
      await fresh.context().close();
    });

    it('asked no other host for anything and broke no rule', () => {
      expect(browser.problems).toEqual([]);
    });

    it('lost nothing on the way: what the server has is one thread of each', async () => {
      const kinds = (await rows()).map(({ contact, kind }) => `${contact.name} ${kind}`);
      expect(new Set(kinds).size).toBe(kinds.length);
      const ids = (await messages((await rowFor(sanne))!.id)).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });
});
