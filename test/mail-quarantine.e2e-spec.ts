import type { Conversation, ConversationCounts, ConversationRow, Page } from '#contract';
import { MailDesk } from './mail-events.js';
import { World } from './world.js';

/** Mail that is not from whom it says is kept apart: nobody is woken by it, no machine acts on it, and an agent decides. */
describe('a mail that is not from whom it says', () => {
  let world: World;
  let desk: MailDesk;
  let elsewhere: MailDesk;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    desk = await MailDesk.open(world, await world.tenant(0), 'help@spaak.example');
    elsewhere = await MailDesk.open(world, await world.tenant(1), 'hello@linden.example');
  });
  afterAll(() => world.close());

  const somebody = () => `forged${String(people++)}@mail.example`;
  const forged = () => desk.taken({ from: somebody(), verdict: 'fail' });
  const list = async (query: string) =>
    (await desk.tenant.owner.get<Page<ConversationRow>>(`/api/conversations?${query}&limit=100`)).body.items.map(({ id }) => id);
  const counts = async () => (await desk.tenant.owner.get<ConversationCounts>('/api/conversations/counts')).body;
  const lines = (id: string) =>
    world.rows<{ type: string; quiet: boolean }>('select type, quiet from feed_line where conversation_id = $1 order by seq', [id]);

  it('is in the quarantine and in no other list, and counts for none', async () => {
    const before = await counts();
    const { id } = await forged();
    await desk.change(id, { assigneeId: (await desk.tenant.owner.get<{ agent: { id: string } }>('/api/session')).body.agent.id });
    expect(await list('view=quarantine')).toContain(id);
    for (const query of ['view=all', 'view=mine', 'view=unassigned', 'view=all&status=open', 'view=all&channel=email']) {
      expect(await list(query)).not.toContain(id);
    }
    expect(await counts()).toEqual({ ...before, quarantine: before.quarantine + 1 });
  });

  it('wakes nobody: every line of it in the feed is a quiet one', async () => {
    const { id } = await forged();
    expect(await lines(id)).toEqual([
      { type: 'conversation_opened', quiet: true },
      { type: 'message_added', quiet: true },
    ]);
  });

  it('is let in by an agent’s word, announced as if it had just come, and once', async () => {
    const { id } = await forged();
    for (const _time of [1, 2]) {
      const { status, body } = await desk.tenant.owner.post<Conversation>(`/api/conversations/${id}/release`, {});
      expect({ status, quarantined: body.quarantined, unread: body.unread }).toEqual({ status: 200, quarantined: false, unread: true });
    }
    expect((await lines(id)).filter(({ quiet }) => !quiet)).toEqual([{ type: 'conversation_opened', quiet: false }]);
    expect(await list('view=all')).toContain(id);
    expect(await list('view=quarantine')).not.toContain(id);
  });

  it('is let in, and erased, by nobody of another tenant', async () => {
    const { id } = await forged();
    expect((await elsewhere.tenant.owner.post(`/api/conversations/${id}/release`, {})).status).toBe(404);
    expect((await elsewhere.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(404);
    expect(await list('view=quarantine')).toContain(id);
    const theirs = await elsewhere.tenant.owner.get<Page<ConversationRow>>('/api/conversations?view=quarantine');
    expect(theirs.body.items).toEqual([]);
  });

  it('is erased by an agent’s word, and is gone from the quarantine', async () => {
    const { id } = await forged();
    expect((await desk.tenant.owner.delete(`/api/conversations/${id}`)).status).toBe(204);
    expect(await list('view=quarantine')).not.toContain(id);
  });

  it('draws no true mail to itself, whatever ids it names', async () => {
    const person = somebody();
    const shut = await desk.taken({ from: person, verdict: 'fail', messageId: `bait-${person}` });
    const open = await desk.taken({ from: person, references: [`bait-${person}`], subjectNumber: shut.number });
    expect(open).toMatchObject({ quarantined: false, related: [] });
    expect(open.id).not.toBe(shut.id);
  });

  it('is out of quarantine once the true person answers what an agent wrote to it', async () => {
    const person = somebody();
    const shut = await desk.taken({ from: person, verdict: 'fail' });
    const after = await desk.taken({ from: person, token: shut.id });
    expect(after).toMatchObject({ id: shut.id, quarantined: false, unread: true });
  });

  it('reopens the conversation whose token it holds, but is no reason for anything else', async () => {
    const person = somebody();
    const { id } = await desk.taken({ from: person });
    await desk.change(id, { status: 'closed' });
    await desk.seen(id);
    expect(await desk.taken({ from: person, token: id, verdict: 'fail' })).toMatchObject({
      id,
      status: 'open',
      unread: true,
      quarantined: false,
    });
  });
});
