import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEMO_APP, demoPageToken } from './demo-world.js';
import { errorOf, GraphCaller, LINDEN, MILA, MUSEUM, SANNE, SPAAK } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const DEADLINE_MS = 5000;

let app: ReceivingApp;
let simulator: Simulator;
let graph: GraphCaller;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url, seed: 7 });
  simulator.subscribePage(SPAAK);
  graph = new GraphCaller(simulator);
  await simulator.customerSays(SANNE, { text: 'Hoi' });
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

const keysAfterFirst = (): unknown[] =>
  app.events.slice(1).map((event) => {
    const { message } = event as { message?: { is_echo?: boolean } };
    return message ? (message.is_echo ? 'echo' : 'message') : Object.keys(event).at(-1);
  });

describe('a send that is accepted', () => {
  it('reaches the customer and answers with the mid that the echo names, with metadata and our app id', async () => {
    const { status, body } = await graph.say('Goedemiddag', { message: { text: 'Goedemiddag', metadata: 'omni:42' } });
    await simulator.settled(DEADLINE_MS);
    expect([status, body]).toEqual([200, { recipient_id: SANNE, message_id: simulator.messagesSeenBy(SANNE)[0]?.mid }]);
    const echo = app.having('message').at(1);
    expect(echo).toMatchObject({
      sender: { id: SPAAK },
      recipient: { id: SANNE },
      message: { is_echo: true, app_id: Number(DEMO_APP.id), metadata: 'omni:42', mid: body.message_id, text: 'Goedemiddag' },
    });
  });

  it('is followed by the echo and then by the delivery, whose watermark is the instant of the message', async () => {
    const { body } = await graph.say('Goedemiddag');
    await simulator.settled(DEADLINE_MS);
    expect(keysAfterFirst()).toEqual(['echo', 'delivery']);
    const [message] = simulator.messagesSeenBy(SANNE);
    expect(app.having('delivery')[0]?.delivery).toEqual({ mids: [body.message_id], watermark: message?.atMs });
  });

  it('is echoed before its answer when told so', async () => {
    simulator.setBehaviour({ echo: 'before', receipts: 'none' });
    await graph.say('Goedemiddag');
    expect(keysAfterFirst()).toEqual(['echo']);
  });

  it('is echoed after its answer when told so, and never when told so', async () => {
    simulator.setBehaviour({ echo: { fromMs: 200, toMs: 200 }, receipts: 'none' });
    await graph.say('Een');
    expect(keysAfterFirst()).toEqual([]);
    await simulator.settled(DEADLINE_MS);
    expect(keysAfterFirst()).toEqual(['echo']);
    simulator.setBehaviour({ echo: 'none' });
    await graph.say('Twee');
    await simulator.settled(DEADLINE_MS);
    expect(keysAfterFirst()).toEqual(['echo']);
  });

  it('is read by itself when told so, after it was delivered', async () => {
    simulator.setBehaviour({ receipts: 'delivered_and_read' });
    await graph.say('Goedemiddag');
    await simulator.settled(DEADLINE_MS);
    expect(keysAfterFirst()).toEqual(['echo', 'delivery', 'read']);
    const [message] = simulator.messagesSeenBy(SANNE);
    expect((app.having('read')[0]?.read as { watermark: number }).watermark).toBeGreaterThanOrEqual(message?.atMs ?? Infinity);
  });

  it('may come as a form, by any version, to "me", with the token in the address', async () => {
    const form = new URLSearchParams({ recipient: JSON.stringify({ id: SANNE }), messaging_type: 'UPDATE', message: '{"text":"[vorm]"}' });
    const token = demoPageToken(DEMO_APP.secret, SPAAK);
    const answer = await fetch(`${simulator.graphUrl}/v3.1/me/messages?access_token=${token}`, { method: 'POST', body: form });
    expect(answer.status).toBe(200);
    expect(simulator.messagesSeenBy(SANNE)[0]?.text).toBe('[vorm]');
  });

  it('may quote, and may offer quick replies', async () => {
    const asked = await simulator.customerSays(SANNE, { text: 'Rood of blauw?' });
    const replies = [{ content_type: 'text', title: 'Rood', payload: 'RED' }];
    await graph.say('', { message: { text: 'Kies', quick_replies: replies }, reply_to: { mid: asked.mid } });
    expect(simulator.messagesSeenBy(SANNE)[0]).toMatchObject({ replyToMid: asked.mid, quickReplies: [{ title: 'Rood', payload: 'RED' }] });
  });

  it('shows typing, seen and reactions to the customer without saying anything', async () => {
    const asked = await simulator.customerSays(SANNE, { text: 'Bedankt!' });
    const path = `/${SPAAK}/messages`;
    for (const sender_action of ['typing_on', 'mark_seen'])
      expect(await graph.post(path, { recipient: { id: SANNE }, sender_action })).toMatchObject({
        status: 200,
        body: { recipient_id: SANNE },
      });
    await graph.post(path, { recipient: { id: SANNE }, sender_action: 'react', payload: { message_id: asked.mid, reaction: '👍' } });
    expect(simulator.customers[0]?.messages.at(-1)?.pageReaction).toBe('👍');
    expect(simulator.customers[0]?.pageSeenAtMs).not.toBeNull();
    expect(simulator.messagesSeenBy(SANNE)).toEqual([]);
  });
});

