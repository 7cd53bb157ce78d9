import { DEMO_PAGES } from '../apps/simulator/index.js';
import type { Random } from './end-state.js';

/** One event as the vendor writes it, on its page. */
export interface PageEvent {
  pageId: string;
  time: number;
  /** `messaging`, `standby` or `changes`, with one event. */
  events: Record<string, object[]>;
}

interface Person {
  psid: string;
  pageId: string;
  mids: string[];
}

interface Said {
  id: string;
  psid: string;
}

/** A moment of the day, and who acts in it. */
interface Moment {
  n: number;
  timestamp: number;
  person: Person;
  random: Random;
  comments: Said[];
}

const PEOPLE = 60;
const SECOND_MS = 1000;
const EMOJI = ['❤', '👍', '😮'];

/** A day on two pages, a second between one event and the next: people write, come and go, comment, regret, and other apps take over. */
export function aDayOnTwoPages(count: number, startMs: number, random: Random): PageEvent[] {
  const people = Array.from({ length: PEOPLE }, (_, at) => ({
    psid: `7000000000000${String(1000 + at)}`,
    pageId: DEMO_PAGES[at % 2]!.id,
    mids: [`m_first_${String(at)}`],
  }));
  const comments = new Map(DEMO_PAGES.map(({ id }) => [id, [] as Said[]]));
  return Array.from({ length: count }, (_, n) => {
    const person = people[random(people.length)]!;
    return happening({ n, timestamp: startMs + n * SECOND_MS, person, random, comments: comments.get(person.pageId)! });
  });
}

function happening(moment: Moment): PageEvent {
  const { n, timestamp, person, random } = moment;
  const mid = `m_day_${String(n)}`;
  const known = person.mids[random(person.mids.length)]!;
  const inbound = { sender: { id: person.psid }, recipient: { id: person.pageId }, timestamp };
  const say = (message: object, standby = false) => {
    person.mids.push(mid);
    return on(moment, { [standby ? 'standby' : 'messaging']: [{ ...inbound, message: { mid, ...message } }] });
  };
  const event = (more: object) => on(moment, { messaging: [{ ...inbound, ...more }] });
  switch (random(24)) {
    case 0:
      return say({ text: `answering ${mid}`, reply_to: { mid: known } });
    case 1:
      return say({ attachments: [{ type: 'fallback', payload: { url: `https://shop.example/${mid}`, title: `Item ${mid}` } }] });
    case 2:
      person.mids.push(mid);
      return event({
        postback: { mid, title: `pressed ${mid}`, payload: 'PRESSED', referral: { ref: mid, source: 'SHORTLINK', type: 'OPEN_THREAD' } },
      });
    case 3:
      return event({ message_edit: { mid: known, text: `edited at ${String(n)}`, num_edit: n } });
    case 4:
      return event({ reaction: { mid: known, action: 'react', emoji: EMOJI[random(EMOJI.length)] } });
    case 5:
      return event({ reaction: { mid: known, action: 'unreact' } });
    case 6:
    case 7: {
      person.mids.push(mid);
      const echo = { mid, text: `from elsewhere ${mid}`, is_echo: true, app_id: 1 };
      return on(moment, { messaging: [{ sender: inbound.recipient, recipient: inbound.sender, timestamp, message: echo }] });
    }
    case 8:
      return event({ delivery: { mids: [known], watermark: timestamp } });
    case 9:
      return event({ read: { watermark: timestamp } });
    case 10:
      return event({ message: { mid: known, is_deleted: true } });
    case 11:
      return event({ referral: { source: 'ADS', type: 'OPEN_THREAD', ad_id: String(n) } });
    case 12:
      return event({
        optin: { type: 'notification_messages', notification_messages_status: 'STOP NOTIFICATIONS', title: `News ${String(n)}` },
      });
    case 13:
      return event(
        [
          { pass_thread_control: { new_owner_app_id: 5000 + random(3), metadata: null } },
          { take_thread_control: { previous_owner_app_id: 5000 + random(3), new_owner_app_id: 6001 } },
          { request_thread_control: { requested_owner_app_id: 5000 + random(3) } },
        ][random(3)]!,
      );
    case 14:
      return say({ text: `overheard ${mid}` }, true);
    case 15:
      return event({ something_new: { at: n } });
    case 16:
    case 17:
    case 18:
      return commented(moment);
    default:
      return say({ text: `said ${mid}` });
  }
}

function commented(moment: Moment): PageEvent {
  const { n, person, random, comments } = moment;
  const about = comments[random(comments.length)];
  const id = `900_${String(n)}`;
  const from = { id: person.psid, name: `Person ${person.psid.slice(-4)}` };
  const written = (author: { id: string; name?: string }, parent?: Said) => {
    comments.push({ id, psid: author.id });
    return feed(moment, {
      verb: 'add',
      comment_id: id,
      from: author,
      message: `commented ${id}`,
      ...(parent ? { parent_id: parent.id } : {}),
    });
  };
  const act = (verb: string, more: object = {}) => feed(moment, { verb, comment_id: about!.id, from: { id: about!.psid }, ...more });
  switch (about === undefined ? 0 : random(10)) {
    case 0:
    case 1:
      return written(from);
    case 2:
    case 3:
      return written(from, about);
    case 4:
      return written({ id: person.pageId, name: 'The page' }, about);
    case 5:
      return act('hide');
    case 6:
      return act('unhide');
    case 7:
      return act('edited', { message: `edited at ${String(n)}` });
    case 8:
      return n % 5 === 0 ? act('remove') : written(from, about);
    default:
      return feed(moment, { item: 'reaction', verb: 'add', reaction_type: 'love', comment_id: about!.id, from });
  }
}

function feed(moment: Moment, value: object): PageEvent {
  const seconds = Math.floor(moment.timestamp / SECOND_MS);
  const post = `${moment.person.pageId}_900`;
  const shared = { item: 'comment', post_id: post, parent_id: post, created_time: seconds };
  return { ...on(moment, { changes: [{ field: 'feed', value: { ...shared, ...value } }] }), time: seconds };
}

function on({ person, timestamp }: Moment, events: Record<string, object[]>): PageEvent {
  return { pageId: person.pageId, time: timestamp, events };
}
