import { JobWorker } from '#jobs';
import { DeliveryReader } from '#ticketing';
import { MessengerDesk } from './messenger-desk.js';

/** An answer reaches the customer once or the agent learns what became of it: through everything that Graph does to it. */
describe('sending over Messenger', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());
  beforeEach(() => desk.newPerson());

  const outbox = () =>
    desk.world.rows('select 1 from outbox join message on message.id = outbox.message_id where conversation_id = $1', [
      desk.conversationId,
    ]);
  const fault = (does: object, times?: number) => {
    desk.world.simulator.setFaults({ graph: [{ on: ['send'], does: does as never, ...(times === undefined ? {} : { times }) }] });
  };

  // First of all, while the clock of the tests and the queue's own are the same: only then does a later try have to be waited for.
  it('says while it waits for a later try that it will be tried again, and when sent that all is well', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 }, 1);
    await desk.reply('in a moment');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'queued', remedy: 'try_later', code: 'try_later' }]);
    expect(desk.seen()).toEqual([]);
    desk.world.advance({ minutes: 10 });
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'sent', remedy: null, code: null, reason: null }]);
    expect(desk.seen()).toEqual(['in a moment']);
  });

  it.each<[string, object]>([
    ['a rate limit', { kind: 'error', code: 613, httpStatus: 400 }],
    ['a limit of the page', { kind: 'error', code: 80_006, httpStatus: 400 }],
    ['a limit that only HTTP tells', { kind: 'body', httpStatus: 429, body: 'Too Many Requests' }],
    ['an outage that Graph admits', { kind: 'error', code: 2, httpStatus: 503, isTransient: true }],
  ])('tries again after %s until it is sent, once', async (_name, does) => {
    fault(does, 2);
    await desk.reply('with patience');
    for (let turn = 0; turn < 3; turn++) {
      await desk.world.drain();
      desk.world.advance({ minutes: 10 });
    }
    expect(await desk.answers()).toMatchObject([{ state: 'sent', remedy: null, code: null }]);
    expect(desk.seen()).toEqual(['with patience']);
    expect(desk.gate.sends).toBe(3);
  });

  it('gives the echo five seconds before it tries anything again', async () => {
    fault({ kind: 'error', code: 1200, httpStatus: 500, acceptFirst: true }, 1);
    await desk.reply('it was sent after all');
    await desk.world.drain();
    desk.world.advance({ seconds: 4 });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(1);
    desk.world.advance({ minutes: 10 });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(1);
    expect(desk.seen()).toEqual(['it was sent after all']);
    expect(await desk.answers()).toMatchObject([{ state: 'sent', remedy: null, code: null }]);
  });

  it('stops trying after five more tries, and the conversation comes back', async () => {
    fault({ kind: 'error', code: 2, httpStatus: 503, isTransient: true });
    await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/seen`, {});
    await desk.reply('into the wall');
    for (let turn = 0; turn < 12; turn++) {
      await desk.world.drain();
      desk.world.advance({ minutes: 40 });
    }
    expect(desk.gate.sends).toBe(6);
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'try_later', remedy: 'give_up' }]);
    expect(await desk.row()).toMatchObject({ unread: true, status: 'open' });
  });

  it('gives up trying when the window closes meanwhile, and the conversation comes back to the agents', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 });
    await desk.reply('too patient');
    await desk.world.drain();
    await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/seen`, {});
    await desk.spaak.owner.patch(`/api/conversations/${desk.conversationId}`, { status: 'closed' });
    desk.world.advance({ hours: 25 });
    desk.world.simulator.clearFaults();
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'reply_window_closed', remedy: 'give_up' }]);
    expect(desk.seen()).toEqual([]);
    expect(await desk.row()).toMatchObject({ status: 'open', unread: true });
  });

  it.each<[string, object]>([
    ['the line is cut after Graph took it', { kind: 'cut', acceptFirst: true }],
    ['a proxy answers instead of Graph', { kind: 'body', httpStatus: 502, body: '<html>Bad Gateway</html>', acceptFirst: true }],
    ['the answer is no JSON', { kind: 'body', httpStatus: 200, body: 'fine!', acceptFirst: true }],
    ['Graph says that it may have been sent', { kind: 'error', code: 1, subcode: 1_357_046, acceptFirst: true }],
  ])('says that it does not know when %s, never sends again by itself, and learns the truth from the echo', async (_name, does) => {
    const { simulator } = desk.world;
    simulator.setBehaviour({ echo: 'none' });
    fault(does);
    const { body: message } = await desk.reply('perhaps');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'unknown', remedy: 'unknown', code: 'maybe_sent' }]);
    desk.world.advance({ hours: 2 });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(1);

    const [sent] = simulator.messagesSeenBy(desk.psid);
    const { id: pageId } = desk.spaak.page;
    const said = { mid: sent!.mid, is_echo: true, text: 'perhaps', metadata: sent!.metadata };
    const event = { sender: { id: pageId }, recipient: { id: desk.psid }, timestamp: sent!.atMs, message: said };
    await simulator.rawDelivery({ object: 'page', entry: [{ id: pageId, time: sent!.atMs, messaging: [event] }] });
    await desk.world.drain();
    expect((await desk.thread()).at(-1)).toMatchObject({ id: message.id, delivery: { state: 'sent', reason: null, remedy: null } });
    expect(await desk.answers()).toHaveLength(1);
    expect(await outbox()).toEqual([]);
  });

  it('tries again when Graph refused for the moment: then nothing was said', async () => {
    fault({ kind: 'error', code: 1200, httpStatus: 500 }, 1);
    await desk.reply('second try');
    await desk.world.drain();
    desk.world.advance({ minutes: 10 });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['second try']);
    expect(await desk.answers()).toMatchObject([{ state: 'sent' }]);
  });

  it('reads a refusal that comes with status 200 as a refusal', async () => {
    fault({ kind: 'error', code: 551, subcode: 1_545_041, httpStatus: 200 });
    await desk.reply('to nobody');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'person_unreachable', remedy: 'give_up' }]);
  });

  it('believes Graph when it says that the window is closed', async () => {
    fault({ kind: 'error', code: 10, subcode: 2_018_278, httpStatus: 403 });
    await desk.reply('just too late');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'reply_window_closed', remedy: 'give_up' }]);
    expect(await desk.connection()).toMatchObject({ state: 'active' });
  });

  it('does not take a missing permission for a dead token: the message fails, the connection says what is missing', async () => {
    fault({ kind: 'error', code: 200, httpStatus: 403 });
    await desk.reply('not allowed');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'permission_missing', remedy: 'give_up' }]);
    expect(await desk.connection()).toMatchObject({ state: 'active', problem: expect.stringContaining('permission') as string });
  });

  it('does not believe one wrong word about the token: Graph is asked, and the message goes out later', async () => {
    fault({ kind: 'error', code: 190, subcode: 460, httpStatus: 401 }, 1);
    await desk.reply('a hiccup');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'queued', code: 'try_later' }]);
    expect(await desk.connection()).toMatchObject({ state: 'active' });
    desk.world.advance({ minutes: 1 });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['a hiccup']);
  });

  it('keeps the order of two answers when the first has to wait', async () => {
    fault({ kind: 'error', code: 613, httpStatus: 400 }, 1);
    await desk.reply('first');
    await desk.reply('second');
    await desk.world.drain();
    await desk.reply('third');
    await desk.world.drain();
    expect(desk.seen()).toEqual([]);
    desk.world.advance({ minutes: 10 });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['first', 'second', 'third']);
    expect((await desk.answers()).map(({ text, state }) => `${text} ${String(state)}`)).toEqual([
      'first sent',
      'second sent',
      'third sent',
    ]);
  });

  it('sends the second answer when the first is refused for good', async () => {
    fault({ kind: 'error', code: 100, httpStatus: 400 }, 1);
    await desk.reply('refused');
    await desk.reply('accepted');
    await desk.world.drain();
    expect(desk.seen()).toEqual(['accepted']);
    expect(await desk.answers()).toMatchObject([
      { text: 'refused', state: 'failed', code: 'not_accepted' },
      { text: 'accepted', state: 'sent' },
    ]);
  });

  it('shows one message when the echo is read before Graph’s answer', async () => {
    desk.world.simulator.setBehaviour({ echo: 'before' });
    desk.gate.beforeAnswer = () => desk.world.get(DeliveryReader).drain();
    await desk.reply('the echo was faster');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ text: 'the echo was faster', by: 'agent', state: 'sent' }]);
  });

  it('shows one message when the echo was read first and had lost our mark', async () => {
    desk.world.simulator.setBehaviour({ echo: 'before' });
    desk.gate.onSend = ({ recipient, message: { text } }) => ({
      ...{ messaging_type: 'RESPONSE' },
      recipient,
      message: { text: text ?? '' },
    });
    let shownMeanwhile: unknown;
    desk.gate.beforeAnswer = async () => {
      await desk.world.get(DeliveryReader).drain();
      shownMeanwhile = await desk.answers();
    };
    await desk.reply('whose was this?');
    await desk.world.drain();
    expect(shownMeanwhile).toMatchObject([{ by: 'agent', state: 'sending' }, { by: 'outside' }]);
    expect(await desk.answers()).toMatchObject([{ text: 'whose was this?', by: 'agent', state: 'sent' }]);
    expect(desk.seen()).toEqual(['whose was this?']);
  });

  it('shows one message when the echo, which had lost our mark, is being stored at the very moment of the answer', async () => {
    desk.world.simulator.setBehaviour({ echo: 'none' });
    const { owner } = desk.world.database;
    let isStored: Promise<unknown> = Promise.resolve();
    desk.gate.beforeAnswer = async () => {
      const [sent] = desk.world.simulator.messagesSeenBy(desk.psid);
      await owner.query('begin');
      await owner.query(
        `insert into message (tenant_id, id, conversation_id, connection_id, direction, kind, author_kind, text, recording_version, external_id,
           delivery_state, delivery_at, sent_at, created_at)
         select tenant_id, gen_random_uuid(), conversation_id, connection_id, 'out', 'text', 'outside', text, recording_version, $2,
           'sent', now(), sent_at, created_at from message where conversation_id = $1 and direction = 'out'`,
        [desk.conversationId, sent!.mid],
      );
      isStored = (async () => {
        const deadline = Date.now() + 10_000;
        for (;;) {
          const { rows } = await owner.query('select 1 from pg_locks where not granted');
          if (rows.length > 0 || Date.now() > deadline) break;
        }
        await owner.query('commit');
      })();
    };
    await desk.reply('in the same breath');
    await desk.world.get(JobWorker).drain();
    await isStored;
    expect(await desk.answers()).toMatchObject([{ text: 'in the same breath', by: 'agent', state: 'sent' }]);
  });

  it('gives the same answer to the same key and body, and sends once; refuses the key with another body', async () => {
    const key = { 'idempotency-key': `key-${desk.psid}` };
    const [first, second] = [await desk.reply('once', {}, key), await desk.reply('once', {}, key)];
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(await desk.reply('twice', {}, key)).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    expect(await desk.reply('once', { quickReplies: ['Yes'] }, key)).toMatchObject({ status: 409 });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['once']);
    expect(await desk.reply('once', {}, key)).toMatchObject({ status: 202, body: { id: first.body.id, delivery: { state: 'sent' } } });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(1);
  });

  it('sends once when the same key comes twice at the same moment', async () => {
    const key = { 'idempotency-key': `race-${desk.psid}` };
    const both = await Promise.all([desk.reply('at once', {}, key), desk.reply('at once', {}, key)]);
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(both[0].body.id).toBe(both[1].body.id);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['at once']);
  });

  it('stops an agent who has not seen the answer of a colleague', async () => {
    const lastSeenMessageId = (await desk.thread()).at(-1)!.id;
    await desk.reply('from a colleague', { lastSeenMessageId });
    expect(await desk.reply('the same again', { lastSeenMessageId })).toMatchObject({
      status: 409,
      body: { error: { code: 'answered_meanwhile', message: expect.stringContaining('Owner of Spaak Bikes') as string } },
    });
    await desk.world.simulator.pageInboxSays(desk.psid, { text: 'from elsewhere' });
    await desk.world.drain();
    const afterColleague = (await desk.thread()).find(({ text }) => text === 'from a colleague')!.id;
    expect((await desk.reply('and again', { lastSeenMessageId: afterColleague })).status).toBe(409);
    const lastOfAll = (await desk.thread()).at(-1)!.id;
    expect((await desk.reply('now I know', { lastSeenMessageId: lastOfAll })).status).toBe(202);
  });

  it('answers until a minute before the day is over, and says why not after it', async () => {
    expect((await desk.conversation()).replyWindow).toMatchObject({ state: 'open', humanAgentUntil: null });
    desk.world.advance({ hours: 23, minutes: 59 });
    expect((await desk.reply('still in time')).status).toBe(202);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['still in time']);
    desk.world.advance({ minutes: 2 });
    expect(await desk.reply('no longer')).toMatchObject({ status: 422, body: { error: { code: 'reply_window_closed' } } });
    expect((await desk.conversation()).replyWindow).toMatchObject({ state: 'closed', reason: 'human_agent_missing' });
  });
});