describe('what a send is refused for', () => {
  it.each([
    ['no such person', { recipient: { id: '1' } }, [400, 100, 2018001]],
    ['a person of another page', { recipient: { id: MILA } }, [400, 100, 2018001]],
    ['an id read as a number', { recipient: { id: Number(SANNE) } }, [400, 100, 2018001]],
    ['no recipient', { recipient: {} }, [400, 100, undefined]],
    ['an empty message', { message: {} }, [400, 100, 2018034]],
    ['neither message nor action', { message: undefined }, [400, 100, 2018032]],
    ['message and action together', { sender_action: 'typing_on' }, [400, 100, 2018014]],
    ['no messaging_type', { messaging_type: undefined }, [400, 100, undefined]],
    ['a tag without MESSAGE_TAG', { tag: 'HUMAN_AGENT' }, [400, 100, undefined]],
    ['text and attachment', { message: { text: 'a', attachment: { type: 'image', payload: {} } } }, [400, 100, undefined]],
    ['metadata of 1,001 characters', { message: { text: 'a', metadata: 'm'.repeat(1001) } }, [400, 100, undefined]],
    ['an unknown attachment id', { message: { attachment: { type: 'image', payload: { attachment_id: '5' } } } }, [400, 100, 2018074]],
    [
      'an address that cannot be fetched',
      { message: { attachment: { type: 'image', payload: { url: 'http://127.0.0.1:1/a.png' } } } },
      [400, 100, 2018008],
    ],
  ])('%s', async (_what, more, error) => {
    expect(errorOf(await graph.say('Dag', more))).toEqual(error);
    expect(simulator.messagesSeenBy(SANNE)).toEqual([]);
  });

  it('a person who never wrote', async () => {
    const linden = new GraphCaller(simulator, demoPageToken(DEMO_APP.secret, LINDEN));
    const message = { recipient: { id: MILA }, messaging_type: 'RESPONSE', message: { text: 'Dag' } };
    expect(errorOf(await linden.post('/me/messages', message))).toEqual([400, 100, 2018001]);
  });

  it('more than 2,000 UTF-16 units, and not for exactly as many', async () => {
    expect((await graph.say('🚲'.repeat(1000))).status).toBe(200);
    expect(errorOf(await graph.say(`${'🚲'.repeat(1000)}!`))).toEqual([400, 100, undefined]);
  });

  it('another page’s token, an unknown token, no token', async () => {
    graph.token = demoPageToken(DEMO_APP.secret, LINDEN);
    expect(errorOf(await graph.say('Dag'))).toEqual([400, 100, 33]);
    graph.token = 'EAAnonsense';
    expect(errorOf(await graph.say('Dag'))).toEqual([400, 190, undefined]);
    graph.token = '';
    expect(errorOf(await graph.say('Dag'))).toEqual([400, 104, undefined]);
  });

  it('a page on which one may not answer', async () => {
    graph.token = demoPageToken(DEMO_APP.secret, MUSEUM);
    expect(errorOf(await graph.post('/me/messages', { recipient: { id: SANNE } }))).toEqual([403, 200, undefined]);
  });

  it('a wrong appsecret_proof, and a missing one where it is required', async () => {
    expect(errorOf(await graph.say('Dag', { appsecret_proof: '0'.repeat(64) }))).toEqual([400, 100, undefined]);
    simulator.setBehaviour({ requireAppSecretProof: true });
    expect(errorOf(await graph.say('Dag'))).toEqual([400, 100, undefined]);
    const appsecret_proof = createHmac('sha256', DEMO_APP.secret).update(graph.token).digest('hex');
    expect((await graph.say('Dag', { appsecret_proof })).status).toBe(200);
  });

  it('a body that is not a JSON object, in the API’s own error form', async () => {
    const answer = await graph.post('/me/messages', [1] as object);
    expect(answer.body).toEqual({
      error: { message: expect.any(String) as string, type: 'OAuthException', code: 100, fbtrace_id: expect.any(String) as string },
    });
  });
});

