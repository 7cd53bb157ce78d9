import type { Conversation, Message } from '#contract';
import { Feed } from '#realtime';
import type { Answer } from './api-client.js';
import { MailDesk } from './mail-events.js';
import { deliveryReport } from './mail-reports.js';
import { MessengerDesk } from './messenger-desk.js';
import { placesHolding, rowCounts, storedFiles } from './stores.js';
import { World } from './world.js';

/** One conversation of two, in a click: nothing is lost, nobody gets what was meant for another, and a second click takes it back. */
describe('merging', () => {
  let world: World;
  let desk: MailDesk;
  let second: MailDesk;
  let elsewhere: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    const spaak = await world.tenant(0);
    desk = await MailDesk.open(world, spaak, 'help@spaak.example');
    second = await MailDesk.open(world, spaak, 'sales@spaak.example');
    elsewhere = await MailDesk.open(world, await world.tenant(1), 'hello@linden.example');
  });
  afterAll(() => world.close());

  const somebody = () => `merger${String(people++)}@mail.example`;
  const merge = (id: string, intoId: string, at = desk) => at.tenant.owner.post<Conversation>(`/api/conversations/${id}/merge`, { intoId });
  const unmerge = (id: string, at = desk) => at.tenant.owner.post<Conversation>(`/api/conversations/${id}/unmerge`, {});
  const said = async (id: string) => (await desk.thread(id)).filter(({ direction }) => direction !== 'system').map(({ text }) => text);
  const lines = async (id: string) =>
    (await desk.thread(id)).filter(({ kind }) => kind.startsWith('merged')).map(({ kind, detail }) => `${kind} ${String(detail)}`);
  const codeOf = ({ status, body }: Answer) => `${String(status)} ${(body as { error?: { code: string } }).error?.code ?? ''}`;
  const file = (name: string) => ({
    kind: 'file' as const,
    name,
    mediaType: 'text/plain',
    sourceUrl: null,
    content: Buffer.from(`in ${name}`),
    contentId: null,
  });
  /** Two people, of whom the second only named the number of the first. */
  const pair = async () => {
    const [anna, bert] = [somebody(), somebody()];
    const whole = await desk.taken({ from: anna, messageId: `whole-${anna}`, subject: 'My bike', text: 'Of Anna.' });
    const part = await desk.taken({
      from: bert,
      messageId: `part-${bert}`,
      subject: 'The bike',
      text: 'Of Bert.',
      subjectNumber: whole.number,
      attachments: [file(`of ${bert}`)],
    });
    expect(part.related).toMatchObject([{ id: whole.id }]);
    return { anna, bert, whole, part };
  };
  /** Everything that merging touches, but for times of its own. */
  const everything = () =>
    Promise.all(
      [
        'conversation',
        'message',
        'attachment',
        'mail_reference',
        'conversation_link',
        'message_mailbox',
        'outbox',
        'raw_event',
        'mail_recipient',
      ].map(async (table) => [table, await world.rows(`select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`)]),
    );

  describe('moves', () => {
    it('everything that was said, with its files and under the names of who said it, and leaves a number that leads there', async () => {
      const { anna, bert, whole, part } = await pair();
      await desk.tenant.owner.post(`/api/conversations/${part.id}/notes`, { text: 'A note on Bert.' });
      await desk.answer(part.id, 'To Bert.');
      const before = { seq: await world.get(Feed).newest(desk.tenant.id) };
      const { status, body } = await merge(part.id, whole.id);
      expect({ status, id: body.id, contact: body.contact.name }).toEqual({ status: 200, id: whole.id, contact: anna });
      expect(await said(whole.id)).toEqual(['Of Anna.', 'Of Bert.', 'A note on Bert.', 'To Bert.']);
      const thread = await desk.thread(whole.id);
      expect(thread.map(({ author, attachments }) => [author.name, attachments.map(({ name }) => name)]).slice(0, 2)).toEqual([
        [anna, []],
        [bert, [`of ${bert}`]],
      ]);
      const { url } = thread[1]!.attachments[0]!;
      expect((await desk.tenant.owner.get<string>(url!)).body).toBe(`in of ${bert}`);
      expect(await lines(whole.id)).toEqual([`merged_from ${String(part.number)}`]);
      expect(await lines(part.id)).toEqual([`merged_into ${String(whole.number)}`]);
      expect(await desk.conversation(part.id)).toMatchObject({
        number: part.number,
        status: 'closed',
        unread: false,
        preview: { text: '' },
        mergedInto: { id: whole.id, number: whole.number },
        canUnmerge: true,
        related: [],
      });
      expect(body).toMatchObject({
        mergedInto: null,
        related: [],
        merges: [{ id: part.id, number: part.number, contact: { name: bert }, canUndo: true }],
      });
      const told = await world.rows<{ type: string; conversation_id: string }>(
        'select type, conversation_id from feed_line where tenant_id = $1 and seq > $2',
        [desk.tenant.id, before.seq],
      );
      for (const conversation_id of [part.id, whole.id]) {
        expect(told).toEqual(
          expect.arrayContaining([
            { type: 'messages_moved', conversation_id },
            { type: 'conversation_changed', conversation_id },
          ]),
        );
      }
    });

    it('how it stands: what was open, unread or somebody’s in one of the two is so in the whole, and what the list shows is the newest', async () => {
      const { whole, part } = await pair();
      await desk.change(part.id, { assigneeId: (await desk.conversation(whole.id)).assignee?.id ?? null, tags: ['blue'] });
      await desk.change(whole.id, { status: 'closed', tags: ['red'] });
      await desk.seen(whole.id);
      const { body } = await merge(part.id, whole.id);
      expect(body).toMatchObject({ status: 'open', unread: true, tags: ['blue', 'red'], preview: { text: 'Of Bert.' } });
    });

    it('what waits to be sent: it goes out once, to whom it was written', async () => {
      const { anna, bert, whole, part } = await pair();
      await desk.tenant.owner.post(`/api/conversations/${part.id}/replies`, { text: 'For Bert alone.' });
      expect((await merge(part.id, whole.id)).status).toBe(200);
      await world.drain();
      expect(world.simulator.mailTo(bert).map(({ text }) => text.includes('For Bert alone.'))).toEqual([true]);
      expect(world.simulator.mailTo(anna)).toEqual([]);
      expect((await desk.thread(whole.id)).find(({ text }) => text === 'For Bert alone.')?.delivery?.state).toBe('sent');
    });

    it('nothing while something of it is being sent, for who sends it must find it', async () => {
      const { whole, part } = await pair();
      await desk.tenant.owner.post(`/api/conversations/${part.id}/replies`, { text: 'On its way.' });
      await world.rows("update message set delivery_state = 'sending' where conversation_id = $1 and direction = 'out'", [part.id]);
      const before = await everything();
      expect(codeOf(await merge(part.id, whole.id))).toBe('409 being_sent');
      expect(await everything()).toEqual(before);
      await world.drain();
    });

    it('what is kept, and until when: the newest of both anchors, by the rule that governs now', async () => {
      const { whole, part } = await pair();
      const [older, newer] = ['2026-01-02T03:04:05.000Z', '2026-03-04T05:06:07.000Z'];
      await world.rows(
        'update conversation set retention_anchor_at = case when id = $1 then $2::timestamptz else $3 end where id in ($1, $4)',
        [part.id, newer, older, whole.id],
      );
      expect((await merge(part.id, whole.id)).body.retention).toMatchObject({ anchorAt: newer });
      // The number ends with what it leads to.
      expect((await desk.conversation(part.id)).retention).toMatchObject({ anchorAt: newer });
      expect((await unmerge(part.id)).body.retention).toMatchObject({ anchorAt: newer });
      expect((await desk.conversation(whole.id)).retention).toMatchObject({ anchorAt: older });
    });
  });

  describe('leads', () => {
    it('later mail to the whole: by token, by the ids it named, by number, and from either as of one who takes part', async () => {
      const { anna, bert, whole, part } = await pair();
      await merge(part.id, whole.id);
      await desk.take({ from: bert, token: part.id, text: 'By token.' });
      await desk.take({ from: bert, references: [`part-${bert}`], text: 'By id.' });
      await desk.take({ from: bert, subjectNumber: part.number, text: 'By number.' });
      await desk.take({ from: bert, subjectNumber: whole.number, text: 'By the other number.' });
      await desk.take({ from: anna, references: [`part-${bert}`], text: 'By his id.' });
      expect(await said(whole.id)).toEqual([
        'Of Anna.',
        'Of Bert.',
        'By token.',
        'By id.',
        'By number.',
        'By the other number.',
        'By his id.',
      ]);
      const thread = await desk.thread(whole.id);
      expect(thread.filter(({ fromStranger }) => fromStranger)).toEqual([]);
      expect(thread.find(({ text }) => text === 'By id.')).toMatchObject({ author: { name: bert } });
      expect(await said(part.id)).toEqual([]);
      expect(await desk.conversation(part.id)).toMatchObject({ status: 'closed', unread: false });
    });

    it('a mail that came before to the copy it is: it is not taken in twice', async () => {
      const { bert, whole, part } = await pair();
      await merge(part.id, whole.id);
      const mail = { from: bert, messageId: `part-${bert}`, subject: 'The bike', text: 'Of Bert.', subjectNumber: whole.number };
      expect(await desk.take({ ...mail, attachments: [file(`of ${bert}`)] })).toBe(false);
      expect(await second.take({ ...mail, attachments: [file(`of ${bert}`)] })).toBe(false);
      const [, his] = await desk.thread(whole.id);
      expect(his!.mail!.alsoReceivedIn).toMatchObject([{ id: second.mailbox.connectionId }]);
    });

    it('what becomes of a mail that was sent before to that very mail', async () => {
      const { bert, whole, part } = await pair();
      const { id } = await desk.answer(part.id, 'It is ready.');
      const [sent] = await world.rows<{ external_id: string }>('select external_id from message where id = $1', [id]);
      await merge(part.id, whole.id);
      await desk.mailbox.post(deliveryReport({ to: desk.mailbox.address, recipients: [{ address: bert }], about: sent!.external_id }));
      await world.drain();
      expect((await desk.thread(whole.id)).find((message) => message.id === id)!.delivery).toMatchObject({ code: 'bounced_user_unknown' });
      expect(await desk.conversation(part.id)).toMatchObject({ status: 'closed', unread: false });
    });

    it('a stranger nowhere new: whoever takes no part opens a conversation of his own, as before', async () => {
      const { bert, whole, part } = await pair();
      await merge(part.id, whole.id);
      const own = await desk.taken({ from: somebody(), references: [`part-${bert}`] });
      expect(own.id).not.toBe(whole.id);
      expect(own.related).toMatchObject([{ id: whole.id, how: 'possibly' }]);
    });

    it('from one to the next: what was merged into one that was merged is in the last, in one step, and back', async () => {
      const { bert, whole, part } = await pair();
      const last = await desk.taken({ from: somebody(), text: 'Of Carl.' });
      await merge(part.id, whole.id);
      await merge(whole.id, last.id);
      expect(await said(last.id)).toEqual(expect.arrayContaining(['Of Anna.', 'Of Bert.', 'Of Carl.']));
      expect((await desk.conversation(part.id)).mergedInto).toEqual({ id: last.id, number: last.number });
      await desk.take({ from: bert, token: part.id, text: 'Again.' });
      expect(await said(last.id)).toContain('Again.');
      await world.rows("delete from message where text = 'Again.' and conversation_id = $1", [last.id]);
      // Only the last one can be undone.
      expect(codeOf(await unmerge(part.id))).toBe('409 cannot_unmerge');
      expect((await unmerge(whole.id)).status).toBe(200);
      expect((await desk.conversation(part.id)).mergedInto).toEqual({ id: whole.id, number: whole.number });
      expect((await unmerge(part.id)).status).toBe(200);
      expect(await said(part.id)).toEqual(['Of Bert.']);
      expect(await said(whole.id)).toEqual(['Of Anna.']);
    });
  });

  describe('answers', () => {
    it('go to the contact of the whole alone, and quote nobody else, however late the other wrote', async () => {
      const { anna, bert, whole, part } = await pair();
      await desk.answer(part.id, 'First to Bert.');
      const { body } = await merge(part.id, whole.id);
      expect(body.mail).toMatchObject({ replyAddress: anna, others: [bert] });
      await desk.take({ from: bert, token: part.id, text: 'Bert has a secret.' });
      expect((await desk.conversation(whole.id)).mail).toMatchObject({ replyAddress: anna, others: [bert] });
      await desk.answer(whole.id, 'For Anna.');
      const [got] = world.simulator.mailTo(anna);
      expect(world.simulator.mailTo(bert).filter(({ text }) => text.includes('For Anna.'))).toEqual([]);
      expect([...got!.to, ...got!.cc]).toEqual([anna]);
      expect(got!.text).not.toContain('Bert');
      const [row] = await world.rows<{ id: string }>(
        "select split_part(external_id, ' ', 1) as id from message where text = 'First to Bert.'",
      );
      const headers = JSON.stringify(got);
      expect(headers).toContain(`whole-${anna}`);
      expect(headers).not.toContain(`part-${bert}`);
      expect(headers).not.toContain(row!.id);
    });

    it('go to the other too when the agent says so', async () => {
      const { anna, bert, whole, part } = await pair();
      await merge(part.id, whole.id);
      await desk.answer(whole.id, 'For both.', { cc: [bert] });
      for (const address of [anna, bert]) expect(world.simulator.mailTo(address).at(-1)!.text).toContain('For both.');
    });

    it('are refused where nothing is said any more, and so is every other act', async () => {
      const { whole, part } = await pair();
      await merge(part.id, whole.id);
      const { owner } = desk.tenant;
      const path = `/api/conversations/${part.id}`;
      const answers = [
        await owner.post(`${path}/replies`, { text: 'To whom?' }),
        await owner.post(`${path}/notes`, { text: 'Where?' }),
        await owner.patch(path, { status: 'open' }),
      ];
      expect(answers.map(codeOf)).toEqual(answers.map(() => '409 conversation_merged'));
      expect((answers[0]!.body as { error: { message: string } }).error.message).toContain(`#${String(whole.number)}`);
    });

    it('that were said before and are said again under the same key are known as the same', async () => {
      const { whole, part } = await pair();
      const say = () =>
        desk.tenant.owner.post<Message>(`/api/conversations/${part.id}/replies`, { text: 'Once.' }, { 'idempotency-key': part.id });
      const first = await say();
      await merge(part.id, whole.id);
      expect((await say()).body.id).toBe(first.body.id);
    });
  });

  describe('is undone', () => {
    it('to exactly what it was, by a second click', async () => {
      const { whole, part } = await pair();
      await desk.tenant.owner.post(`/api/conversations/${part.id}/replies`, { text: 'Waits.' });
      const before = await everything();
      await merge(part.id, whole.id);
      expect(await everything()).not.toEqual(before);
      const { status, body } = await unmerge(part.id);
      expect({ status, id: body.id, mergedInto: body.mergedInto, texts: await said(part.id) }).toEqual({
        status: 200,
        id: part.id,
        mergedInto: null,
        texts: ['Of Bert.', 'Waits.'],
      });
      expect(await everything()).toEqual(before);
      // And a third changes nothing.
      expect((await unmerge(part.id)).status).toBe(200);
      expect(await everything()).toEqual(before);
      await world.drain();
      expect((await desk.thread(part.id)).at(-1)!.delivery!.state).toBe('sent');
    });

    it('without undoing what was done with the whole since', async () => {
      const { whole, part } = await pair();
      await merge(part.id, whole.id);
      await desk.seen(whole.id);
      await desk.change(whole.id, { status: 'closed' });
      await unmerge(part.id);
      expect(await desk.conversation(whole.id)).toMatchObject({ status: 'closed', unread: false, preview: { text: 'Of Anna.' } });
      expect(await desk.conversation(part.id)).toMatchObject({ status: 'open', preview: { text: 'Of Bert.' } });
    });

    it('no more once something was said, and says so beforehand', async () => {
      const { anna, whole, part } = await pair();
      await merge(part.id, whole.id);
      await desk.take({ from: anna, token: whole.id, text: 'One more thing.' });
      expect(await desk.conversation(part.id)).toMatchObject({ canUnmerge: false });
      expect(await desk.conversation(whole.id)).toMatchObject({ merges: [{ canUndo: false }] });
      const before = await everything();
      expect(codeOf(await unmerge(part.id))).toBe('409 cannot_unmerge');
      expect(await everything()).toEqual(before);
    });
  });

  it('twice is merging once, and of two merges across each other one wins', async () => {
    const { whole, part } = await pair();
    const answers = await Promise.all([merge(part.id, whole.id), merge(part.id, whole.id)]);
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual([
      [200, whole.id],
      [200, whole.id],
    ]);
    expect(await lines(whole.id)).toHaveLength(1);
    for (let round = 0; round < 5; round++) {
      const other = await pair();
      const both = await Promise.all([merge(other.part.id, other.whole.id), merge(other.whole.id, other.part.id)]);
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    }
  });

  it('is refused into itself, into or out of what is merged already, and with what is in quarantine', async () => {
    const { whole, part } = await pair();
    const third = await desk.taken({ from: somebody() });
    const forged = await desk.taken({ from: somebody(), verdict: 'fail' });
    await world.simulator.customerSays(desk.tenant.page.customers[0]!.psid, { text: 'On the page.' });
    await world.drain();
    const [messenger] = await world.rows<{ id: string }>("select id from conversation where channel = 'messenger' limit 1");
    await merge(part.id, whole.id);
    const before = await everything();
    const answers = [
      await merge(third.id, third.id),
      await merge(part.id, third.id),
      await merge(third.id, part.id),
      await merge(forged.id, third.id),
      await merge(third.id, forged.id),
      await merge(third.id, messenger!.id),
    ];
    expect(answers.map(codeOf)).toEqual([
      '422 merge_into_itself',
      '409 conversation_merged',
      '409 conversation_merged',
      '409 conversation_quarantined',
      '409 conversation_quarantined',
      '422 cannot_merge',
    ]);
    expect((await desk.tenant.owner.post(`/api/conversations/${third.id}/merge`, { intoId: 'x' })).status).toBe(400);
    expect(await everything()).toEqual(before);
  });

  it('loses no mail that comes at the same moment: whoever wrote, it is in the whole', async () => {
    for (let round = 0; round < 10; round++) {
      const { bert, whole, part } = await pair();
      const stranger = somebody();
      await Promise.all([
        merge(part.id, whole.id),
        desk
          .take({ from: bert, token: part.id, text: 'Just now.' })
          .catch(() => desk.take({ from: bert, token: part.id, text: 'Just now.' })),
        desk
          .take({ from: stranger, token: part.id, text: 'So am I.' })
          .catch(() => desk.take({ from: stranger, token: part.id, text: 'So am I.' })),
      ]);
      expect((await said(whole.id)).toSorted()).toEqual(['Just now.', 'Of Anna.', 'Of Bert.', 'So am I.']);
      expect(await desk.conversation(part.id)).toMatchObject({ status: 'closed', unread: false });
    }
  });

  describe('and erasing', () => {
    it('the whole ends everything that was merged into it, numbers and files too', async () => {
      const { bert, whole, part } = await pair();
      const files = (await storedFiles(world)).length;
      await merge(part.id, whole.id);
      await desk.answer(whole.id, 'An answer.');
      expect((await desk.tenant.owner.delete(`/api/conversations/${whole.id}`)).status).toBe(204);
      await world.drain();
      for (const id of [whole.id, part.id]) expect((await desk.tenant.owner.get(`/api/conversations/${id}`)).status).toBe(404);
      for (const table of ['conversation_merge', 'message'])
        expect(await world.rows(`select 1 from ${table} where conversation_id = any($1)`, [[whole.id, part.id]])).toEqual([]);
      expect(await placesHolding(world, bert)).toEqual([]);
      expect((await storedFiles(world)).length).toBe(files - 1);
    });

    it('what was merged ends its number alone: what was said stays in the whole, and who said it too', async () => {
      const { bert, whole, part } = await pair();
      await merge(part.id, whole.id);
      expect((await desk.tenant.owner.delete(`/api/conversations/${part.id}`)).status).toBe(204);
      expect((await desk.tenant.owner.get(`/api/conversations/${part.id}`)).status).toBe(404);
      expect(await said(whole.id)).toEqual(['Of Anna.', 'Of Bert.']);
      expect((await desk.thread(whole.id))[1]!.author.name).toBe(bert);
      expect((await desk.conversation(whole.id)).merges).toEqual([]);
      await desk.take({ from: bert, references: [`part-${bert}`], text: 'Still here.' });
      expect(await said(whole.id)).toContain('Still here.');
      expect(codeOf(await unmerge(part.id))).toBe('404 not_found');
    });
  });

  it('never reaches another tenant, from either side, and is there as if nothing of it existed', async () => {
    const { bert, whole, part } = await pair();
    const theirs = await elsewhere.taken({ from: somebody() });
    await merge(part.id, whole.id);
    const before = { rows: await rowCounts(world), all: await everything() };
    const answers = [
      await merge(whole.id, theirs.id),
      await merge(theirs.id, whole.id, elsewhere),
      await merge(part.id, whole.id, elsewhere),
      await unmerge(part.id, elsewhere),
    ];
    expect(answers.map(codeOf)).toEqual(answers.map(() => '404 not_found'));
    expect(await rowCounts(world)).toEqual(before.rows);
    expect(await everything()).toEqual(before.all);
    const there = await elsewhere.taken({ from: bert, token: part.id, references: [`part-${bert}`], text: 'Elsewhere.' });
    expect(there.related).toEqual([]);
    expect(await said(whole.id)).not.toContain('Elsewhere.');
  });
});

