import { GraphCaller, LINDEN, SANNE, SPAAK } from './graph-caller.js';
import { ReceivingApp } from './receiving-app.js';
import { SHARES } from './shares.js';
import type { Simulator } from './simulator.js';
import { startSimulator } from './start-simulator.js';

const DEADLINE_MS = 5000;
/** Everything that can be told of a person, a page and its posts. */
const EVERY_FIELD = (
  'messages message_echoes message_edits message_deliveries message_reads message_reactions messaging_postbacks messaging_optins ' +
  'messaging_referrals messaging_handovers standby messaging_policy_enforcement messaging_account_linking messaging_feedback ' +
  'messaging_customer_information feed'
).split(' ');

let app: ReceivingApp;
let simulator: Simulator;

beforeEach(async () => {
  app = await ReceivingApp.start();
  simulator = await startSimulator({ port: 0, webhookUrl: app.url, seed: 7 });
  simulator.subscribePage(SPAAK, EVERY_FIELD);
});
afterEach(async () => {
  await simulator.close();
  await app.close();
});

/** What stands beside sender, recipient and timestamp in the newest event. */
function newestPart(): Record<string, unknown> {
  const { sender, recipient, timestamp, ...part } = app.events.at(-1) ?? {};
  expect([sender, recipient]).toEqual([{ id: SANNE }, { id: SPAAK }]);
  expect(['number', 'string']).toContain(typeof timestamp);
  return part;
}

describe('what a customer can send besides words', () => {
  const forms: Record<(typeof SHARES)[number], string[]> = {
    photo: ['image url'],
    two_photos: ['image url', 'image url'],
    video: ['video url'],
    voice: ['audio url'],
    sound: ['audio url'],
    file: ['file url'],
    link: ['fallback url,title'],
    location: ['location coordinates'],
    product: ['template product'],
    reel: ['reel url,title,reel_video_id'],
    post: ['post url,title,id'],
    appointment: ['appointment_booking booking_id,status,start_time,end_time,timezone'],
    unknown_attachment: ['hologram hologram_id'],
  };
  it.each(SHARES)('%s has an example, told in the form of its kind', async (what) => {
    const { mid } = await simulator.customerShares(SANNE, what);
    const { message } = newestPart() as { message: { mid: string; attachments: { type: string; payload: object }[] } };
    expect(message.mid).toBe(mid);
    expect(message.attachments.map(({ type, payload }) => `${type} ${Object.keys(payload).join()}`)).toEqual(forms[what]);
  });

  it('the files can be fetched, and are what they say', async () => {
    for (const [what, starts] of [
      ['photo', '\x89PNG'],
      ['video', '\x1aE\xdf\xa3'],
      ['voice', 'RIFF'],
      ['file', '%PDF-1.4'],
    ] as const) {
      await simulator.customerShares(SANNE, what);
      const { message } = newestPart() as { message: { attachments: { payload: { url: string } }[] } };
      const answer = await fetch(message.attachments[0]?.payload.url ?? '');
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect([what, bytes.subarray(0, starts.length).toString('latin1')]).toEqual([what, starts]);
    }
  });

  it('a file’s name comes percent-encoded in its address, a voice clip’s says that it is one', async () => {
    await simulator.customerShares(SANNE, 'file');
    expect(app.posts.at(-1)?.body.toString()).toContain('factuur%20%C3%A9%C3%A9n.pdf?oh=');
    await simulator.customerShares(SANNE, 'voice');
    expect(app.posts.at(-1)?.body.toString()).toMatch(/audioclip-\d{13}-3000\.mp4\?oh=/);
  });

  it('a place has coordinates, a reel an address without a host, an appointment its times in seconds', async () => {
    await simulator.customerShares(SANNE, 'location');
    expect(newestPart()).toMatchObject({ message: { attachments: [{ payload: { coordinates: { lat: 52.0907, long: 5.1214 } } }] } });
    await simulator.customerShares(SANNE, 'reel');
    expect(newestPart()).toMatchObject({ message: { attachments: [{ payload: { url: '/reel/5100000000000061/' } }] } });
    const { atMs } = await simulator.customerShares(SANNE, 'appointment');
    const { message } = newestPart() as { message: { attachments: { payload: { start_time: number } }[] } };
    expect(message.attachments[0]?.payload.start_time).toBeLessThan(atMs / 100);
  });

  it('a message may quote, press a quick reply, carry an ad, or be one that Messenger cannot pass on', async () => {
    const first = await simulator.customerSays(SANNE, { text: 'Een' });
    await simulator.customerSays(SANNE, { text: 'Twee', replyToMid: first.mid, quickReply: 'TWO' });
    expect(newestPart()).toMatchObject({
      message: { text: 'Twee', reply_to: { mid: first.mid, is_self_reply: true }, quick_reply: { payload: 'TWO' } },
    });
    await simulator.customerSays(SANNE, { text: 'Drie', coming: { source: 'ADS', ad: { id: '6300000000000091', title: 'Zomer' } } });
    expect(newestPart()).toMatchObject({
      message: { referral: { source: 'ADS', type: 'OPEN_THREAD', ad_id: '6300000000000091', ads_context_data: { ad_title: 'Zomer' } } },
    });
    const { mid } = await simulator.customerSendsUnsupported(SANNE);
    expect(newestPart()).toEqual({ message: { mid, is_unsupported: true } });
  });
});

