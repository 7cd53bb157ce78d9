import { MINUTE_MS } from '#platform';
import { ChannelError, type Remedy } from '../channel.js';

/** What Graph says when it says no. */
export interface GraphProblem {
  code: number;
  subcode: number | null;
  isTransient: boolean | null;
  traceId: string | null;
}

interface Meaning {
  remedy: Remedy;
  code: string;
  reason: string;
  retryAfterMs?: number;
}

/** Calling while blocked lengthens the block. Where no header says how long, this long. */
export const RATE_LIMIT_PAUSE_MS = MINUTE_MS;
/** How often a restricted page is tried again: somebody at Meta has to lift it. */
export const RESTRICTION_PAUSE_MS = 60 * MINUTE_MS;

const TOKEN_DEAD: Meaning = {
  remedy: 'reconnect',
  code: 'needs_reconnecting',
  reason: 'Facebook no longer accepts the connection to this page. Reconnect the page; the message is kept.',
};
const WINDOW_CLOSED: Meaning = {
  remedy: 'give_up',
  code: 'reply_window_closed',
  reason: 'Facebook allows answers until 24 hours after the person last wrote. That time is over.',
};
const UNREACHABLE: Meaning = {
  remedy: 'give_up',
  code: 'person_unreachable',
  reason: 'This person cannot be reached: they blocked the page, left Facebook, or turned messages off.',
};
const PERMISSION_MISSING: Meaning = {
  remedy: 'give_up',
  code: 'permission_missing',
  reason: 'Omnidesk lacks Facebook’s permission for this. An admin of the page has to connect it again and allow everything.',
};
const RESTRICTED: Meaning = {
  remedy: 'try_later',
  code: 'page_restricted',
  reason: 'Facebook has restricted this page. Look in the page’s support inbox; the message is kept and tried again.',
  retryAfterMs: RESTRICTION_PAUSE_MS,
};
const EUROPE: Meaning = {
  remedy: 'give_up',
  code: 'not_in_europe',
  reason: 'Facebook does not allow this for people in Europe.',
};
const OTHER_APP: Meaning = {
  remedy: 'give_up',
  code: 'controlled_by_other_app',
  reason: 'Another app or the page’s own inbox has this conversation right now. Take it over to answer.',
};
const AUTOMATION: Meaning = {
  remedy: 'try_later',
  code: 'automatic_questions',
  reason: 'Facebook’s own automatic questions have this conversation. It is tried again in a few minutes.',
};
const OUR_FAULT: Meaning = { remedy: 'give_up', code: 'not_accepted', reason: 'Facebook did not accept this message.' };
const FILE_REFUSED: Meaning = {
  remedy: 'give_up',
  code: 'attachment_refused',
  reason: 'Facebook did not accept this file. Try another form of it.',
};
const FILE_TOO_LARGE: Meaning = { remedy: 'give_up', code: 'attachment_too_large', reason: 'This file is too large for Facebook.' };
const FILE_NOT_FETCHED: Meaning = {
  remedy: 'give_up',
  code: 'attachment_not_fetched',
  reason: 'Facebook could not process this file, twice. Try another form of it.',
};
const FILE_NOT_KNOWN: Meaning = {
  remedy: 'give_up',
  code: 'attachment_not_known',
  reason: 'Facebook no longer has this file. Attach it again.',
};
const PRIVATE_REPLY_USED: Meaning = {
  remedy: 'give_up',
  code: 'private_reply_used',
  reason: 'Facebook allows one private answer to a comment, within seven days. It is used or too late.',
};
const TAGS_STOPPED: Meaning = {
  remedy: 'give_up',
  code: 'tagged_sends_stopped',
  reason: 'Facebook no longer accepts late answers to this person. Wait until they write again.',
};
const MESSAGE_DELETED: Meaning = { remedy: 'give_up', code: 'message_deleted', reason: 'The message was deleted on Facebook.' };
const NO_PROFILE: Meaning = { remedy: 'give_up', code: 'no_profile', reason: 'Facebook does not say who this person is.' };
const LATER: Meaning = {
  remedy: 'try_later',
  code: 'try_later',
  reason: 'Facebook is busy or limits how fast we may send. It is tried again.',
};
const RATE_LIMITED: Meaning = { ...LATER, retryAfterMs: RATE_LIMIT_PAUSE_MS };
const MAYBE_SENT: Meaning = {
  remedy: 'unknown',
  code: 'maybe_sent',
  reason: 'Facebook did not say whether the message was sent. Look in the conversation before sending it again.',
};

