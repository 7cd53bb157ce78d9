import { randomBytes } from 'node:crypto';
import { SweepOutgoingJob } from '../libs/ticketing/sweep-outgoing.job.js';
import { colleague } from './furnished.js';
import { DOT, MessengerDesk } from './messenger-desk.js';
import { storedFiles } from './stores.js';

/** Files that agents attach arrive whole, belong to whoever chose them, and stay no longer than they should. */
describe('files in an answer over Messenger', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());
  beforeEach(() => desk.newPerson());

  const received = () => desk.world.simulator.messagesSeenBy(desk.psid);
  const record = (attachments: 'record' | 'never') =>
    desk.world.rows(
      `insert into recording_policy (tenant_id, version, rules, created_at)
       select tenant_id, version + 1, jsonb_set(rules, '{all,attachments}', to_jsonb($2::text)), now()
       from recording_policy where tenant_id = $1 order by version desc limit 1`,
      [desk.spaak.id, attachments],
    );

  it('go out after the text, each as its own message, as what they are, and stay with the conversation', async () => {
    const picture = await desk.upload('saddle.png', DOT, 'image/png');
    const paper = await desk.upload('../invoice 2.pdf', Buffer.from('%PDF-1.7 a bill'), 'application/pdf');
    expect(paper).toMatchObject({ name: 'invoice 2.pdf', mediaType: 'application/pdf', sizeBytes: 15 });
    await desk.reply('Here they are.', { attachmentIds: [picture.id, paper.id] });
    await desk.world.drain();
    expect(received().map(({ text, attachments }) => text ?? attachments.map(({ kind, name }) => `${kind} ${name}`).join())).toEqual([
      'Here they are.',
      'image saddle.png',
      'file invoice 2.pdf',
    ]);
    const stored = (await desk.thread()).flatMap(({ attachments }) => attachments);
    expect(stored).toMatchObject([
      { kind: 'image', name: 'saddle.png', state: 'stored' },
      { kind: 'file', name: 'invoice 2.pdf', state: 'stored', sizeBytes: 15 },
    ]);
    expect((await desk.spaak.owner.get<string>(stored[1]!.url!)).body).toBe('%PDF-1.7 a bill');
  });

  it('of many megabytes arrive whole', async () => {
    const bytes = randomBytes(12 * 1024 * 1024);
    const { id } = await desk.upload('ride.bin', bytes, 'application/octet-stream');
    await desk.reply('', { attachmentIds: [id] });
    await desk.world.drain();
    expect(received()).toMatchObject([{ attachments: [{ kind: 'file', name: 'ride.bin' }] }]);
    expect(desk.gate.lastUpload.includes(bytes)).toBe(true);
  });

  it('are uploaded to Facebook once, also when the send has to be repeated', async () => {
    const { id } = await desk.upload('bell.png', DOT, 'image/png');
    desk.world.simulator.setFaults({
      graph: [{ on: ['send'], times: 2, does: { kind: 'error', code: 2, httpStatus: 503, isTransient: true } }],
    });
    await desk.reply('', { attachmentIds: [id] });
    for (let turn = 0; turn < 3; turn++) {
      await desk.world.drain();
      desk.world.advance({ minutes: 5 });
    }
    expect(received()).toHaveLength(1);
    expect(desk.gate.uploads).toBe(1);
  });

  it('are uploaded once more when Facebook has lost them', async () => {
    const { id } = await desk.upload('bell.png', DOT, 'image/png');
    desk.world.simulator.fault('attachment_id_wrong', { times: 1 });
    await desk.reply('', { attachmentIds: [id] });
    await desk.world.drain();
    expect(received()).toHaveLength(1);
    expect(desk.gate.uploads).toBe(2);
  });

  it('go as plain files where Facebook does not take them for what they claim to be', async () => {
    const { id } = await desk.upload('odd.png', DOT, 'image/png');
    desk.world.simulator.fault('file_upload_failed', { on: ['upload'], times: 1 });
    await desk.reply('', { attachmentIds: [id] });
    await desk.world.drain();
    expect(received().flatMap(({ attachments }) => attachments)).toMatchObject([{ kind: 'file', name: 'odd.png' }]);
  });

  it('are sent even where nothing may be kept of them, and nothing is kept of them', async () => {
    await record('never');
    const filesBefore = (await storedFiles(desk.world)).length;
    const { id } = await desk.upload('secret.png', DOT, 'image/png');
    await desk.reply('', { attachmentIds: [id] });
    expect(await storedFiles(desk.world)).toHaveLength(filesBefore + 1);
    await desk.world.drain();
    expect(received().flatMap(({ attachments }) => attachments)).toMatchObject([{ kind: 'image', name: 'secret.png' }]);
    expect((await desk.thread()).at(-1)).toMatchObject({ withheld: true, attachments: [{ name: '', state: 'not_recorded', url: null }] });
    expect(await storedFiles(desk.world)).toHaveLength(filesBefore);
    await record('record');
  });

  it('belong to whoever chose them: not to a colleague, not to another tenant, and not twice', async () => {
    const { id } = await desk.upload('mine.png', DOT, 'image/png');
    const piet = await colleague(desk.world, desk.spaak.owner, { email: `piet${desk.psid}@spaak.example`, name: 'Piet', role: 'agent' });
    const refused = { status: 422, body: { error: { code: 'no_such_upload' } } };
    const path = `/api/conversations/${desk.conversationId}/replies`;
    expect(await piet.post(path, { attachmentIds: [id] })).toMatchObject(refused);
    const theirs = await (await desk.stranger()).bytes<{ id: string }>('/api/uploads?name=x.png', DOT, 'image/png');
    expect(await desk.reply('', { attachmentIds: [theirs.body.id] })).toMatchObject(refused);
    expect((await desk.reply('', { attachmentIds: [id] })).status).toBe(202);
    expect(await desk.reply('', { attachmentIds: [id] })).toMatchObject(refused);
    await desk.world.drain();
  });

  it('are refused when empty or too large, and without a session', async () => {
    const { owner } = desk.spaak;
    expect(await owner.bytes('/api/uploads?name=x', Buffer.alloc(0), 'text/plain')).toMatchObject({
      status: 400,
      body: { error: { code: 'empty_file' } },
    });
    expect((await owner.bytes('/api/uploads?name=x', Buffer.alloc(26 * 1024 * 1024), 'text/plain')).status).toBe(413);
    expect((await desk.world.client().bytes('/api/uploads?name=x', DOT, 'image/png')).status).toBe(401);
    expect(
      (await owner.request('POST', '/api/uploads?name=x', DOT, { 'content-type': 'image/png', origin: 'https://elsewhere.example' }))
        .status,
    ).toBe(403);
  });

  it('that nobody sends are gone after a day', async () => {
    desk.world.advance({ hours: 25 });
    await desk.world.get(SweepOutgoingJob).sweep();
    await desk.newPerson();
    const filesBefore = (await storedFiles(desk.world)).length;
    await desk.upload('forgotten.png', DOT, 'image/png');
    desk.world.advance({ hours: 23 });
    await desk.world.get(SweepOutgoingJob).sweep();
    await desk.world.drain();
    expect(await storedFiles(desk.world)).toHaveLength(filesBefore + 1);
    desk.world.advance({ hours: 2 });
    await desk.world.get(SweepOutgoingJob).sweep();
    await desk.world.drain();
    expect(await storedFiles(desk.world)).toHaveLength(filesBefore);
  });
});
