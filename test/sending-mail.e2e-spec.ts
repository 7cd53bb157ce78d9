import type { Connection, Message, Page, Upload } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { DOT } from './messenger-desk.js';
import { storedFiles } from './stores.js';
import { type Tenant, World } from './world.js';

const PERSON = 'sanne@mail.example';

/** What an answer by mail carries besides its text, and what becomes of it when the mail server says no. */
describe('sending by mail', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;
  let conversationId: string;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.simulator.clearFaults();
    await world.simulator.sendMail({
      from: PERSON,
      to: help.address,
      subject: `A bill ${String(Date.now())}`,
      text: 'May I have the bill?',
    });
    await world.drain();
    conversationId = (await help.conversationIds(PERSON)).at(-1)!;
  });

  const thread = async () => (await spaak.owner.get<Page<Message>>(`/api/conversations/${conversationId}/messages`)).body.items;
  const upload = async (name: string, bytes: Buffer, mediaType: string) =>
    (await spaak.owner.bytes<Upload>(`/api/uploads?name=${encodeURIComponent(name)}`, bytes, mediaType)).body.id;
  const reply = (text: string, more: object = {}) =>
    spaak.owner.post<Message>(`/api/conversations/${conversationId}/replies`, { text, ...more });
  const got = () => world.simulator.mailTo(PERSON).at(-1)!;
  const connection = async () =>
    (await spaak.owner.get<Page<Connection>>('/api/connections')).body.items.find(({ id }) => id === help.connectionId)!;

  it('puts text and files into one mail, whole and with their names', async () => {
    const files = [
      await upload('bill 7 é.pdf', Buffer.from('%PDF-1.7 seven'), 'application/pdf'),
      await upload('bell.png', DOT, 'image/png'),
    ];
    const text = 'Here it is. '.repeat(400).trim();
    expect((await reply(text, { attachmentIds: files })).status).toBe(202);
    await world.drain();
    expect(got().files.map(({ name, mediaType }) => `${name} ${mediaType}`)).toEqual([
      'bill 7 é.pdf application/pdf',
      'bell.png image/png',
    ]);
    expect(got().raw.includes(Buffer.from('%PDF-1.7 seven').toString('base64'))).toBe(true);
    const sent = (await thread()).filter(({ direction }) => direction === 'out');
    expect(sent).toMatchObject([
      { text, delivery: { state: 'sent' }, attachments: [{ name: 'bill 7 é.pdf', state: 'stored' }, { name: 'bell.png' }] },
    ]);
  });

  it('may be a file without a word', async () => {
    expect((await reply('', { attachmentIds: [await upload('bell.png', DOT, 'image/png')] })).status).toBe(202);
    await world.drain();
    expect(got().files).toHaveLength(1);
  });

  it('carries no more than relays take, knows no buttons, and shows nobody that somebody types', async () => {
    const large = await Promise.all(['a', 'b'].map((name) => upload(name, Buffer.alloc(10 * 1024 * 1024, name), 'application/zip')));
    expect(await reply('too much', { attachmentIds: large })).toMatchObject({
      status: 422,
      body: { error: { code: 'attachment_too_large' } },
    });
    expect(await reply('press', { quickReplies: ['Yes'] })).toMatchObject({
      status: 422,
      body: { error: { code: 'quick_replies_not_possible' } },
    });
    expect((await reply('one of them', { attachmentIds: large.slice(0, 1) })).status).toBe(202);
    expect((await spaak.owner.post(`/api/conversations/${conversationId}/typing`, { on: true })).status).toBe(204);
    await spaak.owner.post(`/api/conversations/${conversationId}/seen`, {});
    const waiting = `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
      where task.identifier = 'signal-person'`;
    expect(await world.rows(waiting)).toEqual([]);
    await world.drain();
    expect(got().files).toHaveLength(1);
  });

  it('keeps what it may not store no longer than until it is sent', async () => {
    await world.rows(
      `insert into recording_policy (tenant_id, version, rules, created_at)
       select tenant_id, version + 1, jsonb_set(rules, '{all,attachments}', '"never"'), now()
       from recording_policy where tenant_id = $1 order by version desc limit 1`,
      [spaak.id],
    );
    const before = (await storedFiles(world)).length;
    world.simulator.setFaults({ mail: [{ kind: 'busy', times: 1 }] });
    await reply('', { attachmentIds: [await upload('bell.png', DOT, 'image/png')] });
    await world.drain();
    expect(await storedFiles(world)).toHaveLength(before + 1);
    world.advance({ minutes: 1 });
    await world.drain();
    expect(got().files).toHaveLength(1);
    expect(await storedFiles(world)).toHaveLength(before);
    await world.rows(
      `insert into recording_policy (tenant_id, version, rules, created_at)
       select tenant_id, version + 1, jsonb_set(rules, '{all,attachments}', '"record"'), now()
       from recording_policy where tenant_id = $1 order by version desc limit 1`,
      [spaak.id],
    );
  });

  it('is patient with a mail server that turns strangers away for the first hour', async () => {
    world.simulator.setFaults({ mail: [{ kind: 'busy', times: 5 }] });
    const mails = world.simulator.mailTo(PERSON).length;
    await reply('patience');
    for (let turn = 0; turn < 8; turn++) {
      await world.drain();
      world.advance({ minutes: 31 });
    }
    expect((await thread()).at(-1)).toMatchObject({ text: 'patience', delivery: { state: 'sent' } });
    expect(world.simulator.mailTo(PERSON)).toHaveLength(mails + 1);
  });

  it('waits for the mailbox to be connected anew when its mail server is gone for good, then goes out', async () => {
    const smtpUrl = world.simulator.smtpUrl.replace('smtp://', 'smtp://help:once-right@');
    await connectMailbox(world, spaak, { address: help.address, smtpUrl });
    world.simulator.setFaults({ mail: [{ kind: 'sign_in_refused' }] });
    await reply('kept');
    await world.drain();
    expect((await thread()).at(-1)).toMatchObject({ delivery: { state: 'queued', code: 'waiting_for_reconnection', remedy: 'reconnect' } });
    expect(await connection()).toMatchObject({ state: 'needs_reconnecting' });
    world.simulator.clearFaults();
    await connectMailbox(world, spaak, { address: help.address });
    await world.drain();
    expect((await thread()).at(-1)).toMatchObject({ text: 'kept', delivery: { state: 'sent' } });
    expect(got().text).toContain('kept');
  });
});
