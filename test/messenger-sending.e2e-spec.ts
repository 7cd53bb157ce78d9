import { randomUUID } from 'node:crypto';
import type { Message } from '#contract';
import { DEMO_APP, demoPageToken } from '../apps/simulator/index.js';
import { SweepOutgoingJob } from '../libs/ticketing/sweep-outgoing.job.js';
import { colleague } from './furnished.js';
import { MessengerDesk } from './messenger-desk.js';
import { PASSWORD } from './world.js';

const SENTENCE = 'A bicycle has two wheels and one saddle, and a bell. ';

/** Everything an answer over Messenger can carry reaches the person as it was meant, in order, once. */
describe('what an answer over Messenger can carry', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());
  beforeEach(() => desk.newPerson());

  const received = () => desk.world.simulator.messagesSeenBy(desk.psid);
  const settings = async (change: object) => {
    const { status } = await desk.spaak.owner.patch(`/api/connections/${desk.spaak.connectionId}`, change);
    expect(status).toBe(200);
  };

  describe('a long text', () => {
    it('goes out as several messages, cut between sentences, in order, the answer being the first', async () => {
      const text = SENTENCE.repeat(100).trim();
      const { status, body } = await desk.reply(text, { quickReplies: ['Thanks', 'Call me'] });
      expect(status).toBe(202);
      await desk.world.drain();
      const seen = received();
      expect(seen.map((one) => one.text).join(' ')).toBe(text);
      expect(seen).toHaveLength(3);
      for (const one of seen) expect(one.text!.endsWith('bell.')).toBe(true);
      expect(seen.map(({ quickReplies }) => quickReplies.length)).toEqual([0, 0, 2]);
      const answers = await desk.answers();
      expect(answers.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
      expect(answers[0]!.id).toBe(body.id);
      expect((await desk.thread()).at(-1)).toMatchObject({ quickReplies: ['Thanks', 'Call me'] });
    });

    it('is stored and sent once under one key', async () => {
      const key = { 'idempotency-key': `long-${desk.psid}` };
      const text = SENTENCE.repeat(60).trim();
      const [first, second] = await Promise.all([desk.reply(text, {}, key), desk.reply(text, {}, key)]);
      expect(first.body.id).toBe(second.body.id);
      await desk.world.drain();
      expect(desk.seen()).toHaveLength(2);
    });

    it('waits for its first part, and fails with it; sent again, all of it goes, in order', async () => {
      desk.world.simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'error', code: 100, httpStatus: 400 } }] });
      const { body } = await desk.reply(SENTENCE.repeat(100).trim());
      await desk.world.drain();
      expect(desk.gate.sends).toBe(1);
      expect((await desk.answers()).map(({ state, code }) => `${String(state)} ${String(code)}`)).toEqual([
        'failed not_accepted',
        'failed part_before_failed',
        'failed part_before_failed',
      ]);
      expect((await desk.spaak.owner.post(`/api/messages/${body.id}/resend`, {})).status).toBe(202);
      await desk.world.drain();
      expect((await desk.answers()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
      expect(desk.seen().join(' ')).toBe(SENTENCE.repeat(100).trim());
    });

    it('holds its later parts back while nobody knows of one, and lets them go when the echo comes', async () => {
      const { simulator } = desk.world;
      simulator.setBehaviour({ echo: 'none' });
      simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'cut', acceptFirst: true } }] });
      const { body } = await desk.reply(SENTENCE.repeat(100).trim());
      await desk.reply('another answer need not wait');
      await desk.world.drain();
      expect((await desk.answers()).map(({ state }) => state)).toEqual(['unknown', 'queued', 'queued', 'sent']);
      await desk.spaak.owner.post(`/api/messages/${body.id}/arrived`, {});
      await desk.world.drain();
      expect((await desk.answers()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent']);
      expect(desk.seen().filter((text) => text?.startsWith('A bicycle'))).toHaveLength(3);
    });
  });

  it('quotes a message, and refuses to quote what is another conversation’s', async () => {
    const [question] = await desk.thread();
    await desk.reply('This one.', { replyToMessageId: question!.id });
    await desk.world.drain();
    expect(received()[0]!.replyToMid).not.toBeNull();
    expect((await desk.thread()).at(-1)).toMatchObject({ replyTo: { id: question!.id, text: 'Is my bike ready?' } });
    await desk.newPerson();
    expect(await desk.reply('Not mine.', { replyToMessageId: question!.id })).toMatchObject({
      status: 422,
      body: { error: { code: 'cannot_quote' } },
    });
  });

  it('says beforehand what it cannot carry', async () => {
    expect(await desk.reply('hello', { cc: ['a@b.example'] })).toMatchObject({
      status: 422,
      body: { error: { code: 'copy_not_possible' } },
    });
    expect((await desk.conversation()).replyLimits).toEqual({
      partLengthMax: 2000,
      textLengthMax: 20_000,
      attachmentsMax: 10,
      attachmentBytesMax: 25 * 1024 * 1024,
      quickRepliesMax: 13,
      cc: false,
      html: false,
      forward: false,
    });
    expect((await desk.reply('', {})).status).toBe(400);
  });

  describe('the name of the agent', () => {
    afterEach(() => settings({ personas: false }));

    it('stands above the answer where the page wants it, made once', async () => {
      await settings({ personas: true });
      await desk.reply('one');
      await desk.reply('two');
      await desk.world.drain();
      expect(received().map(({ personaName }) => personaName)).toEqual(['Owner of Spaak Bikes', 'Owner of Spaak Bikes']);
      expect(await desk.world.rows('select 1 from persona')).toHaveLength(1);
    });

    it('is left out where Facebook does not grant it, and the answer goes out', async () => {
      await settings({ personas: true });
      await desk.world.rows('delete from persona');
      desk.world.simulator.setPage(desk.spaak.page.id, { personas: false });
      await desk.reply('without a name');
      await desk.world.drain();
      desk.world.simulator.setPage(desk.spaak.page.id, { personas: true });
      expect(received()).toMatchObject([{ text: 'without a name', personaName: null }]);
    });

    it('is taken from Facebook and from here once the agent deletes the account, and nobody else’s is', async () => {
      await settings({ personas: true });
      const { world, spaak } = desk;
      const piet = await colleague(world, spaak.owner, { email: 'piet@spaak-bikes.example', name: 'Canary Piet', role: 'agent' });
      await piet.post(`/api/conversations/${desk.conversationId}/replies`, { text: 'from Piet' }, { 'idempotency-key': randomUUID() });
      await desk.reply('from the owner');
      await world.drain();
      const names = async () => (await world.rows<{ name: string }>('select name from persona order by name')).map(({ name }) => name);
      const [row] = await world.rows<{ vendor_id: string }>("select vendor_id from persona where name = 'Canary Piet'");
      const atFacebook = () =>
        fetch(`${world.simulator.url}/v26.0/${row!.vendor_id}?access_token=${demoPageToken(DEMO_APP.secret, spaak.page.id)}`);
      expect((await atFacebook()).status).toBe(200);
      await piet.confirm(PASSWORD);
      expect((await piet.post('/api/profile/delete', { email: 'piet@spaak-bikes.example' })).status).toBe(204);
      await world.drain();
      expect(await names()).toEqual(['Owner of Spaak Bikes']);
      expect((await atFacebook()).status).toBe(400);
    });

    it('is made anew where Facebook has lost it', async () => {
      await settings({ personas: true });
      await desk.reply('known');
      await desk.world.drain();
      await desk.world.rows("update persona set vendor_id = '600000000000001'");
      await desk.reply('lost');
      await desk.reply('found');
      await desk.world.drain();
      expect(received().map(({ personaName }) => personaName)).toEqual(['Owner of Spaak Bikes', null, 'Owner of Spaak Bikes']);
    });
  });

  it('lets a person answer for seven days where Meta grants it, and says so at the message', async () => {
    await settings({ humanAgent: true });
    desk.world.advance({ hours: 25 });
    expect((await desk.conversation()).replyWindow).toMatchObject({ state: 'human_agent' });
    await desk.reply('sorry for the wait');
    await desk.world.drain();
    expect(desk.seen()).toEqual(['sorry for the wait']);
    expect((await desk.thread()).at(-1)).toMatchObject({ humanAgent: true, delivery: { state: 'sent' } });
    desk.world.advance({ days: 6 });
    expect(await desk.reply('too late')).toMatchObject({ status: 422, body: { error: { code: 'reply_window_closed' } } });
    await settings({ humanAgent: false });
  });

  it('uses the permission once when Facebook counts the day shorter than we do', async () => {
    await settings({ humanAgent: true });
    desk.world.simulator.fault('window_closed', { times: 1 });
    await desk.reply('just over');
    await desk.world.drain();
    await settings({ humanAgent: false });
    expect(desk.seen()).toEqual(['just over']);
    expect(desk.gate.sends).toBe(2);
    expect((await desk.thread()).at(-1)).toMatchObject({ humanAgent: true });
  });

  it('sends no late answer to a person for whom Meta has stopped them', async () => {
    await settings({ humanAgent: true });
    desk.world.advance({ hours: 25 });
    desk.world.simulator.fault('tagged_too_often', { times: 1 });
    await desk.reply('too often');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'tagged_sends_stopped' }]);
    expect(await desk.reply('again')).toMatchObject({ status: 422, body: { error: { code: 'tagged_sends_stopped' } } });
    await settings({ humanAgent: false });
  });

  it('shows the person that somebody types and has read, and fails in silence', async () => {
    const { simulator } = desk.world;
    const say = (on: boolean) => desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/typing`, { on });
    expect((await say(true)).status).toBe(204);
    await desk.world.drain();
    expect(simulator.seesTyping(desk.psid)).toBe(true);
    await say(false);
    await desk.world.drain();
    expect(simulator.seesTyping(desk.psid)).toBe(false);
    await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/seen`, {});
    await desk.world.drain();
    expect(simulator.customers.find(({ psid }) => psid === desk.psid)!.pageSeenAtMs).not.toBeNull();
    simulator.setFaults({ graph: [{ on: ['action'], does: { kind: 'error', code: 1, httpStatus: 500 } }] });
    expect((await say(true)).status).toBe(204);
    await desk.world.drain();
    expect((await (await desk.stranger()).post(`/api/conversations/${desk.conversationId}/typing`, { on: true })).status).toBe(404);
  });

  describe('a thread that another app has', () => {
    beforeEach(async () => {
      desk.world.simulator.setPage(desk.spaak.page.id, { defaultAppId: '263902037430900', mayTakeControl: true });
      await desk.world.simulator.otherAppTakesThread(desk.psid);
      await desk.world.simulator.customerSays(desk.psid, { text: 'Hello, somebody else?' });
      await desk.world.drain();
    });
    afterEach(() => {
      desk.world.simulator.setPage(desk.spaak.page.id, { defaultAppId: null, mayTakeControl: false });
    });

    it('cannot be answered until it is taken over', async () => {
      expect((await desk.conversation()).control.holder).toBe('other_app');
      expect(await desk.reply('mine')).toMatchObject({ status: 409, body: { error: { code: 'controlled_by_other_app' } } });
      const taken = await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/take-over`, {});
      expect(taken).toMatchObject({ status: 200, body: { control: { holder: 'us' } } });
      await desk.world.drain();
      expect((await desk.reply('mine now')).status).toBe(202);
      await desk.world.drain();
      expect(desk.seen()).toEqual(['mine now']);
      expect((await desk.thread()).filter(({ kind, detail }) => kind === 'control_changed' && detail === 'us').length).toBeGreaterThan(0);
    });

    it('stays with the other app where the page’s settings say so, and the agent is told which', async () => {
      desk.world.simulator.setPage(desk.spaak.page.id, { mayTakeControl: false });
      expect(await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/take-over`, {})).toMatchObject({
        status: 409,
        body: { error: { code: 'take_over_refused', message: expect.stringContaining('Advanced messaging') as string } },
      });
      expect((await desk.conversation()).control.holder).toBe('other_app');
    });

    it('is not to be found for another tenant', async () => {
      expect((await (await desk.stranger()).post(`/api/conversations/${desk.conversationId}/take-over`, {})).status).toBe(404);
    });
  });

  it('notices by the refusal that another app has the thread', async () => {
    desk.world.simulator.fault('other_app_has_thread', { times: 1 });
    await desk.reply('too slow');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'controlled_by_other_app' }]);
    expect((await desk.conversation()).control.holder).toBe('other_app');
  });

  it('lets an agent send a failed message again, and no other tenant’s', async () => {
    desk.world.simulator.fault('person_unavailable', { times: 1 });
    const { body } = await desk.reply('hello?');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'person_unreachable' }]);
    const path = `/api/messages/${body.id}`;
    for (const act of ['resend', 'arrived']) expect((await (await desk.stranger()).post(`${path}/${act}`, {})).status).toBe(404);
    expect(await desk.spaak.owner.post(`${path}/arrived`, {})).toMatchObject({ status: 409 });
    expect(await desk.spaak.owner.post<Message>(`${path}/resend`, {})).toMatchObject({
      status: 202,
      body: { delivery: { state: 'queued' } },
    });
    expect(await desk.spaak.owner.post(`${path}/resend`, {})).toMatchObject({ status: 409, body: { error: { code: 'not_failed' } } });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['hello?']);
    expect(await desk.answers()).toMatchObject([{ state: 'sent' }]);
  });

  it('shows what the person really got when an agent sends again what had arrived after all', async () => {
    const { simulator } = desk.world;
    simulator.setBehaviour({ echo: 'none' });
    simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'cut', acceptFirst: true } }] });
    const { body } = await desk.reply('perhaps twice');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'unknown' }]);
    await desk.spaak.owner.post(`/api/messages/${body.id}/resend`, {});
    await desk.world.drain();
    expect(desk.seen()).toEqual(['perhaps twice', 'perhaps twice']);
    const [first] = received();
    const { id: pageId } = desk.spaak.page;
    const said = { mid: first!.mid, is_echo: true, text: 'perhaps twice', metadata: first!.metadata };
    const event = { sender: { id: pageId }, recipient: { id: desk.psid }, timestamp: first!.atMs, message: said };
    await simulator.rawDelivery({ object: 'page', entry: [{ id: pageId, time: first!.atMs, messaging: [event] }] });
    await desk.world.drain();
    expect((await desk.answers()).map(({ by, text, state }) => `${by} ${text} ${String(state)}`).toSorted()).toEqual([
      'agent perhaps twice sent',
      'outside perhaps twice sent',
    ]);
  });

  it('forgets after a week what could not be sent, and can then only send again what the tenant keeps', async () => {
    desk.world.simulator.fault('person_unavailable', { times: 1 });
    const { body } = await desk.reply('a week ago');
    await desk.world.drain();
    desk.world.advance({ days: 8 });
    await desk.world.get(SweepOutgoingJob).sweep();
    expect(await desk.world.rows('select 1 from outbox where message_id = $1', [body.id])).toEqual([]);
    await desk.world.simulator.customerSays(desk.psid, { text: 'Still there?' });
    await desk.world.drain();
    const owner = await desk.world.signIn(desk.spaak.ownerEmail);
    await desk.world.rows("update message set withheld = true, text = '' where id = $1", [body.id]);
    expect(await owner.post(`/api/messages/${body.id}/resend`, {})).toMatchObject({
      status: 422,
      body: { error: { code: 'nothing_to_send' } },
    });
    await desk.world.rows("update message set withheld = false, text = 'a week ago' where id = $1", [body.id]);
    expect((await owner.post(`/api/messages/${body.id}/resend`, {})).status).toBe(202);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['a week ago']);
  });
});
