import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_APP, demoPageToken } from './demo-world.js';
import { GraphCaller, SANNE, SPAAK } from './graph-caller.js';
import { safeFileName } from './media.js';
import { ReceivingApp } from './receiving-app.js';
import { readSimulatorEnv } from './simulator-env.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const picture = { kind: 'image', name: 'rek.png', mediaType: 'image/png', content: Buffer.from('pretend picture') } as const;

async function pictureUrl(simulator: Simulator): Promise<string> {
  const graph = new GraphCaller(simulator);
  const fields = 'messages{attachments}';
  const { body } = await graph.get('/me/conversations', { fields });
  const [thread] = body.data as { messages: { data: { attachments: { data: { image_data: { url: string } }[] } }[] } }[];
  return thread?.messages.data[0]?.attachments.data[0]?.image_data.url ?? '';
}

describe('media addresses', () => {
  let simulator: Simulator;
  let url: string;

  beforeEach(async () => {
    simulator = await startSimulator({ port: 0 });
    await simulator.customerSays(SANNE, { attachments: [picture] });
    url = await pictureUrl(simulator);
  });
  afterEach(() => simulator.close());

  it('serve the bytes for four days, by the simulator’s clock, then 403', async () => {
    expect(await (await fetch(url)).text()).toBe('pretend picture');
    simulator.clock.advance({ days: 3, hours: 23 });
    expect((await fetch(url)).status).toBe(200);
    simulator.clock.advance({ hours: 3 });
    expect((await fetch(url)).status).toBe(403);
  });

  it('cannot be stretched or turned into another file’s', async () => {
    const later = url.replace(/oe=[0-9a-f]+/, 'oe=7fffffff');
    expect((await fetch(later)).status).toBe(403);
    expect((await fetch(url.replace(/media\/\w+\//, 'media/sticker-thumb/'))).status).toBe(403);
  });

  it('never let a sent file run in the simulator’s own page', async () => {
    await simulator.customerSays(SANNE, {
      attachments: [{ kind: 'file', name: 'x.html', mediaType: 'text/html', content: Buffer.from('<script>') }],
    });
    const { headers } = await fetch((await pictureUrlOfFile(simulator)) ?? '');
    expect([headers.get('content-disposition'), headers.get('content-security-policy')]).toEqual([
      'attachment',
      "default-src 'none'; sandbox",
    ]);
  });

  it('carry names without paths or hidden directions', () => {
    expect(safeFileName('../../etc/\u202egnp.exe')).not.toMatch(/[/\\\u202e]|^\./);
    expect(safeFileName('')).toBe('file');
  });
});

async function pictureUrlOfFile(simulator: Simulator): Promise<string | undefined> {
  const { body } = await new GraphCaller(simulator).get('/me/conversations', { fields: 'messages{attachments}' });
  const [thread] = body.data as { messages: { data: { attachments: { data: { file_url?: string }[] } }[] } }[];
  return thread?.messages.data[0]?.attachments.data[0]?.file_url;
}

describe('a restart', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('finds threads, files, subscriptions, tokens, mailboxes and mails again', async () => {
    const app = await ReceivingApp.start();
    const first = await startSimulator({ port: 0, dataDir: folder, webhookUrl: app.url });
    first.subscribePage(SPAAK);
    first.killPageToken(SPAAK);
    first.revivePageToken(SPAAK);
    first.connectMailbox({ address: 'help@spaak.example', webhookUrl: app.url, secret: 's' });
    const said = await first.customerSays(SANNE, { text: 'Nog hier?', attachments: [picture] });
    await first.sendMail({ from: 'sanne@mail.example', to: 'help@spaak.example', subject: 'Ook hier?', text: 'x' });
    await first.close();

    const second = await startSimulator({ port: 0, dataDir: folder });
    expect(second.customers[0]?.messages).toEqual([said]);
    expect(second.webhookUrl).toBe(app.url);
    expect(await (await fetch(await pictureUrl(second))).text()).toBe('pretend picture');
    await second.sendMail({ from: 'sanne@mail.example', to: 'help@spaak.example', subject: 'Nog eens', text: 'x' });
    const again = await second.customerSays(SANNE, { text: 'Ja' });
    expect(again.mid).not.toBe(said.mid);
    expect(app.posts).toHaveLength(4);
    await second.close();
    await app.close();
  });

  it('finds posts, comments, and who has a thread again', async () => {
    const first = await startSimulator({ port: 0, dataDir: folder });
    const post = await first.pagePosts(SPAAK, 'Nieuw!');
    const comment = await first.customerComments(SANNE, { text: 'Mooi', postId: post.id, photo: true });
    await first.customerSays(SANNE, { text: 'Hoi' });
    await first.otherAppTakesThread(SANNE);
    await first.close();
    const second = await startSimulator({ port: 0, dataDir: folder });
    expect(second.comments).toEqual([comment]);
    expect(second.posts.filter((one) => one.id === post.id)).toEqual([post]);
    const graph = new GraphCaller(second);
    expect((await graph.say('Mag dit?')).status).toBe(403);
    await second.close();
  });

  it('reads the world of an older simulator, which knew neither posts nor most of what a message can be', async () => {
    const message = { mid: 'm_old', from: 'customer', atMs: Date.now(), text: 'Oud', attachments: [], quickReplies: [], edits: [] };
    const customer = { psid: SANNE, messages: [message], lastActAtMs: message.atMs, pageSeenAtMs: null };
    const page = { id: SPAAK, tokenGeneration: 0, deadTokens: {}, subscribedFields: ['messages'] };
    const world = { pages: [page], customers: [customer] };
    writeFileSync(join(folder, 'world.json'), JSON.stringify({ version: 1, webhookUrl: null, world, media: [], mails: [], routes: [] }));
    const simulator = await startSimulator({ port: 0, dataDir: folder });
    expect(simulator.customers[0]?.messages[0]).toMatchObject({ text: 'Oud', cards: [], unsentAtMs: null });
    expect((await new GraphCaller(simulator).say('Nog steeds')).status).toBe(200);
    expect(simulator.pages[0]).toMatchObject({ subscribedFields: ['messages'], humanAgent: true });
    await simulator.close();
  });

  it('puts a broken file aside, says so, and begins anew', async () => {
    writeFileSync(join(folder, 'world.json'), '{"version":1,"wor');
    const problems: string[] = [];
    const simulator = await startSimulator({ port: 0, dataDir: folder, onProblem: (problem) => problems.push(String(problem)) });
    await simulator.close();
    expect(problems).toEqual([expect.stringContaining('world.json.broken')]);
    expect(readdirSync(folder).sort()).toEqual(['media', 'world.json', 'world.json.broken']);
    expect(JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8'))).toMatchObject({ version: 1 });
  });
});

describe('the control API', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator({ port: 0 });
  });
  afterEach(() => simulator.close());

  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${simulator.url}/sim/api${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('plays every act of a customer', async () => {
    const { mid } = (await (await ask('POST', `/customers/${SANNE}/messages`, { text: 'Hoi' })).json()) as { mid: string };
    await ask('POST', `/customers/${SANNE}/edits`, { mid, text: 'Hallo' });
    await ask('POST', `/customers/${SANNE}/messages`, { samplePhoto: true });
    await ask('POST', `/customers/${SANNE}/messages`, { sticker: true });
    await ask('POST', '/inbox', { customerId: SANNE, text: 'Antwoord' });
    const answer = simulator.messagesSeenBy(SANNE)[0];
    await ask('POST', `/customers/${SANNE}/reactions`, { mid: answer?.mid, emoji: '❤️' });
    await ask('POST', `/customers/${SANNE}/seen`);
    expect(simulator.customers[0]?.messages).toMatchObject([
      { text: 'Hallo', edits: [{ text: 'Hallo' }] },
      { attachments: [{ kind: 'image' }] },
      { attachments: [{ kind: 'sticker' }] },
      { text: 'Antwoord', customerReaction: '❤️', readAtMs: expect.any(Number) as number },
    ]);
  });

  it('plays what happens around the thread and below the posts', async () => {
    const acts: [string, unknown][] = [
      ['shares', { what: 'location' }],
      ['messages', { unsupported: true }],
      ['started', {}],
      ['postbacks', { title: 'Prijzen', payload: 'PRICES' }],
      ['comings', { source: 'SHORTLINK', ref: 'x' }],
      ['optins', { kind: 'stop_notifications' }],
      ['linking', { linked: true }],
      ['feedback', { score: 4 }],
      ['forms', { city: 'Utrecht' }],
      ['orders', { products: [{ id: '1', name: 'Bel', unit_price: 9.95, currency: 'EUR', quantity: 1 }] }],
      ['events', {}],
      ['thread', { act: 'take' }],
      ['thread', { act: 'give_back' }],
      ['thread', { act: 'ask' }],
      ['thread', { act: 'release' }],
      ['comments', { text: 'Mooi' }],
    ];
    for (const [path, body] of acts) expect([path, (await ask('POST', `/customers/${SANNE}/${path}`, body)).status]).toEqual([path, 200]);
    const { id = '', postId = '' } = simulator.comments[0] ?? {};
    await ask('PUT', `/comments/${id}`, { text: 'Heel mooi', hidden: true });
    expect(simulator.comments[0]).toMatchObject({ text: 'Heel mooi', isHidden: true });
    await ask('POST', `/posts/${postId}/likes`, { customerId: SANNE });
    await ask('POST', `/pages/${SPAAK}/comments`, { text: 'Dank u', parentId: id });
    await ask('POST', `/pages/${SPAAK}/posts`, { text: 'Nieuw!' });
    await ask('DELETE', `/comments/${id}`);
    expect(simulator.comments.map((comment) => comment.isRemoved)).toEqual([true, true]);
    await ask('POST', `/pages/${SPAAK}/restrictions`, { action: 'block' });
    await ask('PUT', `/pages/${SPAAK}/settings`, { humanAgent: false, defaultAppId: null });
    expect(simulator.pages[0]).toMatchObject({ isBlocked: true, humanAgent: false, defaultAppId: null });
    await ask('POST', '/faults', { name: 'limit_app', times: 1 });
    expect((await new GraphCaller(simulator).get('/me')).body).toMatchObject({ error: { code: 4 } });
    const answer = await ask('POST', '/callbacks', { kind: 'deletion', url: 'http://127.0.0.1:1/' });
    expect(await answer.json()).toMatchObject({ status: null });
  });

  it('shows its state without a token or a secret in it', async () => {
    simulator.connectMailbox({ address: 'help@spaak.example', webhookUrl: 'http://127.0.0.1:1/', secret: 'inbound-secret' });
    const text = await (await ask('GET', '/state')).text();
    expect(text).toContain('Sanne de Wit');
    for (const secret of [DEMO_APP.secret, demoPageToken(DEMO_APP.secret, SPAAK), 'inbound-secret']) expect(text).not.toContain(secret);
  });

  it('moves the clock, sets weather, faults, behaviour and addresses', async () => {
    await ask('PUT', '/clock', { now: '2030-01-01T00:00:00.000Z', advanceMs: 60_000 });
    expect(simulator.clock.now().toISOString().slice(0, 16)).toBe('2030-01-01T00:01');
    expect((await ask('PUT', '/weather', { weather: ['facebook_down'] })).status).toBe(200);
    expect((await new GraphCaller(simulator).get('/me')).status).toBe(503);
    await ask('PUT', '/faults', { graph: [] });
    expect((await new GraphCaller(simulator).get('/me')).status).toBe(200);
    await ask('PUT', `/pages/${SPAAK}/token`, { alive: false });
    expect((await new GraphCaller(simulator).get('/me')).status).toBe(401);
    await ask('PUT', '/behaviour', { echo: { fromMs: 0, toMs: 10 } });
    expect(simulator.behaviour.echo).toEqual({ fromMs: 0, toMs: 10 });
    const answer = await ask('PUT', '/webhook', { url: 'http://127.0.0.1:1/hook', verify: true });
    expect(await answer.json()).toEqual({ problem: expect.stringContaining('could not be reached') as string });
  });

  it('says what is wrong with a request, and stays well', async () => {
    for (const [method, path, body] of [
      ['PUT', '/weather', { weather: ['frogs'] }],
      ['PUT', '/faults', { delivery: { batchSize: 1001 } }],
      ['POST', '/customers/1/messages', { text: 'Hoi' }],
      ['POST', `/customers/${SANNE}/messages`, {}],
      ['POST', '/mails', { from: 'sanne@mail.example', text: 'x' }],
    ] as const) {
      const answer = await ask(method, path, body);
      expect([answer.status, await answer.json()]).toEqual([400, { error: { code: 'invalid', message: expect.any(String) as string } }]);
    }
    expect((await ask('GET', '/state')).status).toBe(200);
  });

  it('does not obey another site that is open in the same browser', async () => {
    expect((await ask('POST', '/retry', {}, { Origin: 'https://evil.example' })).status).toBe(403);
  });

  it('tells open pages that something changed', async () => {
    const answer = await ask('GET', '/events');
    const lines: string[] = [];
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<void> => {
      const { value } = await reader.read();
      lines.push(Buffer.from(value ?? []).toString());
    };
    await next();
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    await next();
    await reader.cancel();
    expect(lines.map((line) => /event: changed/.test(line))).toEqual([true, true]);
  });
});

describe('settings', () => {
  it('come from the environment, with the demo’s values where nothing is set', () => {
    expect(readSimulatorEnv({ SIMULATOR_PORT: '', PORT: '4000' })).toMatchObject({
      port: 3100,
      smtpPort: 3125,
      webhookUrl: 'http://127.0.0.1:4000/webhooks/messenger',
      app: DEMO_APP,
    });
    expect(readSimulatorEnv({ FACEBOOK_APP_SECRET: 'new,old' }).app?.secret).toBe('new');
  });

  it('name every wrong variable and never its value', () => {
    const read = (): unknown => readSimulatorEnv({ SIMULATOR_PORT: 'sesame', FACEBOOK_APP_ID: 'sesame' });
    expect(read).toThrow('SIMULATOR_PORT, FACEBOOK_APP_ID');
    expect(read).not.toThrow('sesame');
  });

  it('a port that is taken is an error, not a second simulator', async () => {
    const first = await startSimulator({ port: 0 });
    const [port, smtpPort] = [Number(new URL(first.url).port), Number(new URL(first.smtpUrl).port)];
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(startSimulator({ port: 0, smtpPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
  });
});