describe('what a customer can do with what was said', () => {
  it('takes a message back: the app hears only which, and it is gone from phone and archive', async () => {
    const { mid } = await simulator.customerSays(SANNE, { text: 'Vergeet dit' });
    await simulator.customerUnsends(SANNE, mid);
    expect(newestPart()).toEqual({ message: { mid, is_deleted: true } });
    const { body } = await new GraphCaller(simulator).get('/me/conversations', { fields: 'messages' });
    expect(JSON.stringify(body)).not.toContain(mid);
    await expect(simulator.customerUnsends(SANNE, mid)).rejects.toThrow('left standing');
    await expect(simulator.customerEdits(SANNE, mid, 'Toch')).rejects.toThrow('own text');
  });

  it('begins with Get Started, as old pages tell it too', async () => {
    const mid = await simulator.customerGetsStarted(SANNE, { source: 'SHORTLINK', ref: 'window' });
    const referral = { ref: 'window', source: 'SHORTLINK', type: 'OPEN_THREAD' };
    expect(newestPart()).toEqual({ postback: { mid, title: 'Get Started', payload: 'GET_STARTED', referral } });
    await simulator.customerPostback(SANNE, { title: 'Prijzen', payload: 'PRICES', withoutMid: true });
    expect(newestPart()).toEqual({ postback: { title: 'Prijzen', payload: 'PRICES' } });
  });
});

