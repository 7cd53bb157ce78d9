import { FAULT_NAMES, type FaultName } from '../apps/simulator/fault-table.js';
import { MessengerDesk } from './messenger-desk.js';

type Outcome = `${'failed' | 'queued' | 'unknown' | 'sent'} ${string}`;

/** What becomes of a message when Graph says this once to the send, and then is well again: at once, and after an hour. */
const OUTCOMES: Partial<Record<FaultName, { atOnce: Outcome; later?: Outcome }>> = {
  window_closed: { atOnce: 'failed reply_window_closed' },
  window_closed_old: { atOnce: 'failed reply_window_closed' },
  window_closed_instagram: { atOnce: 'failed reply_window_closed' },
  person_not_receiving: { atOnce: 'failed person_unreachable' },
  person_unavailable: { atOnce: 'failed person_unreachable' },
  person_unavailable_551: { atOnce: 'failed person_unreachable' },
  person_unavailable_200: { atOnce: 'failed person_unreachable' },
  no_such_person: { atOnce: 'failed person_unreachable' },
  page_restricted: { atOnce: 'queued page_restricted', later: 'sent null' },
  page_commerce_off: { atOnce: 'queued page_restricted', later: 'sent null' },
  page_restricted_instagram: { atOnce: 'queued page_restricted', later: 'sent null' },
  page_blocked: { atOnce: 'queued page_restricted', later: 'sent null' },
  europe_restricted: { atOnce: 'failed not_in_europe' },
  permission_missing: { atOnce: 'failed permission_missing' },
  permission_missing_200: { atOnce: 'failed permission_missing' },
  app_not_live: { atOnce: 'failed permission_missing' },
  permission_messaging: { atOnce: 'failed permission_missing' },
  permission_subscription: { atOnce: 'failed permission_missing' },
  permission_disallows_person: { atOnce: 'failed permission_missing' },
  no_such_person_by_text: { atOnce: 'failed not_accepted' },
  file_not_fetched: { atOnce: 'failed attachment_not_fetched' },
  file_upload_failed: { atOnce: 'failed attachment_refused' },
  file_too_large: { atOnce: 'failed attachment_too_large' },
  file_video_slow: { atOnce: 'failed attachment_not_fetched' },
  file_refused_with_200: { atOnce: 'failed attachment_refused' },
  attachment_id_wrong: { atOnce: 'failed attachment_not_known' },
  message_and_action: { atOnce: 'failed not_accepted' },
  message_missing: { atOnce: 'failed not_accepted' },
  message_empty: { atOnce: 'failed not_accepted' },
  private_reply_impossible: { atOnce: 'failed private_reply_used' },
  private_reply_used: { atOnce: 'failed private_reply_used' },
  parameter_wrong: { atOnce: 'failed not_accepted' },
  object_unknown: { atOnce: 'failed not_accepted' },
  tag_dead: { atOnce: 'failed not_accepted' },
  other_app_has_thread: { atOnce: 'failed controlled_by_other_app' },
  other_app_has_thread_by_code: { atOnce: 'failed controlled_by_other_app' },
  not_thread_owner: { atOnce: 'failed controlled_by_other_app' },
  other_app_has_thread_instagram: { atOnce: 'failed controlled_by_other_app' },
  automated_flow: { atOnce: 'queued automatic_questions', later: 'sent null' },
  automated_flow_by_code: { atOnce: 'queued automatic_questions', later: 'sent null' },
  message_deleted: { atOnce: 'failed message_deleted' },
  message_deleted_by_code: { atOnce: 'failed message_deleted' },
  account_linking: { atOnce: 'failed not_accepted' },
  marketing_not_opted_in: { atOnce: 'failed not_accepted' },
  marketing_not_allowed: { atOnce: 'failed not_accepted' },
  marketing_not_available: { atOnce: 'failed not_accepted' },
  marketing_too_often: { atOnce: 'failed not_accepted' },
  marketing_limit: { atOnce: 'failed not_accepted' },
  label_terms: { atOnce: 'failed not_accepted' },
  tagged_too_often: { atOnce: 'failed tagged_sends_stopped' },
  final_unknown: { atOnce: 'failed not_accepted' },
  sent_although_error: { atOnce: 'unknown maybe_sent', later: 'sent null' },
  cut_after_sending: { atOnce: 'unknown maybe_sent', later: 'sent null' },
  cut_before: { atOnce: 'unknown maybe_sent' },
  web_page_502: { atOnce: 'unknown maybe_sent' },
  half_json: { atOnce: 'unknown maybe_sent' },
  empty_answer: { atOnce: 'unknown maybe_sent' },
  limit_http_429: { atOnce: 'queued try_later', later: 'sent null' },
};

/** Where Graph says something once that is asked about again, or that only asks for patience. */
const BY_PREFIX: [RegExp, { atOnce: Outcome; later?: Outcome }][] = [
  // One word about the token is checked, and is not true here.
  [/^(?:token_(?!dies)|session_ended|owner_refuses)/, { atOnce: 'queued try_later', later: 'sent null' }],
  // How much of the limit is used concerns what comes next.
  [/^usage_/, { atOnce: 'sent null' }],
  [/^(?:limit_|temporary|down$)/, { atOnce: 'queued try_later', later: 'sent null' }],
];

/** They last longer than a test may: the line that is cut has the same outcome. */
const TOO_SLOW = /^silence_/;
const OF_OTHER_CALLS = /^(?:thread_wrong_app|routing_off|profile_|oauth_|token_dies)/;

const asked = FAULT_NAMES.filter((name) => !TOO_SLOW.test(name) && !OF_OTHER_CALLS.test(name));
const outcomeOf = (name: FaultName) => OUTCOMES[name] ?? BY_PREFIX.find(([names]) => names.test(name))?.[1];

describe('what becomes of an answer, whatever Graph says to it', () => {
  let desk: MessengerDesk;

  beforeAll(async () => {
    desk = await MessengerDesk.open();
  });
  afterAll(() => desk.close());
  beforeEach(() => desk.newPerson());

  it.each(asked)('%s: told as it is, tried again only where that helps, never twice', async (name) => {
    const expected = outcomeOf(name);
    expect(expected).toBeDefined();
    desk.world.simulator.fault(name, { on: ['send'], times: 1 });
    await desk.reply('an answer');
    // The echo is not read yet: what the answer alone says.
    const seen: string[] = [];
    await desk.world.drain();
    const told = async () => (await desk.answers()).map(({ state, code }) => `${String(state)} ${String(code)}`);
    seen.push(...(await told()));
    const isResolvedByEcho = expected!.atOnce.startsWith('unknown') && expected!.later === 'sent null';
    expect(seen).toEqual([isResolvedByEcho ? expected!.later : expected!.atOnce]);
    for (let turn = 0; turn < 4; turn++) {
      desk.world.advance({ minutes: 20 });
      await desk.world.drain();
    }
    expect(await told()).toEqual([expected!.later ?? expected!.atOnce]);
    expect(desk.seen()).toHaveLength((await told())[0] === 'sent null' ? 1 : 0);
    expect(await desk.connection()).toMatchObject({ state: 'active' });
  });
});