/**
 * One line of Meta's errors.
 *
 * Shape    numbers: subcodes that Meta also gives as a code of their own, so they are looked for in both places; pairs: subcodes that say
 *          something beside one code only; codes: what a code means whatever its subcode
 */
export interface GraphErrorLine {
  numbers?: readonly number[];
  pairs?: readonly (readonly [code: number, subcode: number])[];
  codes?: readonly number[];
  means: Meaning;
  source: string;
}

const MESSENGER_ERRORS = 'https://developers.facebook.com/docs/messenger-platform/error-codes (25 June 2026)';
const GRAPH_ERRORS = 'https://developers.facebook.com/docs/graph-api/guides/error-handling';
const RATE_LIMITS = 'https://developers.facebook.com/docs/graph-api/overview/rate-limiting';
const PRIVATE_REPLIES = 'https://developers.facebook.com/docs/messenger-platform/discovery/private-replies';
const SEEN = 'seen in answers of the real Graph API; no page of Meta’s lists it';

/** Every "no" of Graph that we know, and what can be done about it. */
export const GRAPH_ERRORS_TABLE: readonly GraphErrorLine[] = [
  // 458 app removed, 459 checkpoint, 460 password changed, 463 expired, 464 unconfirmed, 467 logged out, 492 role lost: all one to us.
  { codes: [190, 102], means: TOKEN_DEAD, source: GRAPH_ERRORS },
  // The owner of the Instagram account switched off access to its messages: connecting anew asks for it again.
  { numbers: [2534041], means: TOKEN_DEAD, source: MESSENGER_ERRORS },
  { numbers: [2018278, 2018065, 2534022], means: WINDOW_CLOSED, source: MESSENGER_ERRORS },
  // Of 1545041 one page of Meta's says "window", its page of errors says "unavailable": the person cannot be reached now.
  { numbers: [2018108, 1545041], codes: [551], means: UNREACHABLE, source: MESSENGER_ERRORS },
  { numbers: [2018001], means: UNREACHABLE, source: MESSENGER_ERRORS },
  { numbers: [1893063, 2534029], codes: [2022], means: RESTRICTED, source: MESSENGER_ERRORS },
  { codes: [368], means: RESTRICTED, source: GRAPH_ERRORS },
  { numbers: [2018336], means: EUROPE, source: MESSENGER_ERRORS },
  { numbers: [2018028, 2018027, 2018021], codes: [10, 200, 230], means: PERMISSION_MISSING, source: MESSENGER_ERRORS },
  { numbers: [2018008, 2018294], means: FILE_NOT_FETCHED, source: MESSENGER_ERRORS },
  { numbers: [2018047], means: FILE_REFUSED, source: MESSENGER_ERRORS },
  { codes: [36000], means: FILE_REFUSED, source: SEEN },
  { numbers: [2018109], means: FILE_TOO_LARGE, source: MESSENGER_ERRORS },
  { numbers: [2018074], means: FILE_NOT_KNOWN, source: MESSENGER_ERRORS },
  { numbers: [2018164, 2018014, 2018032, 2018034], codes: [100], means: OUR_FAULT, source: MESSENGER_ERRORS },
  { pairs: [[100, 33]], means: OUR_FAULT, source: GRAPH_ERRORS },
  { numbers: [2534025], codes: [10900], means: PRIVATE_REPLY_USED, source: PRIVATE_REPLIES },
  { numbers: [2018300, 2018151, 2018464, 2534037], means: OTHER_APP, source: MESSENGER_ERRORS },
  { numbers: [2018321], means: AUTOMATION, source: MESSENGER_ERRORS },
  { numbers: [2018218, 2018247], means: NO_PROFILE, source: MESSENGER_ERRORS },
  { numbers: [9000001], means: MESSAGE_DELETED, source: MESSENGER_ERRORS },
  // Account linking, marketing opt-ins, labels: we call none of these, so it is our mistake, whatever their code says of limits.
  { numbers: [2018352, 1404170, 1893015, 1893016, 2018354, 2018344], codes: [10303], means: OUR_FAULT, source: MESSENGER_ERRORS },
  { numbers: [2018338], means: TAGS_STOPPED, source: MESSENGER_ERRORS },
  { numbers: [2534040], codes: [4, 17, 32, 613, 341], means: RATE_LIMITED, source: RATE_LIMITS },
  // "Received invalid JSON reply": Meta's own note says that the message was sent.
  { numbers: [1357046], means: MAYBE_SENT, source: MESSENGER_ERRORS },
  // Of 1/99 Meta says that a permission may be missing, or not: it is tried like any other 1.
  { codes: [1, 2], means: LATER, source: GRAPH_ERRORS },
  { codes: [1200], means: LATER, source: SEEN },
];

