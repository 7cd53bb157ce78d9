import { DEMO_PAGES } from '../apps/simulator/index.js';

/** One POST of Meta's with one event, and what it is about. */
export interface MixedEvent {
  body: Buffer;
  psid: string;
}

export interface Crowd {
  people: Person[];
  random: (below: number) => number;
  /** Every event happens a little later than the one before. */
  nowMs: number;
}

interface Person {
  psid: string;
  pageId: string;
  mids: string[];
  comments: string[];
}

const STEP_MS = 20;
const POST = '12345';
const REACTIONS = ['❤', '👍', '😮', '😢'];
const PAGE_INBOX = 263_902_037_430_900;

/** How often each kind comes: a support page's day, where half of what comes in is about what was said before. */
const MIX: readonly [kind: string, share: number][] = [
  ['message', 38],
  ['link', 4],
  ['answer', 6],
  ['echo', 12],
  ['delivery', 12],
  ['read', 9],
  ['reaction', 5],
  ['edit', 3],
  ['postback', 4],
  ['comment', 3],
  ['comment_edit', 1],
  ['referral', 1],
  ['unsend', 1],
  ['standby', 1],
];

/** People who write to two pages. The same in every run, so that figures can be compared. */
export function gatherCrowd(count: number, startMs: number): Crowd {
  let state = 20_261_122;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const people = Array.from({ length: count }, (_, at) => ({
    psid: `2468013579${String(at).padStart(7, '0')}`,
    pageId: DEMO_PAGES[at % 2]!.id,
    mids: [],
    comments: [],
  }));
  return { people, random, nowMs: startMs };
}

/** Each person's first word. */
export function firstWords(crowd: Crowd): MixedEvent[] {
  return crowd.people.map((person) => said(crowd, person, 'message'));
}

/** What happens next, of every kind. */
export function mixedEvents(crowd: Crowd, count: number): MixedEvent[] {
  const kinds = MIX.flatMap(([kind, share]) => Array.from({ length: share }, () => kind));
  return Array.from({ length: count }, () =>
    said(crowd, crowd.people[crowd.random(crowd.people.length)]!, kinds[crowd.random(kinds.length)]!),
  );
}

function said(crowd: Crowd, person: Person, kind: string): MixedEvent {
  crowd.nowMs += STEP_MS;
  const timestamp = crowd.nowMs;
  const mid = `m_mixed-${String(timestamp)}-${'AzYxWvUt'.repeat(8)}`;
  const known = person.mids[crowd.random(person.mids.length)] ?? mid;
  const inbound = { sender: { id: person.psid }, recipient: { id: person.pageId }, timestamp };
  const outbound = { sender: inbound.recipient, recipient: inbound.sender, timestamp };
  const say = (message: object) => {
    person.mids.push(mid);
    return { ...inbound, message: { mid, ...message } };
  };
  const messaging = (event: object) => entry(person, timestamp, { messaging: [event] });
  const text = `Said at ${String(timestamp)}: my order has not arrived yet, could you have a look where it is?`;
  switch (kind) {
    case 'link':
      return messaging(
        say({ text, attachments: [{ type: 'fallback', payload: { url: 'https://shop.example/item/7', title: 'Item 7' } }] }),
      );
    case 'answer':
      return messaging(say({ text, reply_to: { mid: known } }));
    case 'echo':
      return messaging({ ...outbound, message: { mid, text: `Answered: ${text}`, is_echo: true, app_id: PAGE_INBOX } });
    case 'delivery':
      return messaging({ ...inbound, delivery: { mids: [known], watermark: timestamp } });
    case 'read':
      return messaging({ ...inbound, read: { watermark: timestamp } });
    case 'reaction':
      return messaging({
        ...inbound,
        reaction: { mid: known, action: 'react', reaction: 'other', emoji: REACTIONS[crowd.random(REACTIONS.length)] },
      });
    case 'edit':
      return messaging({ ...inbound, message_edit: { mid: known, text: `Edited. ${text}`, num_edit: 1 } });
    case 'postback':
      return messaging({ ...inbound, postback: { mid, title: 'Where is my order?', payload: 'ORDER_STATE' } });
    case 'unsend':
      return messaging({ ...inbound, message: { mid: known, is_deleted: true } });
    case 'referral':
      return messaging({ ...inbound, referral: { ref: 'summer', source: 'SHORTLINK', type: 'OPEN_THREAD' } });
    case 'standby':
      return entry(person, timestamp, { standby: [say({ text })] });
    case 'comment':
    case 'comment_edit':
      return commented(person, { kind, timestamp, text });
    default:
      return messaging(say({ text }));
  }
}

function commented(person: Person, { kind, timestamp, text }: { kind: string; timestamp: number; text: string }): MixedEvent {
  const known = kind === 'comment_edit' ? person.comments.at(-1) : undefined;
  const commentId = known ?? `${POST}_${String(timestamp)}`;
  if (known === undefined) person.comments.push(commentId);
  const post = `${person.pageId}_${POST}`;
  const value = {
    item: 'comment',
    verb: known === undefined ? 'add' : 'edited',
    comment_id: commentId,
    post_id: post,
    parent_id: post,
    from: { id: person.psid, name: `Person ${person.psid.slice(-4)}` },
    message: text,
    created_time: Math.floor(timestamp / 1000),
  };
  return entry(person, Math.floor(timestamp / 1000), { changes: [{ field: 'feed', value }] });
}

function entry({ psid, pageId }: Person, time: number, events: object): MixedEvent {
  return { body: Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: pageId, time, ...events }] })), psid };
}
