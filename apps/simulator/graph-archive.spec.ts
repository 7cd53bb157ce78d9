import { errorOf, GraphCaller, LINDEN, MILA, SANNE, SPAAK } from './graph-caller.js';
import { DEMO_APP, demoPageToken } from './demo-world.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

interface Listed {
  data: { id: string; message?: string; created_time: string }[];
  paging: { cursors: { after: string }; next?: string };
}

let simulator: Simulator;
let graph: GraphCaller;

beforeEach(async () => {
  simulator = await startSimulator({ port: 0 });
  graph = new GraphCaller(simulator);
});
afterEach(() => simulator.close());

/** Every part of a list, followed by the address that the answer gives. */
async function all(first: Listed): Promise<Listed['data']> {
  const items = [...first.data];
  for (let { next } = first.paging; next !== undefined;) {
    const part = (await (await fetch(next)).json()) as Listed;
    items.push(...part.data);
    next = part.paging.next;
  }
  return items;
}

describe('what was said', () => {
  it('can be read a part at a time to the end, newest first, whoever listened when it was said', async () => {
    const mids: string[] = [];
    for (let index = 0; index < 60; index += 1) mids.unshift((await simulator.customerSays(SANNE, { text: `bericht ${index}` })).mid);
    const { body } = await graph.get(`/t_${SANNE}/messages`, { fields: 'id,created_time,from,to,message', limit: '20' });
    const items = await all(body as unknown as Listed);
    expect(items.map(({ id }) => id)).toEqual(mids);
    expect(items.map((item) => 'message' in item)).toEqual([...Array<boolean>(20).fill(true), ...Array<boolean>(40).fill(false)]);
    expect(items[0]?.created_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  });

  it('goes over all threads of a page, the one with the newest word first', async () => {
    for (let index = 0; index < 30; index += 1) {
      const psid = `333333333333${String(10_001 + 2 * index)}`;
      simulator.addCustomer(SPAAK, { ...DEMO_PERSON, psid });
      await simulator.customerSays(psid, { text: 'Hoi' });
      simulator.clock.advance({ seconds: 1 });
    }
    const { body } = await graph.get(`/${SPAAK}/conversations`, { platform: 'messenger', fields: 'id,updated_time' });
    const threads = await all(body as unknown as Listed);
    expect(threads).toHaveLength(30);
    expect(threads[0]?.id).toBe('t_33333333333310059');
  });

  it('can be asked for by its own id while it is among the twenty newest', async () => {
    const first = await simulator.customerSays(SANNE, { text: 'Eerste' });
    const { body } = await graph.get(`/${first.mid}`, { fields: 'id,created_time,from,to,message' });
    expect(body).toMatchObject({ id: first.mid, from: { id: SANNE }, to: { data: [{ id: SPAAK }] }, message: 'Eerste' });
    for (let index = 0; index < 20; index += 1) await simulator.customerSays(SANNE, { text: 'Nog een' });
    expect(errorOf(await graph.get(`/${first.mid}`))).toEqual([400, 100, 9000001]);
    expect(errorOf(await graph.get('/m_nonsense'))).toEqual([400, 100, 33]);
  });

  it('has files, links and stickers each in their own place', async () => {
    await simulator.customerShares(SANNE, 'photo');
    await simulator.customerShares(SANNE, 'video');
    await simulator.customerShares(SANNE, 'file');
    await simulator.customerShares(SANNE, 'link');
    await simulator.customerSays(SANNE, { sticker: true });
    const { body } = await graph.get(`/t_${SANNE}/messages`, { fields: 'id,attachments,shares,sticker' });
    const url = expect.stringContaining('?oh=') as string;
    expect(body.data).toMatchObject([
      { sticker: url },
      { shares: { data: [{ link: 'https://fietsschool.example/ketting?van=messenger&dag=1' }] } },
      { attachments: { data: [{ name: 'factuur één.pdf', mime_type: 'application/pdf', file_url: url }] } },
      { attachments: { data: [{ mime_type: 'video/webm', video_data: { url } }] } },
      { attachments: { data: [{ mime_type: 'image/png', image_data: { url } }] } },
    ]);
  });

  it('is for its own page only, and only with the permission to read messages', async () => {
    const { mid } = await simulator.customerSays(SANNE, { text: 'Geheim' });
    await simulator.customerSays(MILA, { text: 'Ook' });
    graph.token = demoPageToken(DEMO_APP.secret, LINDEN);
    expect(errorOf(await graph.get(`/${mid}`))).toEqual([400, 100, 33]);
    expect(errorOf(await graph.get(`/t_${SANNE}/messages`))).toEqual([400, 100, 33]);
    simulator.setPage(LINDEN, { scopes: ['pages_manage_metadata'] });
    expect(errorOf(await graph.get(`/t_${MILA}/messages`))).toEqual([403, 200, undefined]);
  });
});

const DEMO_PERSON = {
  psid: '',
  firstName: 'Iemand',
  lastName: 'Anders',
  mailAddress: 'iemand@mail.example',
  colour: [90, 90, 90] as const,
  locale: 'nl_NL',
};

describe('personas', () => {
  it('are made, listed, read, used and removed', async () => {
    const { body: made } = await graph.post(`/${SPAAK}/personas`, { name: 'Noor van de werkplaats' });
    expect(made.id).toMatch(/^6\d{15}$/);
    expect((await graph.get(`/${SPAAK}/personas`)).body.data).toEqual([{ id: made.id, name: 'Noor van de werkplaats' }]);
    expect((await graph.get(`/${String(made.id)}`)).body).toEqual({ id: made.id, name: 'Noor van de werkplaats' });
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    expect((await graph.say('Dag', { persona_id: made.id })).status).toBe(200);
    expect(simulator.messagesSeenBy(SANNE)[0]?.personaName).toBe('Noor van de werkplaats');
    expect((await graph.delete(`/${String(made.id)}`)).body).toEqual({ success: true });
    expect(errorOf(await graph.say('Dag', { persona_id: made.id }))).toEqual([400, 100, undefined]);
  });

  it('belong to their page, have a short name, and need to be allowed', async () => {
    expect(errorOf(await graph.post(`/${SPAAK}/personas`, { name: 'x'.repeat(51) }))).toEqual([400, 100, undefined]);
    const { body: made } = await graph.post(`/${SPAAK}/personas`, { name: 'Noor', profile_picture_url: 'https://spaak.example/noor.png' });
    simulator.setPage(SPAAK, { personas: false });
    expect(errorOf(await graph.post(`/${SPAAK}/personas`, { name: 'Noor' }))).toEqual([403, 200, undefined]);
    graph.token = demoPageToken(DEMO_APP.secret, LINDEN);
    expect(errorOf(await graph.delete(`/${String(made.id)}`))).toEqual([400, 100, 33]);
  });
});

describe('what a page may do, where Meta decides', () => {
  it('the tag HUMAN_AGENT works only where it was granted', async () => {
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    simulator.clock.advance({ days: 2 });
    const tagged = { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };
    simulator.setPage(SPAAK, { humanAgent: false });
    expect(errorOf(await graph.say('Sorry', tagged))).toEqual([403, 10, undefined]);
    simulator.setPage(SPAAK, { humanAgent: true });
    expect((await graph.say('Sorry', tagged)).status).toBe(200);
  });

  it('subscribing to comments needs the permission to read them, or the whole call fails', async () => {
    simulator.setPage(SPAAK, { scopes: ['pages_messaging', 'pages_manage_metadata'] });
    const path = `/${SPAAK}/subscribed_apps`;
    expect(errorOf(await graph.post(path, { subscribed_fields: 'messages,feed' }))).toEqual([403, 200, undefined]);
    expect((await graph.post(path, { subscribed_fields: 'messages' })).body).toEqual({ success: true });
  });

  it('the app can read about itself with its own token', async () => {
    graph.token = `${DEMO_APP.id}|${DEMO_APP.secret}`;
    expect((await graph.get(`/${DEMO_APP.id}`, { fields: 'id,name,category' })).body).toMatchObject({ id: DEMO_APP.id, name: 'Omnidesk' });
  });

  it('typing, seen and reactions are seen by the customer, and spend no fault that is meant for messages', async () => {
    const { mid } = await simulator.customerSays(SANNE, { text: 'Hoi' });
    simulator.fault('temporary_send', { times: 1 });
    const act = (sender_action: string, more = {}) =>
      graph.post(`/${SPAAK}/messages`, { recipient: { id: SANNE }, sender_action, ...more });
    expect((await act('typing_on')).body).toEqual({ recipient_id: SANNE });
    expect(simulator.seesTyping(SANNE)).toBe(true);
    await act('typing_off');
    await act('mark_seen');
    await act('react', { payload: { message_id: mid, reaction: '👍' } });
    expect(simulator.seesTyping(SANNE)).toBe(false);
    expect(simulator.customers[0]).toMatchObject({ pageSeenAtMs: expect.any(Number) as number, messages: [{ pageReaction: '👍' }] });
    expect(errorOf(await graph.say('Dag'))).toEqual([500, 1200, undefined]);
    expect((await graph.say('Dag')).status).toBe(200);
  });
});