/** Business limits are one block of codes: 80001 for pages, 80006 for Messenger, and so on. Source: Meta's page on rate limits. */
const BUSINESS_LIMITS = { first: 80_000, last: 80_099 };

const BY_NUMBER = new Map(GRAPH_ERRORS_TABLE.flatMap(({ numbers = [], means }) => numbers.map((number) => [number, means])));
const BY_PAIR = new Map(GRAPH_ERRORS_TABLE.flatMap(({ pairs = [], means }) => pairs.map((pair) => [pair.join('/'), means])));
const BY_CODE = new Map(GRAPH_ERRORS_TABLE.flatMap(({ codes = [], means }) => codes.map((code) => [code, means])));

/** What to do about a "no" of the Graph API: by subcode, then by code, then by HTTP status. Its text is localised and is not read. */
export function remedyFor(problem: GraphProblem, httpStatus: number): ChannelError {
  return refusalOf(meaningOf(problem, httpStatus));
}

/** Whether Graph speaks of limits, and so wants fewer calls, not other ones. */
export function isRateLimit(problem: GraphProblem, httpStatus: number): boolean {
  return meaningOf(problem, httpStatus) === RATE_LIMITED;
}

/** The limit of the whole app, which all pages share. Source: as the table's. */
export const APP_LIMIT_CODE = 4;

function meaningOf({ code, subcode, isTransient }: GraphProblem, httpStatus: number): Meaning {
  const bySubcode = subcode === null ? undefined : (BY_PAIR.get(`${String(code)}/${String(subcode)}`) ?? BY_NUMBER.get(subcode));
  const known = bySubcode ?? BY_NUMBER.get(code);
  if (known) return known;
  if (code >= BUSINESS_LIMITS.first && code <= BUSINESS_LIMITS.last) return RATE_LIMITED;
  if (code === 1 && isTransient === false) return OUR_FAULT;
  const byCode = BY_CODE.get(code);
  if (byCode && !(byCode === OUR_FAULT && isTransient === true)) return byCode;
  if (httpStatus === 429) return RATE_LIMITED;
  if (isTransient === true || httpStatus >= 500) return LATER;
  return OUR_FAULT;
}

function refusalOf({ remedy, code, reason, retryAfterMs }: Meaning): ChannelError {
  return new ChannelError(remedy, code, reason, retryAfterMs ?? null);
}

export function maybeSent(): ChannelError {
  return refusalOf(MAYBE_SENT);
}

export function tryLater(): ChannelError {
  return refusalOf(LATER);
}

/** Our own brake: too many calls, or too many failures in a row. */
export function pagePaused(retryAfterMs: number): ChannelError {
  const reason = 'Sending for this page is paused for a moment, because Facebook asks for it or does not answer. It goes on by itself.';
  return new ChannelError('try_later', 'page_paused', reason, retryAfterMs);
}