/** On a page an answer goes to one person. */
describe('merging on Messenger', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());

  const merge = (id: string, intoId: string) => desk.spaak.owner.post(`/api/conversations/${id}/merge`, { intoId });
  const texts = async (id: string) => (await desk.thread(id)).filter(({ direction }) => direction !== 'system').map(({ text }) => text);

  it('is refused between two people, with a sentence that says why', async () => {
    await desk.newPerson();
    const kees = desk.conversationId;
    await desk.newPerson();
    const { status, body } = await merge(desk.conversationId, kees);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { error: { code: 'cannot_merge', message: expect.stringContaining('one person') as string } },
    });
  });

  it('makes one of two of the same person, which that person’s next word belongs to', async () => {
    await desk.newPerson('The old one.');
    const old = desk.conversationId;
    await desk.spaak.owner.patch(`/api/conversations/${old}`, { status: 'closed' });
    desk.world.advance({ days: 31 });
    desk.spaak.owner = await desk.world.signIn(desk.spaak.ownerEmail);
    await desk.world.simulator.customerSays(desk.psid, { text: 'The new one.' });
    await desk.world.drain();
    const next = await desk.conversationOf(desk.psid);
    expect(next).not.toBe(old);
    expect((await merge(next, old)).status).toBe(200);
    await desk.world.simulator.customerSays(desk.psid, { text: 'And more.' });
    await desk.world.drain();
    expect(await texts(old)).toEqual(['The old one.', 'The new one.', 'And more.']);
    expect(await desk.conversation(old)).toMatchObject({ status: 'open', replyWindow: { state: 'open' } });
    desk.conversationId = old;
    expect((await desk.reply('Yes.')).status).toBe(202);
    await desk.world.drain();
    expect(desk.seen().at(-1)).toBe('Yes.');
  });

  it('is another tenant’s in nothing', async () => {
    const stranger = await desk.stranger();
    const { status } = await stranger.post(`/api/conversations/${desk.conversationId}/merge`, { intoId: desk.conversationId });
    expect(status).toBe(404);
  });
});