it('says no to a body that is too large in the API’s own form too', async () => {
  const answer = await graph.say('Dag', { padding: 'x'.repeat(31 * 1024 * 1024) });
  expect(errorOf(answer)).toEqual([413, 1, undefined]);
});

describe('the reply window, by the simulator’s clock', () => {
  it('is open for 24 hours after the customer’s last act, and opens again with the next', async () => {
    simulator.clock.advance({ hours: 23, minutes: 59 });
    expect((await graph.say('Op tijd')).status).toBe(200);
    simulator.clock.advance({ minutes: 1 });
    expect(errorOf(await graph.say('Te laat'))).toEqual([403, 10, 2018278]);
    await simulator.customerReacts(SANNE, simulator.messagesSeenBy(SANNE)[0]?.mid ?? '', '❤️');
    expect((await graph.say('Weer op tijd')).status).toBe(200);
  });

  it('lets a human agent answer for seven days', async () => {
    const tagged = { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };
    simulator.clock.advance({ days: 6, hours: 23 });
    expect((await graph.say('Sorry voor het wachten', tagged)).status).toBe(200);
    simulator.clock.advance({ hours: 1 });
    expect(errorOf(await graph.say('Te laat', tagged))).toEqual([403, 10, 2018278]);
  });

  it('knows the old tags only until 27 April 2026', async () => {
    const tagged = { messaging_type: 'MESSAGE_TAG', tag: 'ACCOUNT_UPDATE' };
    simulator.clock.set(Date.UTC(2026, 3, 26));
    expect((await graph.say('Toen nog', tagged)).status).toBe(200);
    simulator.clock.set(Date.UTC(2026, 3, 27));
    expect(errorOf(await graph.say('Nu niet meer', tagged))).toEqual([400, 100, undefined]);
  });
});

