import fc from 'fast-check';
import type { ConversationRow } from '#contract';
import { belongsIn, placeRow } from './conversations.js';

const ADA = 'agent-ada';

function row(id: string, minute: number, change: Partial<ConversationRow> = {}): ConversationRow {
  return {
    id,
    number: 1,
    kind: 'messages',
    channel: 'messenger',
    connection: { id: 'connection', name: 'Page' },
    contact: { id: 'contact', name: 'Robin', pictureUrl: null },
    subject: '',
    preview: { text: '', direction: 'in' },
    status: 'open',
    assignee: null,
    team: null,
    tags: [],
    unread: false,
    quarantined: false,
    mergedInto: null,
    lastMessageAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    ...change,
  };
}

const list = (...pages: ConversationRow[][]) => ({
  pages: pages.map((items, index) => ({ items, nextCursor: index < pages.length - 1 ? String(index + 1) : null })),
  pageParams: pages.map((_, index) => (index === 0 ? undefined : String(index))),
});
const unfinished = (...pages: ConversationRow[][]) => {
  const whole = list(...pages);
  return { ...whole, pages: whole.pages.map((page, index) => ({ ...page, nextCursor: String(index + 1) })) };
};
const idsOf = ({ pages }: { pages: { items: ConversationRow[] }[] }) => pages.flatMap(({ items }) => items.map(({ id }) => id));

describe('a list of conversations, kept true by the feed', () => {
  it('keep what is not from whom it says apart from everything else', () => {
    const forged = row('forged', 1, { quarantined: true });
    expect((['mine', 'unassigned', 'all', 'quarantine'] as const).filter((view) => belongsIn({ view }, forged, ADA))).toEqual([
      'quarantine',
    ]);
    expect(belongsIn({ view: 'quarantine' }, row('other', 1), ADA)).toBe(false);
  });

  it('moves a conversation to the top when something was said in it', () => {
    expect(idsOf(placeRow(list([row('a', 30), row('b', 20)], [row('c', 10)]), row('c', 40), true))).toEqual(['c', 'a', 'b']);
  });

  it('takes out what no longer belongs', () => {
    expect(idsOf(placeRow(list([row('a', 30), row('b', 20)]), row('a', 30), false))).toEqual(['b']);
  });

  it('leaves what is older than everything loaded to the page it will come with', () => {
    expect(idsOf(placeRow(unfinished([row('a', 30)], [row('b', 20)]), row('z', 1), true))).toEqual(['a', 'b']);
    expect(idsOf(placeRow(list([row('a', 30)], [row('b', 20)]), row('z', 1), true))).toEqual(['a', 'b', 'z']);
  });

  it('shows nothing twice and stays newest first, whatever comes in whatever order', () => {
    const minutes = fc.integer({ min: 0, max: 50 });
    const news = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), minutes, fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(news, (arrivals) => {
        let current = list([row('a', 30), row('b', 20)], [row('c', 10)]);
        for (const [id, minute, belongs] of arrivals) current = { ...current, ...placeRow(current, row(id, minute), belongs) };
        const ids = idsOf(current);
        expect(new Set(ids).size).toBe(ids.length);
        const ages = current.pages.flatMap(({ items }) => items.map(({ lastMessageAt }) => lastMessageAt));
        expect(ages).toEqual([...ages].sort().reverse());
      }),
    );
  });

  it('knows what belongs in a view', () => {
    const mine = row('a', 1, { assignee: { id: ADA, name: 'Ada' } });
    expect(belongsIn({ view: 'mine' }, mine, ADA)).toBe(true);
    expect(belongsIn({ view: 'mine' }, mine, 'another agent')).toBe(false);
    expect(belongsIn({ view: 'unassigned' }, mine, ADA)).toBe(false);
    expect(belongsIn({ view: 'all' }, row('a', 1, { status: 'closed' }), ADA)).toBe(false);
    expect(belongsIn({ view: 'all', status: 'closed' }, row('a', 1, { status: 'closed' }), ADA)).toBe(true);
    expect(belongsIn({ view: 'all', channel: 'email' }, row('a', 1), ADA)).toBe(false);
  });
});
