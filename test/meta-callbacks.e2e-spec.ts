import { createHmac } from 'node:crypto';
import type { Connection } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { placesHolding, rowCounts } from './stores.js';
import { type Tenant, World } from './world.js';

const OLD_SECRET = 'the secret before the rotation';
const GRANTOR = '10160000000004711';
const STRANGER = '10160000000009999';

function signedRequest(personId: string, secret: string = DEMO_APP.secret): string {
  const payload = Buffer.from(JSON.stringify({ user_id: personId, algorithm: 'HMAC-SHA256', issued_at: 1790000000 })).toString('base64url');
  return `${createHmac('sha256', secret).update(payload).digest('base64url')}.${payload}`;
}

interface Deletion {
  url: string;
  confirmation_code: string;
}

/** A person who gave us pages can take that back, and be forgotten; whoever is not Meta cannot pretend it. */
describe('Meta’s word about a person who leaves', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;

  beforeAll(async () => {
    world = await World.open({ FACEBOOK_APP_SECRET: `${DEMO_APP.secret},${OLD_SECRET}`, PUBLIC_URL: 'https://desk.example' });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    await world.rows("update connection set granted_by = $1, state = 'active', problem = null where id = $2", [
      GRANTOR,
      spaak.connectionId,
    ]);
    await world.rows('update route set granted_by = $1 where connection_id = $2', [GRANTOR, spaak.connectionId]);
  });

  const post = (path: string, form: Record<string, string> | string) =>
    fetch(`${world.server.url}/webhooks/messenger/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
  const connectionOf = async (tenant: Tenant) =>
    (await tenant.owner.get<{ items: Connection[] }>('/api/connections')).body.items.find(({ id }) => id === tenant.connectionId)!;
  const status = (code: string, headers: Record<string, string> = {}) => fetch(`${world.server.url}/deletion/${code}`, { headers });

  it.each(['deauthorize', 'data-deletion'])('is not believed at %s unless Meta signed it, and then nothing is written', async (path) => {
    const before = await rowCounts(world);
    const forms = [
      '',
      'signed_request=',
      'signed_request=a.b',
      `signed_request=${'a'.repeat(20_000)}`,
      '%%%',
      new URLSearchParams({ signed_request: signedRequest(GRANTOR, 'guessed') }).toString(),
      new URLSearchParams({ other: signedRequest(GRANTOR) }).toString(),
    ];
    for (const form of forms) {
      const answer = await post(path, form);
      expect({ form: form.slice(0, 40), status: answer.status, body: await answer.json() }).toMatchObject({
        status: 401,
        body: { error: { code: 'bad_signature' } },
      });
    }
    expect((await post(path, 'a'.repeat(1024 * 1024 + 1))).status).toBe(413);
    expect(await rowCounts(world)).toEqual(before);
    expect(await connectionOf(spaak)).toMatchObject({ state: 'active' });
  });

  it.each([DEMO_APP.secret, OLD_SECRET])('breaks what that person granted, and nothing else, with either secret', async (secret) => {
    expect((await post('deauthorize', { signed_request: signedRequest(GRANTOR, secret) })).status).toBe(200);
    expect(await connectionOf(spaak)).toMatchObject({
      state: 'needs_reconnecting',
      problem: expect.stringContaining('Reconnect') as string,
    });
    expect(await connectionOf(linden)).toMatchObject({ state: 'active' });
  });

  it('does not stop what customers write', async () => {
    await post('deauthorize', { signed_request: signedRequest(GRANTOR) });
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'still heard' });
    await world.drain();
    expect((await spaak.owner.get('/api/conversations')).body).toMatchObject({ items: [{ preview: { text: 'still heard' } }] });
  });

  it('is taken calmly about a person whom nobody knows', async () => {
    expect((await post('deauthorize', { signed_request: signedRequest(STRANGER) })).status).toBe(200);
    const answer = (await (await post('data-deletion', { signed_request: signedRequest(STRANGER) })).json()) as Deletion;
    expect(answer.url).toBe(`https://desk.example/deletion/${answer.confirmation_code}`);
    expect(await connectionOf(spaak)).toMatchObject({ state: 'active' });
  });

  describe('and wants to be forgotten', () => {
    let answer: Deletion;

    beforeEach(async () => {
      answer = (await (await post('data-deletion', { signed_request: signedRequest(GRANTOR) })).json()) as Deletion;
    });

    it('erases the person’s number and every token from every store before it answers', async () => {
      expect(await placesHolding(world, GRANTOR)).toEqual([]);
      expect(await world.rows('select sealed_secrets from connection where id = $1', [spaak.connectionId])).toEqual([
        { sealed_secrets: null },
      ]);
      expect(await connectionOf(spaak)).toMatchObject({ state: 'needs_reconnecting' });
      expect(await connectionOf(linden)).toMatchObject({ state: 'active' });
    });

    it('gives each request a code of its own that is kept as a digest alone', async () => {
      const other = (await (await post('data-deletion', { signed_request: signedRequest(GRANTOR) })).json()) as Deletion;
      expect(other.confirmation_code).not.toBe(answer.confirmation_code);
      expect(await placesHolding(world, answer.confirmation_code)).toEqual([]);
    });

    it('shows its state to whoever has the code, in the reader’s language, without a cookie or a script', async () => {
      const english = await status(answer.confirmation_code);
      expect(english.status).toBe(200);
      expect(english.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(english.headers.get('set-cookie')).toBeNull();
      expect(english.headers.get('content-security-policy')).toContain("default-src 'none'");
      const page = await english.text();
      expect(page).toContain('Done on');
      expect(page).not.toContain('<script');
      expect(await (await status(answer.confirmation_code, { 'accept-language': 'nl-NL' })).text()).toContain('Uitgevoerd op');
    });

    it('shows nothing for a code that was never given', async () => {
      for (const code of ['x', 'A'.repeat(22), '<script>', '%00', 'a'.repeat(400)]) {
        const page = await status(encodeURIComponent(code));
        expect(page.status).toBe(404);
        expect(await page.text()).not.toContain(code === 'x' ? '<script' : code);
      }
    });

    it('is forgotten itself after a year', async () => {
      await world.rows("update deletion_request set received_at = received_at - interval '366 days'");
      await world.rows("select graphile_worker.add_job('sweep-deletion-requests')");
      await world.drain();
      expect((await status(answer.confirmation_code)).status).toBe(404);
    });
  });
});
