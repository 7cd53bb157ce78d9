import { ADMINS, DEMO_APP, demoPageToken } from './demo-world.js';
import { APP_TOKEN, errorOf, GraphCaller, MUSEUM, SANNE, SPAAK, type GraphAnswer } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const BACK = 'http://127.0.0.1:3000/back';

let simulator: Simulator;
let graph: GraphCaller;

beforeEach(async () => {
  simulator = await startSimulator({ port: 0 });
  graph = new GraphCaller(simulator);
});
afterEach(() => simulator.close());

async function choose(choice: 'allow' | 'deny', more: Record<string, string> = {}, person?: string): Promise<URL> {
  const asked = { client_id: DEMO_APP.id, redirect_uri: BACK, state: 's"<1>', response_type: 'code', ...more };
  const dialog = await fetch(`${simulator.graphUrl}/v26.0/dialog/oauth?${new URLSearchParams(asked).toString()}`);
  const html = await dialog.text();
  const form = new URLSearchParams({ choice, ...(person === undefined ? {} : { person }) });
  for (const [, name = '', value = ''] of html.matchAll(/name="(\w+)" value="([^"]*)"/g)) {
    if (name !== 'choice') form.append(name, value.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>'));
  }
  const answer = await fetch(`${simulator.graphUrl}/v26.0/dialog/oauth`, { method: 'POST', body: form, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '');
}

function exchange(values: Record<string, string>): Promise<GraphAnswer> {
  graph.token = '';
  return graph.get('/oauth/access_token', { client_id: DEMO_APP.id, client_secret: DEMO_APP.secret, ...values });
}

async function userToken(more: Record<string, string> = {}, person?: string): Promise<string> {
  const code = (await choose('allow', more, person)).searchParams.get('code') ?? '';
  return (await exchange({ redirect_uri: BACK, code })).body.access_token as string;
}

describe('the login dialog', () => {
  it('takes a code and the state back to the app, exactly', async () => {
    const back = await choose('allow');
    expect([back.origin + back.pathname, back.searchParams.get('state'), back.hash]).toEqual([BACK, 's"<1>', '#_=_']);
    expect(back.searchParams.get('code')).toMatch(/^AQ[\w-]{80}$/);
  });

  it('says so when the person refuses', async () => {
    const { searchParams } = await choose('deny');
    expect(Object.fromEntries(searchParams)).toMatchObject({ error: 'access_denied', error_code: '200', error_reason: 'user_denied' });
    expect(searchParams.has('code')).toBe(false);
  });

  it('is shown only to its own app, and leads nowhere but to a web address', async () => {
    for (const asked of [
      { client_id: '1', redirect_uri: BACK },
      { client_id: DEMO_APP.id, redirect_uri: 'javascript:alert(1)' },
    ]) {
      const answer = await fetch(`${simulator.graphUrl}/v26.0/dialog/oauth?${new URLSearchParams(asked).toString()}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });
});

describe('tokens', () => {
  it('a code buys one token, at the same address, with the right secret', async () => {
    const code = (await choose('allow')).searchParams.get('code') ?? '';
    expect(errorOf(await exchange({ redirect_uri: BACK, code, client_secret: 'wrong' }))[1]).toBe(100);
    expect((await exchange({ redirect_uri: BACK, code })).body).toMatchObject({ token_type: 'bearer', expires_in: 7200 });
    expect(errorOf(await exchange({ redirect_uri: BACK, code }))[1]).toBe(100);
    const other = (await choose('allow')).searchParams.get('code') ?? '';
    expect(errorOf(await exchange({ redirect_uri: `${BACK}/`, code: other }))[1]).toBe(100);
  });

  it('a short token buys a long one, and both expire by the clock', async () => {
    const short = await userToken();
    const { body } = await exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: short });
    expect(body.expires_in).toBe(60 * 86_400);
    simulator.clock.advance({ hours: 3 });
    graph.token = short;
    expect(errorOf(await graph.get('/me/accounts'))).toEqual([401, 190, 463]);
    graph.token = body.access_token as string;
    expect((await graph.get('/me/accounts')).status).toBe(200);
  });

  it('the pages come in parts, the last one without the right to answer', async () => {
    graph.token = await userToken();
    const first = await graph.get('/me/accounts', { fields: 'id,name,access_token,tasks', limit: '100' });
    const next = (first.body.paging as { next: string }).next;
    const second = (await (await fetch(next)).json()) as { data: { id: string; tasks: string[] }[]; paging: object };
    expect(first.body.data).toMatchObject([{ id: SPAAK, access_token: demoPageToken(DEMO_APP.secret, SPAAK) }, {}]);
    expect(second.data.map(({ id, tasks }) => [id, tasks.includes('MESSAGING')])).toEqual([[MUSEUM, false]]);
    expect(second.paging).not.toHaveProperty('next');
  });

  it('a dead page token is refused everywhere, explained by debug_token, and replaced by the next login', async () => {
    const dead = graph.token;
    simulator.killPageToken(SPAAK, 460);
    expect(errorOf(await graph.get('/me'))).toEqual([401, 190, 460]);
    graph.token = APP_TOKEN;
    const { body } = await graph.get('/debug_token', { input_token: dead });
    expect(body.data).toMatchObject({ is_valid: false, error: { code: 190, subcode: 460 } });
    graph.token = await userToken();
    const [page] = (await graph.get('/me/accounts')).body.data as { access_token: string }[];
    expect(page?.access_token).not.toBe(dead);
    graph.token = page?.access_token ?? '';
    expect((await graph.get('/me')).body).toEqual({ id: SPAAK, name: 'Spaak Bikes' });
  });

  it('debug_token says what a living page token is', async () => {
    const inputToken = graph.token;
    graph.token = APP_TOKEN;
    const { body } = await graph.get('/debug_token', { input_token: inputToken });
    expect(body.data).toMatchObject({ app_id: DEMO_APP.id, type: 'PAGE', is_valid: true, expires_at: 0, profile_id: SPAAK });
  });
});

describe('who gave what', () => {
  const meaningOf = async (token: string): Promise<Record<string, unknown>> => {
    graph.token = APP_TOKEN;
    return (await graph.get('/debug_token', { input_token: token })).body.data as Record<string, unknown>;
  };

  it('the person who is signed in is the one the token and the pages know, under an app-scoped id', async () => {
    const token = await userToken({ config_id: '77' }, ADMINS[1].id);
    graph.token = token;
    expect((await graph.get('/me')).body).toEqual(ADMINS[1]);
    const [page] = (await graph.get('/me/accounts')).body.data as { access_token: string }[];
    const meaning = await meaningOf(page?.access_token ?? '');
    expect(meaning).toMatchObject({
      type: 'PAGE',
      user_id: ADMINS[1].id,
      scopes: expect.arrayContaining(['pages_manage_engagement']) as unknown,
    });
  });

  it('what was not asked for is not granted', async () => {
    graph.token = await userToken({ scope: 'pages_show_list,pages_messaging' });
    const [page] = (await graph.get('/me/accounts')).body.data as { access_token: string }[];
    const token = page?.access_token ?? '';
    expect((await meaningOf(token)).scopes).toEqual(['pages_show_list', 'pages_messaging']);
    graph.token = token;
    expect(errorOf(await graph.post('/me/subscribed_apps', { subscribed_fields: 'messages' }))).toEqual([403, 200, undefined]);
  });

  it('a page on which one may answer but not moderate can be read and not connected', async () => {
    simulator.setPage(SPAAK, { tasks: ['ANALYZE', 'MESSAGING'] });
    expect(errorOf(await graph.post('/me/subscribed_apps', { subscribed_fields: 'messages' }))).toEqual([403, 200, undefined]);
  });

  it('many pages come in many parts', async () => {
    for (let index = 0; index < 25; index += 1)
      simulator.addPage({
        id: `20000000000000${String(index + 10)}`,
        name: `Page ${index}`,
        category: 'Shop',
        mailAddress: null,
        tasks: ['MESSAGING'],
        posts: [],
        customers: [],
      });
    graph.token = await userToken();
    let part = (await graph.get('/me/accounts', { limit: '100' })).body as { data: object[]; paging: { next?: string } };
    let count = part.data.length;
    while (part.paging.next !== undefined) {
      part = (await (await fetch(part.paging.next)).json()) as typeof part;
      count += part.data.length;
    }
    expect(count).toBe(28);
  });
});

describe('subscriptions', () => {
  it('a page is subscribed to what was asked for last, until it is not', async () => {
    const path = `/${SPAAK}/subscribed_apps`;
    expect((await graph.get(path)).body).toEqual({ data: [] });
    expect((await graph.post(path, { subscribed_fields: 'messages,message_echoes' })).body).toEqual({ success: true });
    expect((await graph.post(path, { subscribed_fields: ['messages', 'feed'] })).body).toEqual({ success: true });
    expect((await graph.get(path)).body).toMatchObject({ data: [{ id: DEMO_APP.id, subscribed_fields: ['messages', 'feed'] }] });
    await graph.delete(path);
    expect((await graph.get(path)).body).toEqual({ data: [] });
  });

  it('one wrong field fails the whole call', async () => {
    const answer = await graph.post(`/${SPAAK}/subscribed_apps`, { subscribed_fields: 'messages,mesages' });
    expect(errorOf(answer)).toEqual([400, 100, undefined]);
    expect(simulator.pages[0]?.subscribedFields).toBeNull();
  });

  it('a page without the task MESSAGING cannot be subscribed', async () => {
    graph.token = demoPageToken(DEMO_APP.secret, MUSEUM);
    expect(errorOf(await graph.post('/me/subscribed_apps', { subscribed_fields: 'messages' }))).toEqual([403, 200, undefined]);
  });

  it('the app’s address is taken only when it answers the challenge', async () => {
    const app = await ReceivingApp.start();
    graph.token = APP_TOKEN;
    const values = { object: 'page', callback_url: app.url, fields: 'messages', include_values: 'true' };
    const path = `/${DEMO_APP.id}/subscriptions`;
    expect(errorOf(await graph.post(path, { ...values, verify_token: 'wrong' }))).toEqual([400, 2200, undefined]);
    expect(simulator.webhookUrl).toBeNull();
    expect((await graph.post(path, { ...values, verify_token: app.verifyToken })).body).toEqual({ success: true });
    expect(simulator.webhookUrl).toBe(app.url);
    expect((await graph.get(path)).body).toMatchObject({ data: [{ object: 'page', callback_url: app.url, active: true }] });
    await app.close();
  });
});

describe('looking up', () => {
  it('a person is known to the page once he or she wrote', async () => {
    expect(errorOf(await graph.get(`/${SANNE}`))).toEqual([400, 100, 33]);
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    const { body } = await graph.get(`/${SANNE}`, { fields: 'id,name,first_name,last_name,profile_pic' });
    expect(body).toMatchObject({ id: SANNE, name: 'Sanne de Wit', first_name: 'Sanne', last_name: 'de Wit' });
    const picture = await fetch(body.profile_pic as string);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
  });

  it('a field that needs a permission of its own fails the call', async () => {
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    expect(errorOf(await graph.get(`/${SANNE}`, { fields: 'name,locale' }))).toEqual([400, 100, 2018247]);
  });

  it('what was said while nobody listened can be read afterwards, newest first, the 20 newest in full', async () => {
    for (let index = 1; index <= 22; index += 1) await simulator.customerSays(SANNE, { text: `bericht ${index}` });
    const fields = 'id,updated_time,participants,messages.limit(30){id,created_time,from,to,message,attachments}';
    const { body } = await graph.get(`/${SPAAK}/conversations`, { platform: 'messenger', user_id: SANNE, fields });
    const [thread] = body.data as { messages: { data: { message?: string; from?: object; created_time: string }[] } }[];
    const messages = thread?.messages.data ?? [];
    expect(messages[0]).toMatchObject({ message: 'bericht 22', from: { id: SANNE } });
    expect(messages.map((message) => 'message' in message)).toEqual([...Array<boolean>(20).fill(true), false, false]);
    expect(messages[0]?.created_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  });

  it('an unknown path is told in the API’s own error form', async () => {
    const answer = await graph.get('/me/feelings');
    expect(errorOf(answer)).toEqual([400, 2500, undefined]);
  });

  it('answers in the same ASCII form as webhooks', async () => {
    await simulator.customerSays('24680135790246823', { text: 'Hola' });
    const answer = await fetch(`${simulator.graphUrl}/v26.0/24680135790246823?fields=name&access_token=${graph.token}`);
    expect(await answer.text()).toContain('Tom\\u00e1s Herrera');
  });
});
