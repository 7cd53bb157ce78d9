import { createHmac } from 'node:crypto';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { rowCounts } from './stores.js';
import { World } from './world.js';

const OLD_SECRET = 'the secret before the rotation';

/** Only what Meta signed comes in, and only Meta's own question is answered. */
describe('the Messenger door', () => {
  let world: World;
  let door: string;

  beforeAll(async () => {
    world = await World.open({ FACEBOOK_APP_SECRET: `${DEMO_APP.secret},${OLD_SECRET}` });
    await world.tenant(0);
    door = `${world.server.url}/webhooks/messenger`;
  });
  afterAll(() => world.close());

  const post = (body: Buffer, signature: string) =>
    knock(door, { body, headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature } });

  describe('signatures', () => {
    const body = Buffer.from('{"object":"page","entry":[]}');
    const right = metaSignature(DEMO_APP.secret, body);
    it.each<[string, Record<string, string>]>([
      ['none at all', {}],
      ['an empty one', { 'x-hub-signature-256': '' }],
      ['one made with another secret', { 'x-hub-signature-256': metaSignature('not the secret', body) }],
      ['one made with an empty secret', { 'x-hub-signature-256': metaSignature('', body) }],
      ['a truncated one', { 'x-hub-signature-256': right.slice(0, -1) }],
      ['one that is too long', { 'x-hub-signature-256': `${right}0` }],
      ['one in capitals', { 'x-hub-signature-256': `sha256=${right.slice(7).toUpperCase()}` }],
      ['one without its prefix', { 'x-hub-signature-256': right.slice(7) }],
      ['one that names another algorithm', { 'x-hub-signature-256': right.replace('sha256', 'sha1') }],
      ['the right one of another body', { 'x-hub-signature-256': metaSignature(DEMO_APP.secret, Buffer.from('{"object":"page"}')) }],
      ['only the old SHA-1 kind', { 'x-hub-signature': `sha1=${createHmac('sha1', DEMO_APP.secret).update(body).digest('hex')}` }],
    ])('refuses %s with 401 and stores nothing', async (_name, headers) => {
      const before = await rowCounts(world);
      const answer = await knock(door, { body, headers: { 'content-type': 'application/json', ...headers } });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'bad_signature' } });
      expect(await rowCounts(world)).toEqual(before);
    });

    it('refuses the signature of the same JSON written anew: it is over bytes', async () => {
      const sent = Buffer.from('{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"x":"\\u00e9\\/"}]}]}');
      const rewritten = Buffer.from(JSON.stringify(JSON.parse(sent.toString())));
      const before = await rowCounts(world);
      expect((await post(sent, metaSignature(DEMO_APP.secret, rewritten))).status).toBe(401);
      expect(await rowCounts(world)).toEqual(before);
    });

    it.each([DEMO_APP.secret, OLD_SECRET])('takes a delivery signed with either secret while they are being rotated', async (secret) => {
      const signed = Buffer.from(`{"object":"page","entry":[],"signed":"with ${secret}"}`);
      expect((await post(signed, metaSignature(secret, signed))).status).toBe(200);
      expect(await world.rows('select 1 from delivery where body = $1', [signed])).toHaveLength(1);
    });
  });

  describe('the verification question', () => {
    const ask = (query: Record<string, string>) => knock(`${door}?${new URLSearchParams(query).toString()}`, { method: 'GET' });
    const right = { 'hub.mode': 'subscribe', 'hub.verify_token': DEMO_APP.verifyToken, 'hub.challenge': '1158201444' };

    it('is answered with the bare challenge, as plain text', async () => {
      const answer = await ask(right);
      expect(answer).toMatchObject({ status: 200, body: '1158201444' });
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    });

    it.each<[string, Record<string, string>]>([
      ['a wrong token', { ...right, 'hub.verify_token': 'guessed' }],
      ['an empty token', { ...right, 'hub.verify_token': '' }],
      ['another mode', { ...right, 'hub.mode': 'unsubscribe' }],
      ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': DEMO_APP.verifyToken }],
      ['a challenge that is a page of HTML', { ...right, 'hub.challenge': '<script>alert(1)</script>' }],
      ['nothing at all', {}],
    ])('is refused with %s', async (_name, query) => {
      const answer = await ask(query);
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain('<script>');
    });
  });
});

describe('the Messenger door of an installation without a Meta app', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ FACEBOOK_APP_SECRET: '', FACEBOOK_VERIFY_TOKEN: '' });
  });
  afterAll(() => world.close());

  it('refuses every signature, the empty secret’s too', async () => {
    const body = Buffer.from('{"object":"page","entry":[]}');
    const before = await rowCounts(world);
    for (const secret of ['', DEMO_APP.secret, 'undefined', 'null']) {
      const answer = await knock(`${world.server.url}/webhooks/messenger`, {
        body,
        headers: { 'x-hub-signature-256': metaSignature(secret, body) },
      });
      expect(answer.status).toBe(401);
    }
    expect(await rowCounts(world)).toEqual(before);
  });

  it.each(['', 'undefined', 'null'])('matches no verify token, "%s" neither', async (token) => {
    const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1' });
    expect((await knock(`${world.server.url}/webhooks/messenger?${query.toString()}`, { method: 'GET' })).status).toBe(403);
  });
});
