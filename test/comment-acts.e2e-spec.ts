import type { ConversationRow, Message, Page } from '#contract';
import { DeliveryReader } from '#ticketing';
import { DOT, MessengerDesk } from './messenger-desk.js';

/** What agents do below a page's posts happens there once, and the desk shows what is so. */
describe('answering comments', () => {
  let desk: MessengerDesk;
  let threadId: string;
  let commentId: string;
  let messageId: string;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());

  beforeEach(async () => {
    await desk.newPerson();
    await comment({ text: 'Do you have it in blue?' });
  });

  const comment = async (said: { text: string; anonymous?: boolean }) => {
    commentId = (await desk.world.simulator.customerComments(desk.psid, said)).id;
    await desk.world.drain();
    const [row] = await desk.world.rows<{ id: string; conversation_id: string }>(
      'select id, conversation_id from message where external_id = $1',
      [commentId],
    );
    threadId = row!.conversation_id;
    messageId = row!.id;
  };
  const answer = (text: string, more: object = {}) =>
    desk.spaak.owner.post<Message>(`/api/conversations/${threadId}/replies`, { text, ...more });
  const privately = (text: string, headers: Record<string, string> = {}, about = messageId) =>
    desk.spaak.owner.post<Message>(`/api/conversations/${threadId}/private-replies`, { messageId: about, text }, headers);
  const below = (id = commentId) => desk.world.simulator.comments.filter(({ parentId }) => parentId === id);
  const change = (what: object) => desk.spaak.owner.patch<Message>(`/api/messages/${messageId}`, what);
  const shown = async () => (await desk.thread(threadId)).find(({ id }) => id === messageId)!.comment;
  const onFacebook = () => desk.world.simulator.comments.find(({ id }) => id === commentId)!;

  it.each(['before', 'after'] as const)(
    'puts the answer below the comment, for all to see, and shows it once, its event coming %s',
    async (when) => {
      let shownMeanwhile = 0;
      if (when === 'before') {
        desk.gate.beforeAnswer = async () => {
          await desk.world.simulator.until(() => below().length > 0, 5000);
          await desk.world.simulator.settled(5000);
          await desk.world.get(DeliveryReader).drain();
          shownMeanwhile = (await desk.thread(threadId)).length;
        };
      }
      expect((await desk.conversation(threadId)).replyWindow).toEqual({ state: 'always' });
      expect((await answer('In blue and in green.')).status).toBe(202);
      await desk.world.drain();
      expect(below().map(({ text, fromId }) => `${String(text)} ${fromId}`)).toEqual([`In blue and in green. ${desk.spaak.page.id}`]);
      const thread = await desk.thread(threadId);
      expect(thread.map(({ text, author, kind }) => `${author.kind} ${kind} ${text}`)).toEqual([
        'contact comment Do you have it in blue?',
        'agent comment In blue and in green.',
      ]);
      expect(thread[1]).toMatchObject({ delivery: { state: 'sent' } });
      expect(shownMeanwhile).toBe(when === 'before' ? 3 : 0);
    },
  );

  it('carries one picture, and says beforehand that it carries no more, no buttons and no copies', async () => {
    const { id } = await desk.upload('blue.png', DOT, 'image/png');
    const another = await desk.upload('green.png', DOT, 'image/png');
    expect(await answer('Two?', { attachmentIds: [id, another.id] })).toMatchObject({
      status: 422,
      body: { error: { code: 'too_many_attachments' } },
    });
    expect(await answer('Buttons?', { quickReplies: ['Yes'] })).toMatchObject({
      status: 422,
      body: { error: { code: 'quick_replies_not_possible' } },
    });
    expect((await answer('Like this.', { attachmentIds: [id] })).status).toBe(202);
    await desk.world.drain();
    expect(below()).toMatchObject([{ text: 'Like this.' }]);
    expect(below()[0]!.photoMediaId).not.toBeNull();
  });

  it('may be answered long after, but not once it is removed', async () => {
    desk.world.advance({ days: 30 });
    desk.spaak.owner = await desk.world.signIn(desk.spaak.ownerEmail);
    expect((await answer('Still in blue.')).status).toBe(202);
    await desk.world.drain();
    expect(below()).toHaveLength(1);
    await desk.world.simulator.customerRemovesComment(commentId);
    await desk.world.drain();
    expect(await answer('Gone?')).toMatchObject({ status: 422, body: { error: { code: 'reply_window_closed' } } });
    expect((await change({ hidden: true })).body).toMatchObject({ error: { code: 'comment_removed' } });
    expect((await privately('psst')).body).toMatchObject({ error: { code: 'comment_removed' } });
  });

  it('hides and likes a comment and takes both back, there and here', async () => {
    expect(await change({ hidden: true, liked: true })).toMatchObject({ status: 200, body: { comment: { hidden: true, liked: true } } });
    expect(onFacebook()).toMatchObject({ isHidden: true, isLikedByPage: true });
    await desk.world.drain();
    expect(await shown()).toMatchObject({ hidden: true, liked: true });
    expect(await change({ hidden: false, liked: false })).toMatchObject({
      status: 200,
      body: { comment: { hidden: false, liked: false } },
    });
    await desk.world.drain();
    expect(onFacebook()).toMatchObject({ isHidden: false, isLikedByPage: false });
    expect(await shown()).toMatchObject({ hidden: false, liked: false });
  });

  it('changes nothing here when Facebook refuses, and says why', async () => {
    desk.world.simulator.fault('permission_missing', { on: ['comment'], times: 1 });
    expect(await change({ hidden: true })).toMatchObject({ status: 409, body: { error: { code: 'permission_missing' } } });
    desk.world.simulator.fault('down', { on: ['comment'], times: 1 });
    expect(await change({ hidden: true })).toMatchObject({ status: 503, body: { error: { code: 'facebook_unavailable' } } });
    expect(await shown()).toMatchObject({ hidden: false });
    expect(onFacebook().isHidden).toBe(false);
  });

  it('answers in private once: in what the person and the page say to each other, and only there', async () => {
    expect(await shown()).toMatchObject({ privateReply: 'possible' });
    const { status, body } = await privately('Let me look that up for you.');
    expect(status).toBe(202);
    expect(body.conversationId).toBe(desk.conversationId);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['Let me look that up for you.']);
    expect(await desk.answers()).toMatchObject([{ text: 'Let me look that up for you.', state: 'sent' }]);
    expect(below()).toEqual([]);
    expect(await shown()).toMatchObject({ privateReply: 'used' });
    expect(await privately('And another thing.')).toMatchObject({ status: 409, body: { error: { code: 'private_reply_used' } } });
  });

  it('answers in private once under one key', async () => {
    const key = { 'idempotency-key': `private-${desk.psid}` };
    const [first, second] = await Promise.all([privately('Once.', key), privately('Once.', key)]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body.id).toBe(second.body.id);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['Once.']);
  });

  it('hears it from Facebook when somebody answered in private elsewhere', async () => {
    desk.world.simulator.fault('private_reply_used', { times: 1 });
    await privately('Too late.');
    await desk.world.drain();
    expect(await desk.answers()).toMatchObject([{ state: 'failed', code: 'private_reply_used' }]);
    expect(await shown()).toMatchObject({ privateReply: 'used' });
  });

  it('answers in private for seven days', async () => {
    desk.world.advance({ days: 6, hours: 23 });
    desk.spaak.owner = await desk.world.signIn(desk.spaak.ownerEmail);
    expect((await privately('Just in time.')).status).toBe(202);
    await desk.world.drain();
    expect(desk.seen()).toEqual(['Just in time.']);
    await comment({ text: 'And in red?' });
    desk.world.advance({ days: 7 });
    desk.spaak.owner = await desk.world.signIn(desk.spaak.ownerEmail);
    expect(await shown()).toMatchObject({ privateReply: 'over' });
    expect(await privately('Over.')).toMatchObject({ status: 422, body: { error: { code: 'private_reply_over' } } });
  });

  it.each(['before', 'after'] as const)(
    'learns by the private answer who wrote a comment that Facebook did not name, the echo coming %s',
    async (when) => {
      const stranger = desk.world.simulator.addCustomer(desk.spaak.page.id, {
        psid: `88800000${desk.psid.slice(-8)}`,
        firstName: 'Noa',
        lastName: 'Blum',
        mailAddress: 'noa@desk.example',
        colour: [1, 2, 3],
        locale: 'nl_NL',
      });
      desk.psid = stranger.psid;
      desk.world.simulator.setBehaviour({ echo: when });
      await comment({ text: 'Anonymous, please.', anonymous: true });
      const { body } = await privately('Hello there.');
      await desk.world.drain();
      expect(desk.seen()).toEqual(['Hello there.']);
      desk.conversationId = body.conversationId;
      expect(await desk.answers()).toMatchObject([{ text: 'Hello there.', state: 'sent' }]);
      expect((await desk.conversation()).replyWindow).toMatchObject({ state: 'closed', reason: 'never_wrote' });
      await desk.world.simulator.customerSays(desk.psid, { text: 'Oh, hello!' });
      await desk.world.drain();
      expect((await desk.thread()).at(-1)).toMatchObject({ text: 'Oh, hello!' });
      const rows = (await desk.spaak.owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items;
      const [one, other] = [threadId, desk.conversationId].map((id) => rows.find((row) => row.id === id)!.contact);
      expect(one).toEqual(other);
      expect((await desk.reply('Which one was it?')).status).toBe(202);
      await desk.world.drain();
      expect(desk.seen()).toEqual(['Hello there.', 'Which one was it?']);
    },
  );

  it('is nobody else’s: another tenant finds neither comment nor thread', async () => {
    const owner = await desk.stranger();
    expect((await owner.patch(`/api/messages/${messageId}`, { hidden: true })).status).toBe(404);
    expect((await owner.post(`/api/conversations/${threadId}/private-replies`, { messageId, text: 'x' })).status).toBe(404);
    expect((await owner.post(`/api/conversations/${threadId}/replies`, { text: 'x' })).status).toBe(404);
  });

  it('hides and answers in private only what is a comment of somebody’s', async () => {
    const [question] = await desk.thread();
    expect(await desk.spaak.owner.patch(`/api/messages/${question!.id}`, { hidden: true })).toMatchObject({
      status: 422,
      body: { error: { code: 'not_a_comment' } },
    });
    expect(await privately('x', {}, question!.id)).toMatchObject({ status: 422, body: { error: { code: 'not_a_comment' } } });
  });
});
