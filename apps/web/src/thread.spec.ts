import type { Message, Referral } from '#contract';
import { layOver, type Thread } from './thread.js';
import { type ThreadParts, threadRows } from './inbox/thread-rows.js';
import type { Pending } from './outbox.js';

const ADA = 'agent-ada';

function message(id: string, minute: number, change: Partial<Message> = {}): Message {
  return {
    id,
    conversationId: 'conversation',
    direction: 'in',
    kind: 'text',
    author: { kind: 'contact', id: 'robin', name: 'Robin' },
    text: id,
    fullText: null,
    htmlUrl: null,
    subject: null,
    detail: null,
    cc: [],
    replyTo: null,
    attachments: [],
    reactions: [],
    edited: false,
    earlierTexts: [],
    unsentAt: null,
    quickReplies: [],
    humanAgent: false,
    comment: null,
    withheld: false,
    fromStranger: false,
    mail: null,
    delivery: null,
    sentAt: new Date(2026, 0, 1, 12, minute).toISOString(),
    ...change,
  };
}

const said = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => message(`m${from + index}`, from + index));
const idsOf = (thread: Thread) => thread.messages.map(({ id }) => id);

describe('a thread, renewed from its end', () => {
  it('keeps the older part that was loaded and adds what is new', () => {
    const before: Thread = { messages: said(0, 10), olderCursor: 'before m0' };
    const after = layOver(before, { items: said(5, 12), nextCursor: 'before m5' });
    expect(idsOf(after)).toEqual(said(0, 12).map(({ id }) => id));
    expect(after.olderCursor).toBe('before m0');
  });

  it('drops the older part when the two do not meet, so that no gap is hidden', () => {
    const after = layOver({ messages: said(0, 10), olderCursor: null }, { items: said(40, 50), nextCursor: 'before m40' });
    expect(idsOf(after)).toEqual(said(40, 50).map(({ id }) => id));
    expect(after.olderCursor).toBe('before m40');
  });

  it('lets go of what was erased', () => {
    const after = layOver({ messages: said(0, 10), olderCursor: null }, { items: said(8, 10), nextCursor: null });
    expect(idsOf(after)).toEqual(['m8', 'm9']);
  });
});

describe('the lines of a thread', () => {
  const pending = (change: Partial<Pending> = {}): Pending => ({
    key: 'key',
    conversationId: 'conversation',
    kind: 'reply',
    text: 'Coming',
    cc: [],
    bcc: [],
    files: [],
    quickReplies: [],
    replyTo: null,
    partLengthMax: 20,
    lastSeenMessageId: 'm1',
    state: 'sending',
    error: null,
    createdAtMs: 0,
    ...change,
  });
  const rowsOf = (messages: Message[], items: Pending[] = [], more: Partial<ThreadParts> = {}) =>
    threadRows({ messages, referrals: [], hasOlder: false, pending: items, agentId: ADA, ...more });
  const came = (minute: number, change: Partial<Referral> = {}): Referral => ({
    at: new Date(2026, 0, 1, 12, minute).toISOString(),
    source: 'link',
    ref: 'summer',
    adId: null,
    title: null,
    url: null,
    ...change,
  });
  const mine = (id: string, text: string) => message(id, 5, { direction: 'out', author: { kind: 'agent', id: ADA, name: 'Ada' }, text });

  it('shows a reply once when the feed is faster than the answer to our own request', () => {
    const rows = rowsOf([...said(0, 2), mine('kept', 'Coming')], [pending()]);
    expect(rows.map(({ key }) => key)).toEqual(['m0', 'm1', 'kept']);
  });

  it('does not take an older reply of the same words for it', () => {
    const rows = rowsOf([mine('old', 'Coming'), ...said(0, 2)], [pending()]);
    expect(rows.map(({ key }) => key)).toEqual(['old', 'm0', 'm1', 'key']);
  });

  it('never hides a reply that failed', () => {
    const rows = rowsOf([...said(0, 2), mine('kept', 'Coming')], [pending({ state: 'failed' })]);
    expect(rows.at(-1)?.key).toBe('key');
  });

  it('groups what one person said in a row, and says the day once', () => {
    const rows = rowsOf([message('a', 0), message('b', 1), message('c', 30), mine('d', 'Yes')]);
    const shape = rows.map((row) => ('message' in row ? [row.opens, row.closes, row.day !== null] : []));
    expect(shape).toEqual([
      [true, false, true],
      [false, true, false],
      [true, true, false],
      [true, true, false],
    ]);
  });

  it('shows a long reply once, although the server has cut it and its first part came before our answer', () => {
    const long = pending({ text: 'The first part of it. And the second part.' });
    const rows = rowsOf([...said(0, 2), mine('part one', 'The first part of it.')], [long]);
    expect(rows.map(({ key }) => key)).toEqual(['m0', 'm1', 'part one']);
  });

  it('does not take a short reply for the beginning of a longer one that is on its way', () => {
    const rows = rowsOf([...said(0, 2), mine('other', 'Yes')], [pending({ text: 'Yes, tomorrow.' })]);
    expect(rows.map(({ key }) => key)).toEqual(['m0', 'm1', 'other', 'key']);
  });

  it('says how the contact came above what was said then, and that it was not the first time', () => {
    const rows = rowsOf([message('a', 10), message('b', 11), message('c', 30)], [], { referrals: [came(20), came(10, { ref: 'spring' })] });
    expect(rows.map((row) => ('referral' in row ? [row.referral.ref, row.isBack] : row.key))).toEqual([
      ['spring', false],
      'a',
      'b',
      ['summer', true],
      'c',
    ]);
  });

  it('groups nothing across the line that tells how the contact came back', () => {
    const rows = rowsOf([message('a', 10), message('b', 12)], [], { referrals: [came(11)] });
    expect(rows.map((row) => ('message' in row ? [row.opens, row.closes] : 'came'))).toEqual([[true, true], 'came', [true, true]]);
  });

  it('keeps what happened before the loaded part for that part', () => {
    const rows = rowsOf([message('a', 10)], [], { referrals: [came(5)], hasOlder: true });
    expect(rows.map(({ key }) => key)).toEqual(['a']);
  });

  it('shows a contact who came and has said nothing since', () => {
    const rows = rowsOf([message('a', 10)], [], { referrals: [came(50)] });
    expect(rows.map((row) => 'referral' in row)).toEqual([false, true]);
  });

  it('fold what a machine says beside people, and neither its order that began it all nor an invitation', () => {
    const facts = { authentication: null, from: null, to: [], bcc: [], forwardedBy: null, calendar: null, flags: [], alsoReceivedIn: [] };
    const mail = (id: string, minute: number, kind: 'human' | 'auto_generated' | 'auto_reply' | 'calendar') =>
      message(id, minute, { mail: { ...facts, class: kind } });
    const thread = [
      mail('order', 0, 'auto_generated'),
      mail('away', 9, 'auto_reply'),
      mail('invitation', 18, 'calendar'),
      mail('a', 27, 'human'),
    ];
    const foldedOf = (more?: Partial<ThreadParts>) =>
      rowsOf(thread, [], more).flatMap((row) => ('folded' in row && row.folded ? [row.key] : []));
    expect(foldedOf()).toEqual(['away']);
    expect(foldedOf({ hasOlder: true })).toEqual(['order', 'away']);
  });
});
