import { mkdirSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { SetupService } from '#accounts';
import { codeOf } from '../../../test/authenticator.js';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { colleague } from '../../../test/furnished.js';
import { PASSWORD, World } from '../../../test/world.js';
import { signIn } from './desk.js';

const OWNER = 'olga@spaak.example';
const MIA = 'mia@spaak.example';
const SHOTS = process.env['DEMAND_SHOTS'];
const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 900 };

/** An owner asks her agents for a second factor, on the page where that is asked. */
describe('a second factor that is asked for', () => {
  let world: World;
  let browser: TestBrowser;
  let desk: Page;
  let mias: Page;
  let url: string;

  beforeAll(async () => {
    world = await World.open();
    await world.get(SetupService).tenant({ tenantName: 'Spaak Bikes', name: 'Olga', email: OWNER, password: PASSWORD }, { isEasy: true });
    await colleague(world, await world.signIn(OWNER), { email: MIA, name: 'Mia', role: 'agent' });
    ({ url } = world.server);
    browser = await openBrowser();
    const person = async () => (await browser.context({ locale: 'en-GB', viewport: WIDE })).newPage();
    desk = await person();
    mias = await person();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  const section = () => desk.getByRole('region', { name: 'Second factor' });
  const role = (name: string) => section().getByRole('checkbox', { name });
  const save = () => section().getByRole('button', { name: 'Save' }).click();
  const prove = async (page: Page) => {
    const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const look = async (name: string) => {
    const { violations } = await new AxeBuilder({ page: desk }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect({ name, found: violations.map(({ id, nodes }) => [id, nodes[0]!.html]) }).toEqual({ name, found: [] });
    if (SHOTS === undefined) return;
    mkdirSync(SHOTS, { recursive: true });
    for (const [width, viewport] of [['wide', WIDE] as const, ['narrow', NARROW] as const]) {
      await desk.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await desk.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await desk.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png` });
      }
    }
    await desk.setViewportSize(WIDE);
    await desk.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  };

  it('is asked of agents by an owner who proves that it is still her, and then shows who has none and until when', async () => {
    await signIn(mias, url, MIA);
    await signIn(desk, url, OWNER);
    world.advance({ minutes: 11 });
    await desk.clock.setFixedTime(world.clock.now());
    await desk.goto(`${url}/security`);
    await role('Agent').check();
    await section().getByRole('combobox', { name: 'How long one may do without' }).selectOption('7 days');
    await save();
    await prove(desk);
    await section().getByText('0 of 1 have one · asked since').waitFor();
    const waiting = section().getByRole('list', { name: 'Who has none yet' });
    await waiting.getByText('Mia').waitFor();
    await waiting.getByText(/^until /).waitFor();
    await look('asked');
  });

  it('asks twice before it is asked of oneself, and can be left', async () => {
    await role('Owner').check();
    await save();
    const dialog = desk.getByRole('dialog', { name: 'Ask it of yourself too?' });
    await dialog.getByText('You have 7 days').waitFor();
    await look('oneself');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await role('Owner').uncheck();
  });

  it('leaves an agent who has none nothing but setting one up, in the window that is open, and lets her on once it is there', async () => {
    // The browser's clock is set by hand: behind the moment at which it was asked, nothing would be over yet.
    world.advance({ minutes: 1 });
    await desk.clock.setFixedTime(world.clock.now());
    await section().getByRole('combobox', { name: 'How long one may do without' }).selectOption('Not at all');
    await save();
    await section().getByText('must set one up now').waitFor();
    await mias.getByRole('link', { name: 'All open' }).click();
    await mias.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await mias.goto(`${url}/people`);
    await mias.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await mias.getByRole('button', { name: 'Set up an app' }).click();
    await prove(mias);
    const key = await mias.getByRole('textbox', { name: 'Key', exact: true }).inputValue();
    await mias.getByLabel('Code that the app shows now').fill(codeOf(key, world.clock.now()));
    await mias.getByRole('button', { name: 'Check and switch on' }).click();
    await mias
      .getByRole('button', { name: 'I have kept them' })
      .or(mias.getByRole('button', { name: 'On to the inbox' }))
      .click();
    await mias.waitForURL('**/inbox/**');
    await desk.reload();
    await section().getByText('1 of 1 have one').waitFor();
    await section().getByText('Everybody who must have one has one.').waitFor();
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
