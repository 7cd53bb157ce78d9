/**
 * Every refusal that Meta lists for the calls we make, by a name one can remember, each with the calls it can happen to.
 *
 * Source   Meta, "Common Error Codes" for Messenger and "Handling errors" of the Graph API; what else is marked at its line
 */
import type { FaultAct, GraphCall, GraphFault } from './faults.js';

type Row = readonly [calls: readonly GraphCall[] | null, act: FaultAct];
type ErrorMore = Partial<Extract<FaultAct, { kind: 'error' }>>;

const SEND: readonly GraphCall[] = ['send'];
const FILES: readonly GraphCall[] = ['send', 'upload'];
const THREADS: readonly GraphCall[] = ['send', 'action', 'thread_control'];
const COMMENTS: readonly GraphCall[] = ['send', 'comment'];
const PROFILE: readonly GraphCall[] = ['profile'];
/** Any call. */
const ANY = null;

/** `code` and `subcode` of an error, with what is particular about it. */
const error = (code: number, subcode?: number, more: ErrorMore = {}): FaultAct => ({
  kind: 'error',
  code,
  ...(subcode === undefined ? {} : { subcode }),
  ...more,
});
const body = (httpStatus: number, text: string, contentType?: string): FaultAct => ({
  kind: 'body',
  httpStatus,
  body: text,
  ...(contentType === undefined ? {} : { contentType }),
});

