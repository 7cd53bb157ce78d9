import type { Conversation, ConversationRow, Message, Page } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { type Tenant, World } from './world.js';

const ANN = '9000000000000001';
const BOB = '9000000000000002';
const PAGE_INBOX = 263_902_037_430_900;
const HOUR_MS = 3_600_000;

/** Every kind of event, from the vendor's POST to what the agents' screens are told. */
describe('what happens on a page', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let second = 0;
  let startedMs: number;

  beforeAll(async () => {
    world = await World.open();
    [spaak, linden] = [await world.tenant(0), await world.tenant(1)];
    startedMs = world.clock.now().getTime() - HOUR_MS;
  });
  afterAll(() => world.close());

  const later = () => startedMs + ++second * 1000;

  async function post(entry: object, tenant = spaak): Promise<void> {
    const body = Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: tenant.page.id, time: later(), ...entry }] }));
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, body) };
    expect((await knock(`${world.server.url}/webhooks/messenger`, { body, headers })).status).toBe(200);
    await world.drain();
  }
  const base = (psid: string, tenant = spaak) => ({ sender: { id: psid }, recipient: { id: tenant.page.id }, timestamp: later() });
  const person = (psid: string, event: object) => post({ messaging: [{ ...base(psid), ...event }] });
  const overheard = (psid: string, event: object) => post({ standby: [{ ...base(psid), ...event }] });
  const comment = (value: object) => {
    const created_time = Math.floor(later() / 1000);
    const shared = { item: 'comment', verb: 'add', post_id: `${spaak.page.id}_77`, parent_id: `${spaak.page.id}_77`, created_time };
    return post({ time: created_time, changes: [{ field: 'feed', value: { ...shared, ...value } }] });
  };

  const rows = async ({ owner }: Tenant = spaak) => (await owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items;
  async function conversationOf(name: string, kind = 'messages'): Promise<Conversation> {
    const found = (await rows()).find((row) => row.contact.name === name && row.kind === kind);
    return (await spaak.owner.get<Conversation>(`/api/conversations/${found!.id}`)).body;
  }
  const threadOf = async (id: string) => (await spaak.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  const last = async (name: string, kind?: string) => (await threadOf((await conversationOf(name, kind)).id)).at(-1)!;

  const ann = 'Facebook user 0001';
  const bob = 'Bob Below';

  it('shows an edited message with what it said before', async () => {
    await person(ANN, { message_edit: { mid: 'm_edited', text: 'second words', num_edit: 1 } });
    await person(ANN, { message: { mid: 'm_edited', text: 'first words' } });
    await person(ANN, { message_edit: { mid: 'm_edited', text: 'third words', num_edit: '2' } });
    const shown = await last(ann);
    expect(shown).toMatchObject({ text: 'third words', edited: true });
    expect(shown.earlierTexts.map(({ text }) => text)).toEqual(['first words', 'second words']);
    expect((await conversationOf(ann)).preview.text).toBe('third words');
  });

  it('leaves out what was taken back, wherever it stood, and shows what was kept to who asks', async () => {
    await person(ANN, {
      message: {
        mid: 'm_regret',
        text: 'I regret this',
        attachments: [{ type: 'fallback', payload: { url: 'https://shop.example/1', title: 'A link' } }],
      },
    });
    await person(ANN, { message: { mid: 'm_quote', text: 'see above', reply_to: { mid: 'm_regret' } } });
    const { id } = await conversationOf(ann);
    const before = await threadOf(id);
    expect(before.at(-1)!.replyTo).toMatchObject({ text: 'I regret this' });
    const regretted = before.at(-2)!;
    expect((await spaak.owner.get(`/api/messages/${regretted.id}/unsent`)).status).toBe(404);

    await person(ANN, { message: { mid: 'm_regret', is_deleted: true } });
    const after = await threadOf(id);
    expect(after.at(-2)).toMatchObject({
      id: regretted.id,
      text: '',
      attachments: [],
      earlierTexts: [],
      unsentAt: expect.any(String) as string,
    });
    expect(JSON.stringify(after)).not.toMatch(/I regret this|shop\.example/);
    expect(await spaak.owner.get(`/api/messages/${regretted.id}/unsent`)).toMatchObject({ status: 200, body: { text: 'I regret this' } });
    expect((await linden.owner.get(`/api/messages/${regretted.id}/unsent`)).status).toBe(404);
    expect((await world.client().get(`/api/messages/${regretted.id}/unsent`)).status).toBe(401);
  });

  it('gives no file of a message that was taken back', async () => {
    await person(ANN, { message: { mid: 'm_photo', attachments: [{ type: 'image', payload: { url: 'http://127.0.0.1:9/p.png' } }] } });
    const [row] = await world.rows<{ id: string }>(
      `update attachment set state = 'stored', blob = 'x/y', name = 'p.png' where message_id = (select id from message where external_id = 'm_photo') returning id`,
    );
    await person(ANN, { message: { mid: 'm_photo', is_deleted: true } });
    expect((await spaak.owner.get(`/api/attachments/${row!.id}`)).status).toBe(404);
    expect((await conversationOf(ann)).preview.text).toBe('');
  });

  it('says how the person came, newest first', async () => {
    await person(ANN, { referral: { ref: 'spring', source: 'SHORTLINK', type: 'OPEN_THREAD' } });
    await person(ANN, {
      postback: { mid: 'm_start', title: 'Get started', payload: 'GO', referral: { source: 'ADS', type: 'OPEN_THREAD', ad_id: '44' } },
    });
    const { referrals } = await conversationOf(ann);
    expect(referrals).toMatchObject([
      { source: 'ad', adId: '44' },
      { source: 'link', ref: 'spring' },
    ]);
  });

  it('says who has the thread, by name where the app is known, and until when an answer is possible', async () => {
    await person(ANN, { pass_thread_control: { new_owner_app_id: PAGE_INBOX, metadata: null } });
    await overheard(ANN, { message: { mid: 'm_overheard', text: 'to the other app' } });
    expect(await conversationOf(ann)).toMatchObject({
      control: { holder: 'other_app', app: 'page_inbox', appId: String(PAGE_INBOX) },
      replyWindow: { state: 'open' },
      preview: { text: 'to the other app' },
    });
    expect((await threadOf((await conversationOf(ann)).id)).filter(({ kind }) => kind === 'control_changed')).toMatchObject([
      { direction: 'system', detail: 'other_app' },
    ]);
    await person(ANN, { message: { mid: 'm_ours', text: 'to us again' } });
    expect(await conversationOf(ann)).toMatchObject({ control: { holder: 'us', app: null } });
  });

  it('shows what it does not understand, and keeps nothing of it as it came', async () => {
    await person(ANN, { message: { mid: 'm_odd', is_unsupported: true } });
    expect(await last(ann)).toMatchObject({ kind: 'unsupported', text: '' });
    expect(await world.rows('select 1 from raw_event')).toEqual([]);
  });

  it('shows comments below a post as one conversation, with the post, in public', async () => {
    await comment({ comment_id: '77_1', from: { id: BOB, name: bob }, message: 'Is this still for sale?' });
    await comment({ comment_id: '77_2', parent_id: '77_1', from: { id: ANN, name: 'Ann Above' }, message: 'I would like to know too' });
    await comment({ comment_id: '77_3', parent_id: '77_1', from: { id: spaak.page.id, name: spaak.page.name }, message: 'It is.' });
    const thread = await conversationOf(bob, 'comments');
    expect(thread).toMatchObject({
      post: { id: `${spaak.page.id}_77` },
      replyWindow: { state: 'always' },
      preview: { text: 'It is.', direction: 'out' },
    });
    const said = await threadOf(thread.id);
    expect(said.map(({ author, text, kind }) => [author.kind, text, kind])).toEqual([
      ['contact', 'Is this still for sale?', 'comment'],
      ['contact', 'I would like to know too', 'comment'],
      ['outside', 'It is.', 'comment'],
    ]);
    expect(said.map(({ comment: state }) => state?.privateReply)).toEqual(['possible', 'possible', 'over']);
    // The name that came with the comment is the person's name now, in private too.
    expect(await conversationOf('Ann Above')).toMatchObject({ kind: 'messages' });
  });

  it('shows that a comment is hidden, edited, liked and at last removed, and that nothing can be answered then', async () => {
    await comment({ verb: 'hide', comment_id: '77_1', from: { id: BOB } });
    await comment({ verb: 'edited', comment_id: '77_1', from: { id: BOB, name: bob }, message: 'Is this for sale?' });
    const { id } = await conversationOf(bob, 'comments');
    expect((await threadOf(id))[0]).toMatchObject({ text: 'Is this for sale?', edited: true, comment: { hidden: true, liked: false } });
    await comment({ verb: 'unhide', comment_id: '77_1', from: { id: BOB } });
    expect((await threadOf(id))[0]).toMatchObject({ comment: { hidden: false } });
    await comment({ verb: 'remove', comment_id: '77_1', from: { id: BOB } });
    expect((await threadOf(id))[0]).toMatchObject({ text: '', unsentAt: expect.any(String) as string, comment: { privateReply: 'over' } });
    expect((await spaak.owner.get<Conversation>(`/api/conversations/${id}`)).body.replyWindow).toMatchObject({
      state: 'closed',
      reason: 'removed',
    });
  });

  it('lets a private answer be sent for seven days after the comment, and once', async () => {
    await comment({ comment_id: '77_9', from: { id: BOB, name: bob }, message: 'Where are you?' });
    const [row] = (await rows()).filter(({ kind, preview }) => kind === 'comments' && preview.text === 'Where are you?');
    const state = async () => (await threadOf(row!.id))[0]!.comment!;
    expect(await state()).toMatchObject({ privateReply: 'possible', privateReplyUntil: expect.any(String) as string });
    await world.rows("update message set private_reply_at = now() where external_id = '77_9'");
    expect(await state()).toMatchObject({ privateReply: 'used', privateReplyUntil: null });
    await world.rows("update message set private_reply_at = null where external_id = '77_9'");
    world.advance({ days: 7 });
    spaak.owner = await world.signIn(spaak.ownerEmail);
    expect(await state()).toMatchObject({ privateReply: 'over' });
  });

  it('is all of one tenant: the other has seen nothing', async () => {
    const owner = await world.signIn(linden.ownerEmail);
    expect((await owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items).toEqual([]);
    for (const { id } of await rows()) expect((await owner.get(`/api/conversations/${id}`)).status).toBe(404);
  });
});
