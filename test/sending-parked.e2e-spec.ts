import { MessengerDesk } from './messenger-desk.js';

/** A dead token, a restricted page, a page asked to slow down: what agents say meanwhile is kept, and goes out or comes back. */
describe('answers that have to wait for the page', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());
  beforeEach(async () => {
    await desk.newPerson();
    await desk.spaak.owner.post(`/api/conversations/${desk.conversationId}/seen`, {});
  });

  const kill = () => {
    desk.world.simulator.killPageToken(desk.spaak.page.id);
  };

  it('are kept when the token dies between two of them, go out in order once the page is connected again, and cost no try', async () => {
    await desk.reply('before');
    await desk.world.drain();
    kill();
    await desk.reply('first');
    await desk.world.drain();
    expect(await desk.connection()).toMatchObject({ state: 'needs_reconnecting', problem: expect.stringContaining('Reconnect') as string });
    const sendsBefore = desk.gate.sends;
    expect((await desk.reply('second')).status).toBe(202);
    await desk.world.drain();
    desk.world.advance({ hours: 2 });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(sendsBefore);
    expect(await desk.answers()).toMatchObject([
      { text: 'before', state: 'sent' },
      { text: 'first', state: 'queued', code: 'waiting_for_reconnection', remedy: 'reconnect' },
      { text: 'second', state: 'queued', code: 'waiting_for_reconnection', remedy: 'reconnect' },
    ]);
    await desk.world.simulator.customerSays(desk.psid, { text: 'Are you there?' });
    await desk.world.drain();
    expect((await desk.thread()).at(-1)).toMatchObject({ text: 'Are you there?', direction: 'in' });

    await desk.reconnect();
    await desk.world.drain();
    expect(desk.seen()).toEqual(['before', 'first', 'second']);
    expect((await desk.answers()).map(({ state, code }) => `${String(state)} ${String(code)}`)).toEqual([
      'sent null',
      'sent null',
      'sent null',
    ]);
    expect(await desk.connection()).toMatchObject({ state: 'active', problem: null });
  });

  it('come back to the agents when the page is connected too late for them', async () => {
    kill();
    await desk.reply('too late');
    await desk.world.drain();
    await desk.spaak.owner.patch(`/api/conversations/${desk.conversationId}`, { status: 'closed' });
    desk.world.advance({ hours: 25 });
    await desk.reconnect();
    await desk.world.drain();
    expect(desk.seen()).toEqual([]);
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'reply_window_closed' }]);
    expect(await desk.row()).toMatchObject({ status: 'open', unread: true });
    await desk.world.simulator.customerSays(desk.psid, { text: 'Well?' });
    await desk.world.drain();
    const id = (await desk.answers())[0]!.id;
    expect((await desk.spaak.owner.post(`/api/messages/${id}/resend`, {})).status).toBe(202);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['too late']);
  });

  it('do not stop another tenant’s page', async () => {
    kill();
    await desk.reply('waits');
    await desk.world.drain();
    const { psid } = desk.linden.page.customers[0]!;
    await desk.world.simulator.customerSays(psid, { text: 'Tea?' });
    await desk.world.drain();
    const owner = await desk.stranger();
    expect((await owner.post(`/api/conversations/${await desk.conversationOf(psid)}/replies`, { text: 'Tea!' })).status).toBe(202);
    await desk.world.drain();
    expect(desk.world.simulator.messagesSeenBy(psid).map(({ text }) => text)).toEqual(['Tea!']);
    await desk.reconnect();
    await desk.world.drain();
  });

  it.each(['page_restricted', 'page_commerce_off', 'page_blocked'] as const)(
    'wait while the page is restricted (%s), are tried every hour, and go out when Meta lets go',
    async (name) => {
      desk.world.simulator.fault(name);
      await desk.reply('patience');
      await desk.world.drain();
      expect(await desk.answers()).toMatchObject([{ state: 'queued', code: 'page_restricted', remedy: 'try_later' }]);
      expect((await desk.connection()).restriction).not.toBeNull();
      for (let hour = 0; hour < 8; hour++) {
        desk.world.advance({ minutes: 61 });
        await desk.world.drain();
      }
      expect(desk.gate.sends).toBe(9);
      desk.world.simulator.clearFaults();
      desk.world.advance({ minutes: 61 });
      await desk.world.drain();
      expect(desk.seen()).toEqual(['patience']);
      expect((await desk.connection()).restriction).toBeNull();
    },
  );

  it('go out at once when Meta says that the page is free again', async () => {
    await desk.world.simulator.pageIsRestricted(desk.spaak.page.id, 'block', 'spam');
    await desk.reply('soon');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'queued', code: 'page_restricted' }]);
    desk.world.advance({ seconds: 30 });
    await desk.world.simulator.pageIsRestricted(desk.spaak.page.id, 'unblock');
    await desk.world.drain();
    expect(desk.seen()).toEqual(['soon']);
  });

  it('wait as long as Facebook’s headers say once all is used up, without being tried', async () => {
    desk.world.simulator.setFaults({ graph: [{ on: ['send'], times: 1, does: { kind: 'usage', percent: 100, regainMinutes: 7 } }] });
    await desk.reply('the last');
    await desk.reply('the next');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([
      { text: 'the last', state: 'sent' },
      { text: 'the next', state: 'queued', code: 'page_paused' },
    ]);
    desk.world.advance({ minutes: 6 });
    await desk.world.drain();
    expect(desk.gate.sends).toBe(1);
    desk.world.advance({ minutes: 2 });
    await desk.world.drain();
    expect(desk.seen()).toEqual(['the last', 'the next']);
  });

  it('spare a Graph that is down: after five failures in a row one call at a time finds out whether it is back', async () => {
    desk.world.simulator.fault('down');
    const conversations: string[] = [];
    for (let person = 0; person < 8; person++) {
      desk.world.simulator.clearFaults();
      await desk.newPerson();
      conversations.push(desk.conversationId);
    }
    desk.world.simulator.fault('down', { on: ['send'] });
    desk.gate.sends = 0;
    for (const id of conversations) await desk.spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'anybody?' });
    await desk.world.drain();
    expect(desk.gate.sends).toBeLessThanOrEqual(8);
    const sendsBefore = desk.gate.sends;
    desk.world.advance({ seconds: 31 });
    await desk.world.drain();
    expect(desk.gate.sends - sendsBefore).toBeLessThanOrEqual(2);
    desk.world.simulator.clearFaults();
    for (let turn = 0; turn < 4; turn++) {
      desk.world.advance({ minutes: 6 });
      await desk.world.drain();
    }
    for (const id of conversations) expect((await desk.thread(id)).at(-1)).toMatchObject({ text: 'anybody?', delivery: { state: 'sent' } });
  });
});