describe('files', () => {
  const picture = (): Blob => new Blob([Buffer.from('pretend picture')], { type: 'image/png' });

  it('can be uploaded once and sent twice, by their own page only', async () => {
    const form = new FormData();
    form.set('message', JSON.stringify({ attachment: { type: 'image', payload: { is_reusable: true } } }));
    form.set('filedata', picture(), 'rek.png');
    const { body } = await graph.post(`/${SPAAK}/message_attachments`, form);
    const send = { message: { attachment: { type: 'image', payload: { attachment_id: body.attachment_id } } } };
    expect((await graph.say('', send)).status).toBe(200);
    expect((await graph.say('', send)).status).toBe(200);
    expect(simulator.messagesSeenBy(SANNE).map((message) => message.attachments[0]?.name)).toEqual(['rek.png', 'rek.png']);
    await simulator.customerSays(MILA, { text: 'Dag' });
    graph.token = demoPageToken(DEMO_APP.secret, LINDEN);
    expect(errorOf(await graph.post('/me/messages', { messaging_type: 'RESPONSE', recipient: { id: MILA }, ...send }))).toEqual([
      400, 100, 2018074,
    ]);
  });

  it('can be sent in the send itself, and come back in the echo as an address', async () => {
    const form = new FormData();
    form.set('recipient', JSON.stringify({ id: SANNE }));
    form.set('messaging_type', 'RESPONSE');
    form.set('message', JSON.stringify({ attachment: { type: 'file', payload: {} } }));
    form.set('filedata', new Blob(['%PDF'], { type: 'application/pdf' }), 'factuur één.pdf');
    expect((await graph.post('/me/messages', form)).status).toBe(200);
    await simulator.settled(DEADLINE_MS);
    const echo = app.having('message').at(1) as { message: { attachments: { type: string; payload: { url: string } }[] } };
    const [attachment] = echo.message.attachments;
    expect(attachment?.type).toBe('file');
    expect(await (await fetch(attachment?.payload.url ?? '')).text()).toBe('%PDF');
  });

  it('are fetched from an address, and refused when they are not what they are said to be', async () => {
    const files = createServer((_request, response) => response.writeHead(200, { 'Content-Type': 'image/png' }).end('png'));
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/zadel.png`;
    const sent = await graph.say('', { message: { attachment: { type: 'image', payload: { url, is_reusable: true } } } });
    expect(sent.body).toMatchObject({ attachment_id: expect.stringMatching(/^\d{16}$/) as string });
    expect(errorOf(await graph.say('', { message: { attachment: { type: 'video', payload: { url } } } }))).toEqual([400, 100, 2018047]);
    await new Promise((resolve) => files.close(resolve));
  });
});

describe('faults of the Graph API', () => {
  it('can be any error, with any status, for so many calls', async () => {
    simulator.setFaults({ graph: [{ on: ['send'], times: 2, does: { kind: 'error', code: 551, subcode: 1545041, httpStatus: 400 } }] });
    expect(errorOf(await graph.say('1'))).toEqual([400, 551, 1545041]);
    expect((await graph.get('/me')).status).toBe(200);
    expect(errorOf(await graph.say('2'))).toEqual([400, 551, 1545041]);
    expect((await graph.say('3')).status).toBe(200);
    expect(simulator.messagesSeenBy(SANNE).map((message) => message.text)).toEqual(['3']);
  });

  it('can be an error in an answer that says 200', async () => {
    simulator.setFaults({ graph: [{ does: { kind: 'error', code: 36000, httpStatus: 200 } }] });
    expect(errorOf(await graph.say('1'))).toEqual([200, 36000, undefined]);
  });

  it('can be a web page where JSON was expected', async () => {
    simulator.setFaults({ graph: [{ does: { kind: 'body', httpStatus: 502, body: '<html>Bad Gateway</html>' } }] });
    const answer = await fetch(`${simulator.graphUrl}/v26.0/me?access_token=${graph.token}`);
    expect([answer.status, await answer.text()]).toEqual([502, '<html>Bad Gateway</html>']);
  });

  it('can cut the line after the message was sent: the customer has it, the echo comes, the caller knows nothing', async () => {
    simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'cut', acceptFirst: true } }] });
    await expect(graph.say('Eenmaal', { message: { text: 'Eenmaal', metadata: 'omni:7' } })).rejects.toThrow('fetch failed');
    await simulator.settled(DEADLINE_MS);
    expect(simulator.messagesSeenBy(SANNE).map((message) => message.text)).toEqual(['Eenmaal']);
    expect(app.having('message').at(1)).toMatchObject({ message: { is_echo: true, metadata: 'omni:7' } });
  });

  it('can cut the line before, and then nothing was sent', async () => {
    simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'cut' } }] });
    await expect(graph.say('Nooit')).rejects.toThrow('fetch failed');
    expect(simulator.messagesSeenBy(SANNE)).toEqual([]);
  });

  it('can say error although it sent', async () => {
    simulator.setFaults({ graph: [{ does: { kind: 'error', code: 1, subcode: 1357046, acceptFirst: true } }] });
    expect(errorOf(await graph.say('Toch'))).toEqual([500, 1, 1357046]);
    expect(simulator.messagesSeenBy(SANNE)).toHaveLength(1);
  });

  it('can show a page that has used up its calls, in percent', async () => {
    simulator.setFaults({ graph: [{ does: { kind: 'usage', percent: 104, regainMinutes: 12 } }] });
    const { headers } = await graph.get('/me');
    expect(JSON.parse(headers.get('x-business-use-case-usage') ?? '')).toEqual({
      [SPAAK]: [{ type: 'messenger', call_count: 104, total_cputime: 0, total_time: 104, estimated_time_to_regain_access: 12 }],
    });
  });

  it('can be slow, by the simulator’s clock', async () => {
    simulator.setFaults({ graph: [{ does: { kind: 'latency', ms: 60_000 } }] });
    const answer = graph.get('/me');
    const early = await Promise.race([answer.then(() => 'answered'), simulator.until(() => false, 100).catch(() => 'still waiting')]);
    simulator.clock.advance({ minutes: 1 });
    expect([early, (await answer).status]).toEqual(['still waiting', 200]);
  });

  it('can hit one page and spare the other', async () => {
    simulator.setFaults({ graph: [{ pageId: SPAAK, does: { kind: 'error', code: 2, httpStatus: 503 } }] });
    expect(errorOf(await graph.get('/me'))).toEqual([503, 2, undefined]);
    graph.token = demoPageToken(DEMO_APP.secret, LINDEN);
    expect((await graph.get('/me')).status).toBe(200);
  });
});
