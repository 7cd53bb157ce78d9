import type { Page } from 'playwright-core';
import type { Conversation, Message, Page as List } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { until } from '../../../test/killable-server.js';
import { PASSWORD, type Tenant, World } from '../../../test/world.js';
import { focusOf, isFocusSeen, openId, rowOf, signIn, SOON_MS } from './desk.js';

/** An agent who never touches the mouse gets everything done, always sees where she is, and never does by a key what she did not mean. */
describe('the keyboard', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let desk: Page;

  const [sanne, tomas] = ['Sanne de Wit', 'Tomás Herrera'];
  const psidOf = (name: string) =>
    world.simulator.customers.find((customer) => `${customer.firstName} ${customer.lastName}` === name)!.psid;
  const seenBy = (name: string) => world.simulator.messagesSeenBy(psidOf(name)).map(({ text }) => text);
  const conversation = async (id: string) => (await spaak.owner.get<Conversation>(`/api/conversations/${id}`)).body;
  const said = async (id: string) => (await spaak.owner.get<List<Message>>(`/api/conversations/${id}/messages`)).body.items;
  const status = (id: string, wanted: string) =>
    until(`${id} is ${wanted}`, SOON_MS, async () => (await conversation(id)).status === wanted);
  const press = async (...keys: string[]) => {
    for (const key of keys) await desk.keyboard.press(key);
  };
  const focusIs = (what: string | RegExp) =>
    until(`the focus on ${String(what)}`, SOON_MS, async () => (await focusOf(desk)).search(what) >= 0);
  const seesFocus = () => until('a focus that one can see', SOON_MS, () => isFocusSeen(desk));
  const opened = (name: string) => desk.getByRole('main', { name: `Conversation with ${name}` }).waitFor();

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    await world.connectMailbox(spaak, 'help@spaak.example');
    await world.simulator.sendMail({
      from: 'lotte@mail.example',
      fromName: 'Lotte Vos',
      to: 'help@spaak.example',
      subject: 'A dented bell',
      text: 'It no longer rings.',
    });
    await world.simulator.customerSays(psidOf(tomas), { text: 'Do I need a 54 cm frame?' });
    await world.simulator.customerSays(psidOf(sanne), { text: 'Kan het ook bij de buren?' });
    browser = await openBrowser();
    desk = await (await browser.context({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })).newPage();
    await signIn(desk, world.server.url, spaak.ownerEmail);
    for (const name of [sanne, tomas, 'Lotte Vos']) await rowOf(desk, name).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('signs in, and stands in the first field before a key is pressed', async () => {
    const page = await (await browser.context({ locale: 'en-GB' })).newPage();
    await page.goto(world.server.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.keyboard.type(spaak.ownerEmail);
    await page.keyboard.press('Tab');
    expect(await isFocusSeen(page)).toBe(true);
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Unassigned' }).waitFor();
  });

  it('walks the list, and one sees where it stands', async () => {
    await press('j');
    await focusIs(sanne);
    await seesFocus();
    await press('j');
    await focusIs(tomas);
    await press('k');
    await focusIs(sanne);
    await press('k');
    await focusIs(sanne);
  });

  it('opens, takes, answers and is back where it came from', async () => {
    await press('Enter');
    await opened(sanne);
    await press('i');
    await desk.getByText(/took this$/).waitFor();
    await press('g', 'm');
    await desk.getByRole('heading', { name: 'Mine', level: 1 }).waitFor();
    await rowOf(desk, sanne).waitFor();
    await press('j', 'Enter');
    await opened(sanne);
    await press('r');
    await seesFocus();
    await desk.keyboard.type('Ja hoor, dat kan.');
    await press('Control+Enter');
    await world.simulator.waitForMessage(psidOf(sanne), ({ text }) => text === 'Ja hoor, dat kan.', SOON_MS);
    await press('Escape');
    await focusIs(sanne);
    await press('u');
    await focusIs(sanne);
    await seesFocus();
    await desk.getByText('No conversation open').waitFor();
  });

  it('leaves the field for the conversation when its row is no longer in the list', async () => {
    await press('g', 'u');
    await desk.getByRole('heading', { name: 'Unassigned', level: 1 }).waitFor();
    await press('j');
    await focusIs(tomas);
    await press('Enter');
    await opened(tomas);
    await press('i');
    await rowOf(desk, tomas).waitFor({ state: 'detached' });
    await press('r', 'Escape');
    await focusIs('Messages');
    await seesFocus();
    await press('g', 'a');
    await desk.getByRole('heading', { name: 'All open', level: 1 }).waitFor();
    await rowOf(desk, tomas).waitFor();
  });

  it('writes a note for the team that no contact ever sees', async () => {
    await rowOf(desk, sanne).focus();
    await press('Enter');
    await opened(sanne);
    await press('n');
    await desk.keyboard.type('Always asks for the neighbours. Be kind.');
    await press('Control+Enter');
    await desk.getByRole('article', { name: /^Note, only for the team/ }).waitFor();
    await world.simulator.settled(SOON_MS);
    expect((await said(openId(desk))).map(({ direction }) => direction)).toContain('note');
    expect(seenBy(sanne)).toEqual(['Ja hoor, dat kan.']);
    await press('Escape', 'u');
  });

  it('keeps a reply and a note apart: what is begun as one is never sent as the other', async () => {
    await rowOf(desk, sanne).focus();
    await press('Enter', 'r');
    await desk.keyboard.type('for her');
    await press('Escape', 'n');
    expect(await desk.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('');
    await press('Escape', 'r');
    expect(await desk.getByRole('textbox', { name: 'Reply on Messenger' }).inputValue()).toBe('for her');
    await press('Control+a', 'Delete', 'Escape', 'u');
  });

  it('gives everything that is typed right after r or n to the field, however fast', async () => {
    await rowOf(desk, tomas).focus();
    await press('Enter', 'r');
    await desk.keyboard.type('e? june? g minus i, u and n');
    await opened(tomas);
    expect(await desk.getByRole('textbox', { name: 'Reply on Messenger' }).inputValue()).toBe('e? june? g minus i, u and n');
    expect((await conversation(openId(desk))).status).toBe('open');
    await press('Control+a', 'Delete', 'Escape', 'n');
    await desk.keyboard.type('ee');
    expect(await desk.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('ee');
    await press('Control+a', 'Delete', 'Escape', 'u');
  });

  it('keeps what is typed after r while the conversation is still on its way, and closes nothing', async () => {
    const page = await desk.context().newPage();
    await page.goto(`${world.server.url}/inbox/all`);
    await rowOf(page, 'Lotte Vos').waitFor();
    let letThrough = () => {};
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route(/\/api\/conversations\/[0-9a-f-]{36}(\/messages.*)?$/, async (route) => {
      await gate;
      await route.continue();
    });
    await rowOf(page, 'Lotte Vos').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/inbox\/all\/.+/);
    const id = openId(page);
    await page.keyboard.press('r');
    await page.keyboard.type('een nieuwe bel, gratis?');
    expect(openId(page)).toBe(id);
    letThrough();
    const field = page.getByRole('textbox', { name: 'Reply by e-mail' });
    await field.waitFor();
    expect(await field.inputValue()).toBe('een nieuwe bel, gratis?');
    await page.keyboard.type(' Ja.');
    expect(await field.inputValue()).toBe('een nieuwe bel, gratis? Ja.');
    expect(await conversation(id)).toMatchObject({ status: 'open', assignee: null });
    await page.close({ runBeforeUnload: false });
  });

  it('sends what was typed and sent off while the field was still on its way, once', async () => {
    const page = await desk.context().newPage();
    await page.goto(`${world.server.url}/inbox/all`);
    await rowOf(page, tomas).waitFor();
    let letThrough = () => {};
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route(/\/api\/conversations\/[0-9a-f-]{36}(\/messages.*)?$/, async (route) => {
      await gate;
      await route.continue();
    });
    await rowOf(page, tomas).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/inbox\/all\/.+/);
    await page.keyboard.press('r');
    await page.keyboard.type('Quick as a flash.');
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Control+Enter');
    letThrough();
    await world.simulator.waitForMessage(psidOf(tomas), ({ text }) => text === 'Quick as a flash.', SOON_MS);
    await world.simulator.settled(SOON_MS);
    expect(seenBy(tomas).filter((text) => text === 'Quick as a flash.').length).toBe(1);
    expect(await page.getByRole('textbox', { name: 'Reply on Messenger' }).inputValue()).toBe('');
    await page.close({ runBeforeUnload: false });
  });

  it('does not take r for writing where nothing can be written', async () => {
    await press('g', 'u');
    await desk.getByRole('heading', { name: 'Unassigned', level: 1 }).waitFor();
    await press('r', 'j');
    await focusIs('Lotte Vos');
  });

  it('closes, goes on to the next, and says so to the server', async () => {
    await press('g', 'a');
    await desk.getByRole('heading', { name: 'All open', level: 1 }).waitFor();
    await rowOf(desk, tomas).focus();
    await press('Enter');
    await opened(tomas);
    const id = openId(desk);
    await press('e');
    await status(id, 'closed');
    await rowOf(desk, tomas).waitFor({ state: 'detached' });
    expect(openId(desk)).not.toBe(id);
    await press('u');
    await desk.getByText('No conversation open').waitFor();
  });

  it('acts on the conversation that was asked for, never on the one that is still on the screen', async () => {
    await rowOf(desk, sanne).focus();
    await press('Enter');
    await opened(sanne);
    const id = openId(desk);
    const otherId = (await rowOf(desk, 'Lotte Vos').getAttribute('data-row'))!;
    await rowOf(desk, 'Lotte Vos').focus();
    await press('Enter', 'e');
    await until(
      'the other one is open, or closed again',
      SOON_MS,
      async () => openId(desk) === otherId || (await conversation(otherId)).status === 'closed',
    );
    expect((await conversation(id)).status).toBe('open');
    await press('u');
  });

  it('tells every key behind ?, and gives the focus back', async () => {
    await rowOf(desk, sanne).focus();
    await press('?');
    const sheet = desk.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.waitFor();
    for (const words of ['Next conversation', 'Write a reply', 'Assign to me', 'Go to Mine'])
      await sheet.getByText(words, { exact: true }).waitFor();
    const before = desk.url();
    await press('e', 'j', 'g', 'm');
    await press('Escape');
    await sheet.waitFor({ state: 'detached' });
    expect(desk.url()).toBe(before);
    await focusIs(sanne);
    await seesFocus();
  });

  it('opens menus, chooses and comes back to the button', async () => {
    await rowOf(desk, sanne).focus();
    await press('Enter');
    await opened(sanne);
    await desk.getByRole('button', { name: 'Status: Open' }).focus();
    await press('Enter');
    await desk.getByRole('menuitem', { name: 'Waiting for the contact' }).waitFor();
    await focusIs(/^Open$/);
    await press('ArrowDown');
    await focusIs('Waiting for the contact');
    await press('Enter');
    await status(openId(desk), 'pending');
    await focusIs('Status: Pending');
    await press('u');
  });

  it('does nothing by single keys while one types in a field', async () => {
    await desk.goto(`${world.server.url}/profile`);
    const name = desk.getByRole('textbox', { name: 'Name' });
    await name.focus();
    await press('Control+a');
    await desk.keyboard.type('gu june rien? i');
    expect(await name.inputValue()).toBe('gu june rien? i');
    expect(desk.url()).toBe(`${world.server.url}/profile`);
    expect(await desk.getByRole('dialog').count()).toBe(0);
  });

  it('does nothing by single keys for whoever switched them off, and everything else still works', async () => {
    const singles = desk.getByRole('switch', { name: 'Single keys are shortcuts' });
    await singles.focus();
    await press('Space');
    await desk.goto(`${world.server.url}/inbox/all`);
    await rowOf(desk, sanne).waitFor();
    await rowOf(desk, sanne).focus();
    await press('j', '?', 'g', 'm');
    await focusIs(sanne);
    expect(await desk.getByRole('dialog').count()).toBe(0);
    await press('Enter');
    await opened(sanne);
    await desk.getByRole('textbox', { name: 'Reply on Messenger' }).focus();
    await desk.keyboard.type('Tot straks.');
    await press('Control+Enter');
    await world.simulator.waitForMessage(psidOf(sanne), ({ text }) => text === 'Tot straks.', SOON_MS);
  });

  it('told the contacts nothing but what was meant for them, and broke no rule on the way', async () => {
    await world.simulator.settled(SOON_MS);
    expect(seenBy(sanne)).toEqual(['Ja hoor, dat kan.', 'Tot straks.']);
    expect(seenBy(tomas)).toEqual(['Quick as a flash.']);
    expect(world.simulator.mailTo('lotte@mail.example')).toEqual([]);
    expect(browser.problems).toEqual([]);
  });
});