const ROWS = {
  token_dead: [ANY, error(190, 460)],
  token_app_removed: [ANY, error(190, 458)],
  token_checkpoint: [ANY, error(190, 459)],
  token_expired: [ANY, error(190, 463)],
  token_unconfirmed: [ANY, error(190, 464)],
  token_invalid: [ANY, error(190, 467)],
  token_session: [ANY, error(190, 492)],
  token_unreadable: [ANY, error(190)],
  session_ended: [ANY, error(102)],
  window_closed: [SEND, error(10, 2018278, { message: '(#10) This message is sent outside of allowed window.' })],
  window_closed_old: [SEND, error(10, 2018065)],
  window_closed_instagram: [SEND, error(10, 2534022)],
  person_not_receiving: [SEND, error(10, 2018108)],
  person_unavailable: [SEND, error(551)],
  person_unavailable_551: [SEND, error(551, 1545041)],
  // The text names another code than the field. Seen in real answers.
  person_unavailable_200: [SEND, error(200, 1545041, { message: "(#551) This person isn't available right now.", httpStatus: 400 })],
  page_restricted: [SEND, error(10, 1893063)],
  page_commerce_off: [SEND, error(2022)],
  page_restricted_instagram: [SEND, error(100, 2534029)],
  page_blocked: [SEND, error(368)],
  europe_restricted: [SEND, error(10, 2018336)],
  permission_missing: [ANY, error(10)],
  permission_missing_200: [ANY, error(200)],
  app_not_live: [SEND, error(200, 2018028)],
  permission_messaging: [SEND, error(200, 2018027)],
  permission_subscription: [SEND, error(200, 2018021)],
  permission_disallows_person: [SEND, error(230)],
  no_such_person: [SEND, error(100, 2018001, { message: '(#100) No matching user found' })],
  // Without the subcode only the text tells it.
  no_such_person_by_text: [SEND, error(100, undefined, { message: '(#100) No matching user found' })],
  file_not_fetched: [FILES, error(100, 2018008)],
  file_upload_failed: [FILES, error(100, 2018047)],
  file_too_large: [FILES, error(100, 2018109)],
  file_video_slow: [FILES, error(100, 2018294)],
  // Seen with HTTP 200.
  file_refused_with_200: [FILES, error(36000, undefined, { httpStatus: 200 })],
  attachment_id_wrong: [SEND, error(100, 2018074)],
  thread_wrong_app: [['thread_control'], error(100, 2018164)],
  message_and_action: [SEND, error(100, 2018014)],
  message_missing: [SEND, error(100, 2018032)],
  message_empty: [SEND, error(100, 2018034)],
  private_reply_impossible: [SEND, error(100, 2534025)],
  private_reply_used: [SEND, error(10900, undefined, { message: '(#10900) Activity already replied to' })],
  parameter_wrong: [ANY, error(100)],
  object_unknown: [COMMENTS, error(100, 33, { type: 'GraphMethodException' })],
  tag_dead: [SEND, error(100, undefined, { message: '(#100) Param tag is not a tag that can be used' })],
  other_app_has_thread: [SEND, error(10, 2018300, { message: '(#10) Another app is controlling this thread now.' })],
  other_app_has_thread_by_code: [SEND, error(2018300)],
  not_thread_owner: [THREADS, error(10, 2018151)],
  routing_off: [['thread_control'], error(10, 2018464)],
  other_app_has_thread_instagram: [SEND, error(100, 2534037)],
  automated_flow: [SEND, error(10, 2018321)],
  automated_flow_by_code: [SEND, error(2018321)],
  profile_phone_account: [PROFILE, error(100, 2018218)],
  profile_field_withheld: [PROFILE, error(100, 2018247)],
  message_deleted: [['send', 'action', 'conversations'], error(100, 9000001)],
  message_deleted_by_code: [['send', 'action', 'conversations'], error(9000001)],
  owner_refuses_instagram: [ANY, error(200, 2534041)],
  account_linking: [SEND, error(10303)],
  marketing_not_opted_in: [SEND, error(9, 2018352)],
  marketing_not_allowed: [SEND, error(10, 1404170)],
  marketing_not_available: [SEND, error(10, 1893015)],
  marketing_too_often: [SEND, error(613, 1893016)],
  marketing_limit: [SEND, error(4, 2018354)],
  label_terms: [SEND, error(2, 2018344, { httpStatus: 400 })],
  tagged_too_often: [SEND, error(613, 2018338)],
  limit_app: [ANY, error(4)],
  limit_user: [ANY, error(17)],
  limit_page: [ANY, error(32)],
  limit_calls: [ANY, error(613)],
  limit_calls_2534040: [ANY, error(613, 2534040)],
  limit_page_use: [ANY, error(80001)],
  limit_messenger_use: [ANY, error(80006)],
  limit_application: [ANY, error(341)],
  limit_http_429: [ANY, body(429, 'Too Many Requests', 'text/plain')],
  sent_although_error: [SEND, error(1, 1357046, { acceptFirst: true, message: 'Received Invalid JSON reply.' })],
  temporary: [ANY, error(2, undefined, { isTransient: true })],
  temporary_unknown: [ANY, error(1)],
  temporary_99: [ANY, error(1, 99)],
  temporary_send: [SEND, error(1200, undefined, { httpStatus: 500 })],
  temporary_transient: [ANY, error(100, undefined, { isTransient: true })],
  final_unknown: [ANY, error(1, undefined, { isTransient: false })],
  down: [ANY, error(2, undefined, { httpStatus: 503, isTransient: true })],
  web_page_502: [ANY, body(502, '<html><body><h1>502 Bad Gateway</h1></body></html>')],
  half_json: [ANY, body(200, '{"recipient_id":"24', 'application/json')],
  empty_answer: [ANY, body(200, '', 'application/json')],
  cut_before: [ANY, { kind: 'cut' }],
  cut_after_sending: [SEND, { kind: 'cut', acceptFirst: true }],
  silence_before: [ANY, { kind: 'silence' }],
  silence_after_sending: [SEND, { kind: 'silence', acceptFirst: true }],
  usage_nearly_full: [ANY, { kind: 'usage', percent: 85 }],
  usage_full: [ANY, { kind: 'usage', percent: 100, regainMinutes: 5 }],
  token_dies: [ANY, { kind: 'token_death', subcode: 460 }],
  oauth_flat_error: [['oauth'], body(400, '{"error_type":"OAuthException","code":400,"error_message":"Invalid code"}', 'application/json')],
} as const satisfies Record<string, Row>;

export type FaultName = keyof typeof ROWS;

/** Where and when a fault strikes; left out: the calls of its row, every page, always. */
export type FaultPlace = Pick<GraphFault, 'on' | 'pageId' | 'times' | 'after'>;

export const FAULT_NAMES = Object.keys(ROWS) as FaultName[];

/** The fault of that name, as it is switched on. */
export function faultNamed(name: FaultName, place: FaultPlace = {}): GraphFault {
  const [calls, act]: Row = ROWS[name];
  return { ...(calls === null ? {} : { on: [...calls] }), ...place, does: act };
}
