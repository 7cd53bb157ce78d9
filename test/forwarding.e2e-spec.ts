import { simpleParser } from 'mailparser';
import type { Conversation, ConversationRow, Forwarded, Message, Page } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { DOT } from './messenger-desk.js';
import { rawMail } from './raw-mail.js';
import { storedFiles } from './stores.js';
import { type Tenant, World } from './world.js';

const PDF = Buffer.from('%PDF-1.7 the bill');

/** Passing on what a contact wrote to somebody outside, who is no part of the conversation and does not become one. */
describe('passing a mail on', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    await world.drain();
  });
  afterAll(() => world.close());
  beforeEach(() => world.simulator.clearFaults());

  const address = (domain = 'supplier.example') => `person${String(people++)}@${domain}`;
  const wrote = async (more: object = {}) => {
    const from = address('mail.example');
    const files = [{ name: 'bill.pdf', mediaType: 'application/pdf', content: PDF }];
    const inlinePictures = [{ name: 'frame.png', mediaType: 'image/png', content: DOT }];
    await world.simulator.sendMail({
      from,
      fromName: 'Sanne de Wit',
      to: help.address,
      subject: 'My broken frame',
      text: 'It broke <here>.',
      files,
      inlinePictures,
      ...more,
    });
    await world.drain();
    const id = (await help.conversationIds(from)).at(-1)!;
    return { from, id, message: (await help.thread(from)).at(-1)! };
  };
  const forward = (id: string, body: object, client = spaak.owner, headers: Record<string, string> = {}) =>
    client.post<Forwarded>(`/api/conversations/${id}/forward`, body, headers);
  const got = (to: string) => world.simulator.mailTo(to);
  const read = (to: string) => simpleParser(got(to).at(-1)!.raw, { keepCidLinks: true } as object);
  const thread = async (id: string) => (await spaak.owner.get<{ items: Message[] }>(`/api/conversations/${id}/messages`)).body.items;

  it('takes everything along: who wrote when and to whom, the words, the pictures in their places, and the files', async () => {
    const { from, id, message } = await wrote();
    const [to, copy] = [address(), address()];
    const answer = await forward(id, { messageId: message.id, to: [to], cc: [copy], text: 'Can you weld this?' });
    expect(answer).toMatchObject({ status: 202, body: { kind: 'forward', missingFiles: [], delivery: { state: 'queued' } } });
    await world.drain();
    const mail = await read(to);
    expect(mail.subject).toBe('Fwd: My broken frame');
    expect(mail.text).toContain('Can you weld this?');
    expect(mail.text).toMatch(
      /-{5,} Forwarded message -{5,}\nFrom: Sanne de Wit <[^>]+>\nDate: .+\nSubject: My broken frame\nTo: help@spaak\.example/,
    );
    expect(mail.text).toContain(`Sanne de Wit <${from}>`);
    expect(mail.text).toContain('It broke <here>.');
    const [picture, bill] = mail.attachments;
    expect(mail.html).toContain(`src="cid:${picture!.cid!}"`);
    expect(picture!.content.equals(DOT)).toBe(true);
    expect(bill!.content.equals(PDF)).toBe(true);
    expect(got(copy)).toHaveLength(1);
    const shown = (await thread(id)).at(-1)!;
    expect(shown).toMatchObject({
      kind: 'forward',
      direction: 'out',
      text: 'Can you weld this?',
      cc: [copy],
      mail: { to: [{ address: to, name: null }] },
      delivery: { state: 'sent' },
    });
    expect(shown.fullText).toContain('It broke <here>.');
    expect(shown.attachments.map(({ name, state, inline }) => [name, state, inline])).toEqual([
      ['frame.png', 'stored', true],
      ['bill.pdf', 'stored', false],
    ]);
    expect((await spaak.owner.get<string>(shown.htmlUrl!)).body).toContain('src="data:image/png;base64,');
  });

  it('leaves the files behind where they are not wanted, but not the pictures in the text', async () => {
    const { id, message } = await wrote();
    const to = address();
    expect((await forward(id, { messageId: message.id, to: [to], withAttachments: false })).status).toBe(202);
    await world.drain();
    expect((await read(to)).attachments.map(({ filename }) => filename)).toEqual(['frame.png']);
  });

  it('says it in the agent’s language, as that language’s mail programs do', async () => {
    await spaak.owner.patch('/api/profile', { locale: 'nl' });
    const { id, message } = await wrote();
    const to = address();
    await forward(id, { messageId: message.id, to: [to] });
    await world.drain();
    expect((await read(to)).text).toMatch(
      /Doorgestuurd bericht -+\nVan: Sanne de Wit <[^>]+>\nDatum: .+\nOnderwerp: My broken frame\nAan: /,
    );
    await spaak.owner.patch('/api/profile', { locale: 'en' });
  });

  it('begins a thread of its own, and leaves the contact’s thread as it was', async () => {
    const { from, id, message } = await wrote();
    const to = address();
    await forward(id, { messageId: message.id, to: [to], text: 'For you' });
    await world.drain();
    const passedOn = await read(to);
    expect([passedOn.inReplyTo, passedOn.references]).toEqual([undefined, undefined]);
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'We asked the welder.' });
    await world.drain();
    const answer = await read(from);
    expect(answer.to).toMatchObject({ value: [{ address: from }] });
    expect(got(from).at(-1)!.raw.toString('latin1')).not.toContain(passedOn.messageId!.slice(1, -1));
    expect(got(from).at(-1)!.raw.toString('latin1')).not.toContain(to);
    expect(got(to)).toHaveLength(1);
  });

  it('brings what comes back into the conversation as a stranger’s, of which the contact gets nothing', async () => {
    const { from, id, message } = await wrote();
    const to = address();
    await forward(id, { messageId: message.id, to: [to], text: 'Can you?' });
    await world.drain();
    const { messageId } = await read(to);
    await help.post(
      rawMail({ from: to, subject: 'Re: Fwd: My broken frame', text: 'It costs 20 euro.', headers: { 'In-Reply-To': messageId! } }),
    );
    await world.drain();
    expect((await thread(id)).at(-1)).toMatchObject({ text: 'It costs 20 euro.', fromStranger: true });
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'We can mend it.' });
    await world.drain();
    expect(got(to)).toHaveLength(1);
    const raw = got(from).at(-1)!.raw.toString('latin1');
    expect(raw).toContain('We can mend it.');
    expect(raw).not.toMatch(/20 euro|supplier\.example/);
    expect((await spaak.owner.get<Conversation>(`/api/conversations/${id}`)).body.mail).toMatchObject({ replyAddress: from });
  });

  it('does not make answers to the contact wait for a supplier’s mail server', async () => {
    const { from, id, message } = await wrote();
    const to = address('slow.example');
    world.simulator.setFaults({ mail: [{ kind: 'greylisted', domain: 'slow.example' }] });
    await forward(id, { messageId: message.id, to: [to] });
    await world.drain();
    await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'Hello!' });
    await world.drain();
    expect(got(from)).toHaveLength(1);
    expect(got(to)).toHaveLength(0);
    world.simulator.clearFaults();
    world.advance({ minutes: 2 });
    await world.drain();
    expect(got(to)).toHaveLength(1);
  });

  it('is no answer that another agent would have to read first', async () => {
    const { id, message } = await wrote();
    await forward(id, { messageId: message.id, to: [address()] });
    expect((await spaak.owner.post(`/api/conversations/${id}/replies`, { text: 'Hi', lastSeenMessageId: message.id })).status).toBe(202);
  });

  it('names the files that are gone, and goes without them', async () => {
    const { id, message } = await wrote();
    await world.rows("update attachment set state = 'lost', blob = null where message_id = $1 and name = 'bill.pdf'", [message.id]);
    const to = address();
    expect((await forward(id, { messageId: message.id, to: [to] })).body.missingFiles).toEqual(['bill.pdf']);
    await world.drain();
    expect((await read(to)).attachments).toHaveLength(1);
  });

  it('once for each key, whoever presses twice', async () => {
    const { id, message } = await wrote();
    const to = address();
    const twice = await Promise.all(
      [1, 2].map(() => forward(id, { messageId: message.id, to: [to] }, spaak.owner, { 'idempotency-key': `pass-${String(people)}` })),
    );
    expect(twice.map(({ status }) => status)).toEqual([202, 202]);
    expect(new Set(twice.map(({ body }) => body.id)).size).toBe(1);
    await world.drain();
    expect(got(to)).toHaveLength(1);
  });

  it('keeps the files of the first mail when the copy’s own policy keeps none', async () => {
    const { id, message } = await wrote();
    await recording('attachments', 'never');
    const before = (await storedFiles(world)).length;
    const to = address();
    await forward(id, { messageId: message.id, to: [to] });
    await world.drain();
    expect((await read(to)).attachments).toHaveLength(2);
    expect(await storedFiles(world)).toHaveLength(before);
    expect((await thread(id))[0]!.attachments.map(({ state }) => state)).toEqual(['stored', 'stored']);
    expect((await thread(id)).at(-1)!.attachments.map(({ state }) => state)).toEqual(['not_recorded', 'not_recorded']);
    await recording('attachments', 'record');
  });

  it('takes only messages of this conversation, and none of another tenant’s', async () => {
    const [one, other] = [await wrote(), await wrote()];
    const to = [address()];
    expect((await forward(one.id, { messageId: other.message.id, to })).status).toBe(404);
    expect((await forward(one.id, { messageId: one.message.id, to }, linden.owner)).status).toBe(404);
    expect((await forward(one.id, { messageId: one.message.id, to: [] })).status).toBe(400);
    await world.drain();
    expect(got(to[0]!)).toEqual([]);
  });

  it('is refused for what did not come by mail, for what is not kept, and where mail does not arrive', async () => {
    const dead = address();
    await world.rows(
      `insert into suppression (tenant_id, id, address, stream, reason, code, since, address_digest)
       values ($1, gen_random_uuid(), $2, 'replies', 'hard_bounce', 'user_unknown', now(), decode(repeat('00', 32), 'hex'))`,
      [spaak.id, dead],
    );
    const { id, message } = await wrote();
    const code = async (answer: ReturnType<typeof forward>) => ((await answer).body as unknown as { error: { code: string } }).error.code;
    expect(await code(forward(id, { messageId: message.id, to: [dead] }))).toBe('address_suppressed');
    await recording('message_text', 'never');
    const unkept = await wrote();
    expect(await code(forward(unkept.id, { messageId: unkept.message.id, to: [address()] }))).toBe('forward_not_possible');
    await recording('message_text', 'record');
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: 'By Messenger' });
    await world.drain();
    const messenger = (await spaak.owner.get<Page<ConversationRow>>('/api/conversations?channel=messenger')).body.items[0]!;
    const [said] = await thread(messenger.id);
    expect(await code(forward(messenger.id, { messageId: said!.id, to: [address()] }))).toBe('forward_not_possible');
  });

  async function recording(kind: string, mode: string): Promise<void> {
    await world.rows(
      `insert into recording_policy (tenant_id, version, rules, created_at)
       select tenant_id, version + 1, jsonb_set(rules, array['all', $2], to_jsonb($3::text)), now()
       from recording_policy where tenant_id = $1 order by version desc limit 1`,
      [spaak.id, kind, mode],
    );
  }
});
