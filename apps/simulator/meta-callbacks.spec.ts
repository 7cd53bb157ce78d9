import { createHmac } from 'node:crypto';
import { ADMINS, DEMO_APP, demoPageToken } from './demo-world.js';
import { APP_TOKEN, errorOf, GraphCaller, LINDEN, SPAAK } from './graph-caller.js';
import { signedRequest } from './meta-callbacks.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

let app: ReceivingApp;
let simulator: Simulator;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0 });
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

/** What the last post carried, taken apart. */
function carried(): { mac: string; payload: string; facts: unknown } {
  const form = new URLSearchParams(app.posts.at(-1)?.body.toString() ?? '');
  const [mac = '', payload = ''] = (form.get('signed_request') ?? '').split('.');
  return { mac, payload, facts: JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown };
}

it('a person who removes the app is told in a signed form, and the tokens that he or she gave die', async () => {
  const answer = await simulator.personRemovesApp(app.url);
  expect(answer).toEqual({ status: 200, body: 'ok' });
  const { mac, payload, facts } = carried();
  expect(app.posts[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  expect(mac).toBe(createHmac('sha256', DEMO_APP.secret).update(payload).digest('base64url'));
  expect(facts).toEqual({ user_id: ADMINS[0].id, algorithm: 'HMAC-SHA256', issued_at: expect.any(Number) as number });
  expect(errorOf(await new GraphCaller(simulator, demoPageToken(DEMO_APP.secret, SPAAK)).get('/me'))).toEqual([401, 190, 458]);
});

it('another person’s pages stay', async () => {
  await simulator.personRemovesApp(app.url, ADMINS[1].id);
  expect((await new GraphCaller(simulator, demoPageToken(DEMO_APP.secret, LINDEN)).get('/me')).status).toBe(200);
});

it('a person who asks for deletion gets to see what the app answered', async () => {
  app.plan = [500];
  expect(await simulator.personAsksDeletion(app.url, '218471')).toEqual({ status: 500, body: 'ok' });
  expect(carried().facts).toMatchObject({ user_id: '218471' });
  expect(await simulator.personAsksDeletion('http://127.0.0.1:1/')).toMatchObject({ status: null });
});

it('a form is signed with the secret it is given, so that a rotated one can be tried', () => {
  const about = { userId: '1', atMs: 0 };
  expect(signedRequest('old', about).split('.')[1]).toBe(signedRequest('new', about).split('.')[1]);
  expect(signedRequest('old', about)).not.toBe(signedRequest('new', about));
});

it('a page’s token tells who gave it, dead or alive', async () => {
  const graph = new GraphCaller(simulator, APP_TOKEN);
  const asked = { input_token: demoPageToken(DEMO_APP.secret, SPAAK) };
  expect((await graph.get('/debug_token', asked)).body.data).toMatchObject({ is_valid: true, user_id: ADMINS[0].id });
  simulator.killPageToken(SPAAK);
  expect((await graph.get('/debug_token', asked)).body.data).toMatchObject({ is_valid: false, user_id: ADMINS[0].id, profile_id: SPAAK });
});
