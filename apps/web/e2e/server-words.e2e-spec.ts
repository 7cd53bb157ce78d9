import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { type Permission, PERMISSIONS } from '#accounts';
import type { Page as List, ConversationRow } from '#contract';
import { openBrowser, type TestBrowser } from '../../../test/browser.js';
import { until } from '../../../test/killable-server.js';
import { type Tenant, World } from '../../../test/world.js';
import { signIn, SOON_MS } from './desk.js';
import { englishWords } from './words.js';

const ROOMS = ['accounts', 'channels', 'channels/email', 'channels/messenger', 'platform/http', 'policies', 'ticketing'];

/** Codes that no agent ever reads: of doors for programs and vendors, of screens that show their fields instead, and of logs. */
const NOT_FOR_AGENTS = new Set([
  'too_many_requests',
  'bad_idempotency_key',
  'bad_cursor',
  'bad_signature',
  'choose_tenant',
  'database_is_newer',
  'empty',
  'erased_before',
  'intake_full',
  'no_mail',
  'not_checked',
  'not_confirmed',
  'unsupported_media_type',
  'wrong_verify_token',
  // Read when the browser comes back from a login, by the words of that: `loginRefused`, `mailLoginRefused`.
  'access_denied',
  'bad_state',
  'expired_state',
  'mail_login_refused',
  'mail_login_unavailable',
  'mail_scope_missing',
  'no_pages',
  'used_state',
]);

/** Every code of `new Refusal(kind, code, …)` in the rooms, by reading them. */
async function refusalCodes(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const room of ROOMS) {
    for (const name of await readdir(join('libs', room))) {
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const source = await readFile(join('libs', room, name), 'utf8');
      for (const [, code = ''] of source.matchAll(/new Refusal\(\s*[^,]+,\s*'([a-z_]+)'/g)) found.add(code);
    }
  }
  return found;
}

/** What the server says of itself it says in English; the desk says it in the agent's language, by its code. */
describe('the words of the server', () => {
  let world: World;
  let browser: TestBrowser;
  let spaak: Tenant;
  let context: BrowserContext;
  let desk: Page;

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
    browser = await openBrowser();
    context = await browser.context({ locale: 'nl-NL', viewport: { width: 1440, height: 1000 } });
    desk = await context.newPage();
    expect((await spaak.owner.patch('/api/profile', { locale: 'nl' })).status).toBe(200);
    await signIn(desk, world.server.url, spaak.ownerEmail);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('are in the tables of words for every refusal that an agent can read', async () => {
    const known = new Set((await englishWords()).flatMap(({ error }) => Object.keys(error ?? {})));
    const codes = await refusalCodes();
    expect(codes.size).toBeGreaterThan(50);
    expect([...codes].filter((code) => !known.has(code) && !NOT_FOR_AGENTS.has(code))).toEqual([]);
  });

  it('are there for every permission, for whoever makes a role or a key', async () => {
    const known = new Set((await englishWords()).flatMap(({ permissions }) => Object.keys(permissions ?? {})));
    const own: Permission = 'session:own';
    const offered = Object.keys(PERMISSIONS).filter((permission) => permission !== own);
    expect([...known].sort()).toEqual(offered.map((permission) => permission.replace(':', '_')).sort());
  });

  it('of a mailbox that is refused stand at its directions in Dutch, with what to do', async () => {
    await desk.goto(`${world.server.url}/connections`);
    await desk.locator('input[type="email"]').fill('verkoop@nergens.example');
    await desk.getByRole('button', { name: 'Verder' }).click();
    await desk.getByRole('textbox', { name: 'Server' }).first().fill('127.0.0.1');
    await desk.getByRole('textbox', { name: 'Poort' }).first().fill('1');
    await desk.getByRole('combobox').first().selectOption('none');
    await desk.locator('input[type="password"]:visible').first().fill('geheim');
    await desk.getByRole('switch').last().check();
    await desk.getByRole('textbox', { name: 'Server' }).last().fill('geen server');
    await desk.getByRole('button', { name: 'Mailbox verbinden' }).click();
    const tried = desk.getByRole('list', { name: 'Wat er geprobeerd is' });
    await tried.getByText('Dit is geen adres van een mailserver. Het ziet eruit als “mail.example.com”.').waitFor();
    await desk.getByRole('textbox', { name: 'Server' }).last().fill('127.0.0.1');
    await desk.getByRole('textbox', { name: 'Poort' }).last().fill('1');
    await desk.getByRole('combobox').last().selectOption('none');
    await desk.getByRole('button', { name: 'Mailbox verbinden' }).click();
    await tried.getByText(/^De server voor inkomende mail is op dit adres en deze poort niet te bereiken.*993 met TLS/).waitFor();
    await tried.getByText(/^De server voor uitgaande mail is op dit adres en deze poort niet te bereiken.*465 met TLS/).waitFor();
    expect(await tried.innerText()).not.toMatch(/mail server|cannot/);
  });

  it('of folders that cannot be looked up are Dutch too', async () => {
    await desk.getByRole('button', { name: 'Kijken welke mappen er zijn' }).click();
    await desk.getByRole('alert').filter({ hasText: 'De server voor inkomende mail is op dit adres' }).waitFor();
  });

  it('of a connection that is broken are Dutch on its card', async () => {
    const { items } = (await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all')).body;
    expect(items).toEqual([]);
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'Hallo' });
    await until('she is heard', SOON_MS, async () => {
      const { body } = await spaak.owner.get<List<ConversationRow>>('/api/conversations?view=all');
      items.push(...body.items);
      return items.length > 0;
    });
    world.simulator.killPageToken(spaak.page.id);
    await spaak.owner.post(`/api/conversations/${items[0]!.id}/replies`, { text: 'Dag' });
    await desk.goto(`${world.server.url}/connections/${spaak.connectionId}`);
    await desk.getByText(/^Facebook accepteert de verbinding met deze pagina niet meer\. Verbind haar opnieuw: tot dan/).waitFor();
  });

  it('broke no rule and asked no other host for anything', () => {
    expect(browser.problems).toEqual([]);
  });
});
