import type { Connection, Conversation, Message, Page } from '#contract';
import { DeliveryReader } from '#ticketing';
import { type GraphGate, openGraphGate } from './graph-gate.js';
import { type Tenant, World } from './world.js';

/** An answer reaches the customer once or the agent learns what became of it: through everything that Graph does to it. */
describe('sending over Messenger', () => {
  let world: World;
  let gate: GraphGate;
  let spaak: Tenant;
  let linden: Tenant;
  let psid: string;
  let conversationId: string;
  let people = 0;

  beforeAll(async () => {
    gate = await openGraphGate();
    world = await World.open({ GRAPH_URL: gate.url });
    gate.target = world.simulator.url;
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(async () => {
    await world.close();
    await gate.close();
  });

  beforeEach(async () => {
    world.simulator.clearFaults();
    world.simulator.setBehaviour({ echo: 'after', receipts: 'none' });
    gate.onSend = gate.beforeAnswer = null;
    psid = world.simulator.addCustomer(spaak.page.id, {
      psid: `6660000000000${String(1001 + 2 * people++)}`,
      firstName: 'Kees',
      lastName: 'Visser',
      mailAddress: `kees${String(people)}@mail.example`,
      colour: [10, 20, 30],
      locale: 'nl_NL',
    }).psid;
    await world.simulator.customerSays(psid, { text: 'Is my bike ready?' });
    await world.drain();
    conversationId = (await row()).id;
    gate.sends = 0;
  });

  const row = async () =>
    (
      await world.rows<{ id: string }>(
        'select conversation.id from conversation join contact_identity known using (contact_id) where known.external_id = $1',
        [psid],
      )
    )[0]!;
  const thread = async () => (await spaak.owner.get<Page<Message>>(`/api/conversations/${conversationId}/messages`)).body.items;
  const reply = (text: string, more: object = {}, headers: Record<string, string> = {}) =>
    spaak.owner.post<Message>(`/api/conversations/${conversationId}/replies`, { text, ...more }, headers);
  const answers = async () =>
    (await thread())
      .filter(({ direction }) => direction === 'out')
      .map(({ text, author, delivery }) => ({ text, by: author.kind, ...delivery }));
  const seen = () => world.simulator.messagesSeenBy(psid).map(({ text }) => text);
  const connection = async () =>
    (await spaak.owner.get<{ items: Connection[] }>('/api/connections')).body.items.find(({ id }) => id === spaak.connectionId)!;
  const outbox = () => world.rows('select 1 from outbox');
  const fault = (does: object, times?: number) => {
    world.simulator.setFaults({ graph: [{ on: ['send'], does: does as never, ...(times === undefined ? {} : { times }) }] });
  };

  // First of all, while the clock of the tests and the queue's own are the same: only then does a later try have to be waited for.
  it('says while it waits for a later try that it will be tried again, and when sent that all is well', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 }, 1);
    await reply('in a moment');
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'queued', remedy: 'try_later', code: 'try_later' }]);
    expect(seen()).toEqual([]);
    world.advance({ minutes: 10 });
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'sent', remedy: null, code: null, reason: null }]);
    expect(seen()).toEqual(['in a moment']);
  });

  it('marks the page as to be reconnected when its token has died, and says so at the message', async () => {
    fault({ kind: 'error', code: 190, subcode: 460, httpStatus: 401 });
    await reply('into the void');
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'failed', remedy: 'reconnect', code: 'needs_reconnecting' }]);
    expect(await connection()).toMatchObject({ state: 'needs_reconnecting', problem: expect.stringContaining('Reconnect') as string });
    expect((await linden.owner.get<{ items: Connection[] }>('/api/connections')).body.items).toMatchObject([{ state: 'active' }]);
    expect(seen()).toEqual([]);
    expect(await outbox()).toEqual([]);
    await world.rows("update connection set state = 'active', problem = null");
  });

  it.each<[string, object]>([
    ['a rate limit', { kind: 'error', code: 613, httpStatus: 400 }],
    ['a limit of the page', { kind: 'error', code: 80_006, httpStatus: 400 }],
    ['an outage that Graph admits', { kind: 'error', code: 2, httpStatus: 503, isTransient: true }],
  ])('tries again after %s until it is sent, once', async (_name, does) => {
    fault(does, 2);
    await reply('with patience');
    await world.drain();
    world.advance({ minutes: 10 });
    await world.drain();
    world.advance({ minutes: 10 });
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'sent', remedy: null, code: null }]);
    expect(seen()).toEqual(['with patience']);
    expect(gate.sends).toBe(3);
  });

  it('gives up trying when the window closes meanwhile', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 });
    await reply('too patient');
    await world.drain();
    world.advance({ hours: 25 });
    world.simulator.clearFaults();
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'failed', code: 'reply_window_closed', remedy: 'give_up' }]);
    expect(seen()).toEqual([]);
    expect(await outbox()).toEqual([]);
  });

  it.each<[string, object]>([
    ['the line is cut after Graph took it', { kind: 'cut', acceptFirst: true }],
    ['a proxy answers instead of Graph', { kind: 'body', httpStatus: 502, body: '<html>Bad Gateway</html>', acceptFirst: true }],
    ['the answer is no JSON', { kind: 'body', httpStatus: 200, body: 'fine!', acceptFirst: true }],
    ['Graph says that it may have been sent', { kind: 'error', code: 1, subcode: 1_357_046, acceptFirst: true }],
  ])('says that it does not know when %s, never sends again by itself, and learns the truth from the echo', async (_name, does) => {
    world.simulator.setBehaviour({ echo: 'none' });
    fault(does);
    const { body: message } = await reply('perhaps');
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'unknown', remedy: 'unknown', code: 'maybe_sent' }]);
    world.advance({ hours: 2 });
    await world.drain();
    expect(gate.sends).toBe(1);
    expect(seen()).toEqual(['perhaps']);
    const [sent] = world.simulator.messagesSeenBy(psid);
    await world.simulator.rawDelivery({
      object: 'page',
      entry: [
        {
          id: spaak.page.id,
          time: sent!.atMs,
          messaging: [
            {
              sender: { id: spaak.page.id },
              recipient: { id: psid },
              timestamp: sent!.atMs,
              message: { mid: sent!.mid, is_echo: true, text: 'perhaps', metadata: sent!.metadata },
            },
          ],
        },
      ],
    });
    await world.drain();
    expect((await thread()).at(-1)).toMatchObject({ id: message.id, delivery: { state: 'sent', reason: null, remedy: null } });
    expect(await answers()).toHaveLength(1);
  });

  it('tries again when Graph refused for the moment: then nothing was said', async () => {
    world.simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'error', code: 1200, httpStatus: 500 } }] });
    await reply('second try');
    await world.drain();
    world.advance({ minutes: 10 });
    await world.drain();
    expect(seen()).toEqual(['second try']);
    expect(await answers()).toMatchObject([{ state: 'sent' }]);
  });

  it('reads a refusal that comes with status 200 as a refusal', async () => {
    fault({ kind: 'error', code: 551, subcode: 1_545_041, httpStatus: 200 });
    await reply('to nobody');
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'failed', code: 'person_unreachable', remedy: 'give_up' }]);
    expect(await outbox()).toEqual([]);
  });

  it('believes Graph when it says that the window is closed', async () => {
    fault({ kind: 'error', code: 10, subcode: 2_018_278, httpStatus: 403 });
    await reply('just too late');
    await world.drain();
    expect(await answers()).toMatchObject([{ state: 'failed', code: 'reply_window_closed', remedy: 'give_up' }]);
    expect(await connection()).toMatchObject({ state: 'active' });
  });

  it('keeps the order of two answers when the first has to wait', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 }, 1);
    await reply('first');
    await reply('second');
    await world.drain();
    world.advance({ minutes: 10 });
    await world.drain();
    expect(seen()).toEqual(['first', 'second']);
    expect(await answers()).toMatchObject([
      { text: 'first', state: 'sent' },
      { text: 'second', state: 'sent' },
    ]);
  });

  it('sends the second answer when the first is refused for good', async () => {
    fault({ kind: 'error', code: 100, httpStatus: 400 }, 1);
    await reply('refused');
    await reply('accepted');
    await world.drain();
    expect(seen()).toEqual(['accepted']);
    expect(await answers()).toMatchObject([
      { text: 'refused', state: 'failed', code: 'not_accepted' },
      { text: 'accepted', state: 'sent' },
    ]);
  });

  it('shows one message when the echo is read before Graph’s answer', async () => {
    world.simulator.setBehaviour({ echo: 'before' });
    gate.beforeAnswer = () => world.get(DeliveryReader).drain();
    await reply('the echo was faster');
    await world.drain();
    expect(await answers()).toMatchObject([{ text: 'the echo was faster', by: 'agent', state: 'sent' }]);
  });

  it('shows one message when the echo was read first and had lost our mark', async () => {
    world.simulator.setBehaviour({ echo: 'before' });
    gate.onSend = ({ recipient, message: { text } }) => ({ ...{ messaging_type: 'RESPONSE' }, recipient, message: { text: text ?? '' } });
    let shownMeanwhile: unknown;
    gate.beforeAnswer = async () => {
      await world.get(DeliveryReader).drain();
      shownMeanwhile = await answers();
    };
    await reply('whose was this?');
    await world.drain();
    expect(shownMeanwhile).toMatchObject([{ by: 'agent', state: 'sending' }, { by: 'outside' }]);
    expect(await answers()).toMatchObject([{ text: 'whose was this?', by: 'agent', state: 'sent' }]);
    expect(seen()).toEqual(['whose was this?']);
  });

  it('gives the same answer to the same key and body, and sends once; refuses the key with another body', async () => {
    const key = { 'idempotency-key': `key-${String(people)}` };
    const [first, second] = [await reply('once', {}, key), await reply('once', {}, key)];
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(await reply('twice', {}, key)).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    await world.drain();
    expect(seen()).toEqual(['once']);
    expect(await reply('once', {}, key)).toMatchObject({ status: 202, body: { id: first.body.id, delivery: { state: 'sent' } } });
    await world.drain();
    expect(gate.sends).toBe(1);
  });

  it('sends once when the same key comes twice at the same moment', async () => {
    const key = { 'idempotency-key': `race-${String(people)}` };
    const both = await Promise.all([reply('at once', {}, key), reply('at once', {}, key)]);
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(both[0].body.id).toBe(both[1].body.id);
    await world.drain();
    expect(seen()).toEqual(['at once']);
  });

  it('stops an agent who has not seen the answer of a colleague', async () => {
    const lastSeenMessageId = (await thread()).at(-1)!.id;
    await reply('from a colleague', { lastSeenMessageId });
    expect(await reply('the same again', { lastSeenMessageId })).toMatchObject({
      status: 409,
      body: { error: { code: 'answered_meanwhile', message: expect.stringContaining('Owner of Spaak Bikes') as string } },
    });
    await world.simulator.pageInboxSays(psid, { text: 'from elsewhere' });
    await world.drain();
    const afterColleague = (await thread()).find(({ text }) => text === 'from a colleague')!.id;
    expect((await reply('and again', { lastSeenMessageId: afterColleague })).status).toBe(409);
    const lastOfAll = (await thread()).at(-1)!.id;
    expect((await reply('now I know', { lastSeenMessageId: lastOfAll })).status).toBe(202);
  });

  it('stops answering five minutes before Facebook does', async () => {
    const { body } = await spaak.owner.get<Conversation>(`/api/conversations/${conversationId}`);
    expect(body.replyWindow.state).toBe('open');
    world.advance({ hours: 23, minutes: 54 });
    expect((await reply('still in time')).status).toBe(202);
    world.advance({ minutes: 2 });
    expect(await reply('no longer')).toMatchObject({ status: 422, body: { error: { code: 'reply_window_closed' } } });
  });

  it('carries no more than 2,000 characters, and says so before anything is stored', async () => {
    expect(await reply('x'.repeat(2001))).toMatchObject({ status: 422, body: { error: { code: 'text_too_long' } } });
    expect((await reply('x'.repeat(2000))).status).toBe(202);
    expect((await answers()).map(({ text }) => text.length)).toEqual([2000]);
    await world.drain();
  });
});