describe('what a customer can do around the thread', () => {
  it('comes by a link or an ad, in Europe without anybody saying which', async () => {
    await simulator.customerComesBy(SANNE, { source: 'SHORTLINK', ref: 'folder' });
    expect(newestPart()).toEqual({ referral: { ref: 'folder', source: 'SHORTLINK', type: 'OPEN_THREAD' } });
    await simulator.customerComesBy(SANNE, { source: null, ad: { id: '63', title: 'Zomer', postId: '5' } });
    expect(newestPart()).toEqual({
      referral: { ad_id: '63', ads_context_data: { ad_title: 'Zomer', post_id: '5' }, type: 'OPEN_THREAD' },
    });
  });

  it('opens the reply window again by coming back, but never for the first time', async () => {
    const graph = new GraphCaller(simulator);
    await simulator.customerComesBy(SANNE, { source: 'SHORTLINK' });
    expect((await graph.say('Te vroeg')).status).toBe(400);
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    simulator.clock.advance({ days: 2 });
    expect((await graph.say('Te laat')).status).toBe(403);
    await simulator.customerComesBy(SANNE, { source: 'SHORTLINK' });
    expect((await graph.say('Welkom terug')).status).toBe(200);
  });

  it('agrees to things, each told in its own form', async () => {
    await simulator.customerOptsIn(SANNE, { kind: 'plugin', ref: 'TRY' });
    expect(newestPart()).toEqual({ optin: { ref: 'TRY' } });
    await simulator.customerOptsIn(SANNE, { kind: 'one_time' });
    expect(newestPart()).toMatchObject({ optin: { type: 'one_time_notif_req', one_time_notif_token: expect.any(String) as string } });
    await simulator.customerOptsIn(SANNE, { kind: 'notification_messages', title: 'Weekaanbieding' });
    expect(newestPart()).toMatchObject({ optin: { type: 'notification_messages', title: 'Weekaanbieding' } });
    await simulator.customerOptsIn(SANNE, { kind: 'stop_notifications' });
    expect(newestPart()).toMatchObject({ optin: { notification_messages_status: 'STOP NOTIFICATIONS' } });
    await simulator.customerOptsIn(SANNE, { kind: 'resume_notifications' });
    expect(newestPart()).toMatchObject({ optin: { notification_messages_status: 'RESUME NOTIFICATIONS' } });
    await simulator.customerOptsIn(SANNE, { kind: 'checkbox', ref: 'ORDER', userRef: 'tick-1' });
    expect(app.events.at(-1)).toEqual({
      recipient: { id: SPAAK },
      timestamp: expect.any(Number) as number,
      optin: { ref: 'ORDER', user_ref: 'tick-1' },
    });
  });

  it('links an account, answers questions, fills in a form with the time as text, and orders', async () => {
    await simulator.customerLinksAccount(SANNE);
    expect(newestPart()).toMatchObject({ account_linking: { status: 'linked', authorization_code: expect.any(String) as string } });
    await simulator.customerLinksAccount(SANNE, false);
    expect(newestPart()).toEqual({ account_linking: { status: 'unlinked' } });
    await simulator.customerSubmitsFeedback(SANNE, { score: 4, comment: 'Fijn' });
    expect(JSON.stringify(newestPart())).toContain('{"type":"csat","payload":"4","follow_up":{"type":"free_form","payload":"Fijn"}}');
    await simulator.customerFillsForm(SANNE, { city: 'Utrecht' });
    expect(app.events.at(-1)?.timestamp).toMatch(/^\d{13}$/);
    expect(JSON.stringify(newestPart())).toContain('"responses":[{"key":"city","value":"Utrecht"}]');
    await simulator.customerOrders(SANNE, [{ id: '1', name: 'Bel', unit_price: 9.95, currency: 'EUR', quantity: 2 }], 'rood');
    expect(newestPart()).toMatchObject({ order: { products: [{ name: 'Bel', quantity: 2 }], note: 'rood' } });
  });

  it('does what nobody knows yet', async () => {
    await simulator.unknownEvent(SANNE);
    expect(newestPart()).toEqual({ thought: { of: 'you' } });
    await simulator.unknownEvent(SANNE, { message_request: 'accept' });
    expect(newestPart()).toEqual({ message_request: 'accept' });
  });
});

describe('what Meta does with a page', () => {
  it('is told without a person, and a blocked page can say nothing until it is let go', async () => {
    const graph = new GraphCaller(simulator);
    await simulator.customerSays(SANNE, { text: 'Hoi' });
    await simulator.pageIsRestricted(SPAAK, 'warning');
    expect((await graph.say('Mag nog')).status).toBe(200);
    await simulator.pageIsRestricted(SPAAK, 'block', 'Te veel reclame');
    expect(app.events.at(-1)).toEqual({
      recipient: { id: SPAAK },
      timestamp: expect.any(Number) as number,
      policy_enforcement: { action: 'block', reason: 'Te veel reclame' },
    });
    expect((await graph.say('Mag niet')).body).toMatchObject({ error: { code: 10, error_subcode: 1893063 } });
    await simulator.pageIsRestricted(SPAAK, 'unblock');
    expect(app.events.at(-1)?.policy_enforcement).toEqual({ action: 'unblock' });
    expect((await graph.say('Mag weer')).status).toBe(200);
  });

  it('says nothing of any of it to a page that did not subscribe to its field', async () => {
    simulator.subscribePage(LINDEN, ['messages']);
    await simulator.pageIsRestricted(LINDEN, 'warning');
    await simulator.settled(DEADLINE_MS);
    expect(app.posts).toEqual([]);
  });
});
