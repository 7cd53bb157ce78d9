import fc from 'fast-check';
import type {
  InboundControl,
  InboundEdit,
  InboundEvent,
  InboundFact,
  InboundReaction,
  InboundReceipt,
  InboundReferral,
  InboundUnsend,
} from '#channels';
import { endState, type Random, seeded, shuffled } from '../../test/end-state.js';
import { at, comment, event, message, PAGE, Receiving } from '../../test/receiving.js';

const PEOPLE = ['801', '802', '803'];
const EVENTS = 120;
const RUNS = 8;

/** A morning on a page: three people write, comment on each other's comments, and everything is edited, liked, taken back or answered. */
function morning(random: Random): InboundEvent[] {
  const mids = new Map(PEOPLE.map((person) => [person, [`m0-${person}`]]));
  const comments: { id: string; author: string }[] = [];
  const events: InboundEvent[] = PEOPLE.map((person, n) => message(person, `m0-${person}`, { sentAt: at(n) }));
  for (let n = PEOPLE.length; n < EVENTS; n++) {
    const personId = PEOPLE[random(PEOPLE.length)]!;
    const known = mids.get(personId)!;
    events.push(next({ n, personId, externalId: known[random(known.length)]!, comments, known, random }));
  }
  return events;
}

interface Turn {
  n: number;
  personId: string;
  externalId: string;
  comments: { id: string; author: string }[];
  known: string[];
  random: Random;
}

function next({ n, personId, externalId, comments, known, random }: Turn): InboundEvent {
  const now = at(n);
  const about = comments[random(comments.length)];
  const kind = random(about ? 20 : 13);
  const base = { personId, isStandby: random(6) === 0 };
  if (kind < 4) {
    known.push(`m${String(n)}`);
    const referral = random(4) === 0 ? { source: 'link' as const, ref: `r${String(n)}`, adId: null, title: null, url: null } : null;
    return message(personId, `m${String(n)}`, { sentAt: now, isStandby: base.isStandby, referral, replyToExternalId: externalId });
  }
  switch (kind) {
    case 4:
      known.push(`e${String(n)}`);
      return message(personId, `e${String(n)}`, { direction: 'out', sentAt: now, appId: '77' });
    case 5:
      return event<InboundEdit>({ ...base, type: 'edit', externalId, text: `edit ${String(n)}`, editNumber: n, editedAt: now });
    case 6:
      return event<InboundReaction>({
        ...base,
        type: 'reaction',
        externalId,
        emoji: [null, '❤', '👍'][random(3)]!,
        reactedAt: now,
      });
    case 7:
      return event<InboundUnsend>({ ...base, type: 'unsend', externalId, unsentAt: now });
    case 8:
      return event<InboundReceipt>({ ...base, type: 'receipt', state: 'delivered', watermarkAt: now, externalIds: [externalId] });
    case 9:
      return event<InboundReceipt>({ ...base, type: 'receipt', state: 'read', watermarkAt: now, externalIds: [] });
    case 10: {
      const referral = { source: 'ad' as const, ref: null, adId: `ad${String(n)}`, title: 'Ten off', url: null };
      return event<InboundReferral>({ ...base, type: 'referral', referral, cameAt: now });
    }
    case 11: {
      const change = (['us', 'other_app', 'requested'] as const)[random(3)]!;
      return event<InboundControl>({ ...base, type: 'control', change, appId: String(random(3)), changedAt: now });
    }
    case 12:
      if (comments.length > 0) {
        const content = { text: '', detail: 'x' };
        return event<InboundFact>({
          ...base,
          type: 'fact',
          kind: 'opted_in',
          externalId: `f${String(n)}`,
          happenedAt: now,
          content,
          raw: '{}',
        });
      }
      comments.push({ id: `c${String(n)}`, author: personId });
      return comment(personId, `c${String(n)}`, { sentAt: now, actedAt: now });
    default:
      return belowThePost({ n, personId, kind, about: about!, comments });
  }
}

function belowThePost({
  n,
  personId,
  kind,
  about,
  comments,
}: Pick<Turn, 'n' | 'personId' | 'comments'> & { kind: number; about: { id: string; author: string } }): InboundEvent {
  const now = at(n);
  const id = `c${String(n)}`;
  const acted = { sentAt: null, actedAt: now };
  switch (kind) {
    case 13:
      comments.push({ id, author: personId });
      return comment(personId, id, { sentAt: now, actedAt: now, content: { text: `new ${id}`, senderName: `Name ${personId}` } });
    case 14:
    case 15:
      comments.push({ id, author: personId });
      return comment(personId, id, { parentExternalId: about.id, sentAt: now, actedAt: now });
    case 16:
      comments.push({ id, author: PAGE });
      return comment(PAGE, id, { direction: 'out', parentExternalId: n % 3 === 0 ? null : about.id, sentAt: now, actedAt: now });
    case 17:
      return comment(about.author, about.id, { act: n % 2 === 0 ? 'hide' : 'unhide', ...acted });
    case 18:
      return comment(about.author, about.id, { act: n % 5 === 0 ? 'remove' : 'edit', ...acted, content: { text: `now ${id}` } });
    default:
      return event<InboundReaction>({
        type: 'reaction',
        personId: n % 4 === 0 ? PAGE : personId,
        externalId: about.id,
        emoji: n % 3 === 0 ? null : '👍',
        reactedAt: now,
      });
  }
}

describe('events that come in any order', () => {
  let house: Receiving;
  beforeAll(async () => {
    house = await Receiving.open();
  });
  afterAll(() => house.close());

  it('leave what they leave in their own order, also when they come again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = seeded(seed);
        const events = morning(random);
        const [inOrder, mixed] = [await house.tenant({ raw_deliveries: 'record' }), await house.tenant({ raw_deliveries: 'record' })];
        await house.take(inOrder, ...events);
        const again = events.filter(() => random(3) === 0);
        await house.take(mixed, ...shuffled([...events, ...again], random));
        const [left, expected] = [mixed, inOrder].map((arrival) => endState((sql) => house.rows(arrival, sql)));
        expect(await left).toEqual(await expected);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 120_000);
});
