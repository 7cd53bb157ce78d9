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
}

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
const FORBIDDEN: Meaning = {
  remedy: 'reconnect',
  code: 'permission_missing',
  reason: 'The page did not give Omnidesk permission for this. An admin of the page has to connect it again.',
};
const RESTRICTED: Meaning = {
  remedy: 'give_up',
  code: 'page_restricted',
  reason: 'Facebook has restricted this page. Look in the page’s support inbox.',
};
const OTHER_APP: Meaning = {
  remedy: 'give_up',
  code: 'controlled_by_other_app',
  reason: 'Another app or the page’s own inbox has this conversation right now.',
};
const OUR_FAULT: Meaning = { remedy: 'give_up', code: 'not_accepted', reason: 'Facebook did not accept this message.' };
const LATER: Meaning = {
  remedy: 'try_later',
  code: 'try_later',
  reason: 'Facebook is busy or limits how fast we may send. It is tried again.',
};
const MAYBE_SENT: Meaning = {
  remedy: 'unknown',
  code: 'maybe_sent',
  reason: 'Facebook did not say whether the message was sent. Look in the conversation before sending it again.',
};

/**
 * Meta's subcodes, which say more than its codes. Numbers that Meta lists alone come as a code or as a subcode.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/error-codes (25 June 2026)
 */
const BY_SUBCODE: ReadonlyMap<number, Meaning> = new Map([
  [2018278, WINDOW_CLOSED],
  [2018065, WINDOW_CLOSED],
  [2018108, UNREACHABLE],
  [1545041, UNREACHABLE],
  [2018001, UNREACHABLE],
  [1893063, RESTRICTED],
  [2018300, OTHER_APP],
  [2018151, OTHER_APP],
  [2018464, OTHER_APP],
  [2018321, { ...LATER, reason: 'Facebook’s own automatic questions have this conversation. It is tried again.' }],
  [2018028, FORBIDDEN],
  [2018027, FORBIDDEN],
  [2018021, FORBIDDEN],
  [2018338, RESTRICTED],
  [1357046, MAYBE_SENT],
  [9000001, { remedy: 'give_up', code: 'message_deleted', reason: 'The message was deleted on Facebook.' }],
]);

/**
 * Meta's codes.
 *
 * Source   as above, and https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
const BY_CODE: ReadonlyMap<number, Meaning> = new Map([
  [190, TOKEN_DEAD],
  [102, TOKEN_DEAD],
  [10, FORBIDDEN],
  [200, FORBIDDEN],
  [230, FORBIDDEN],
  [551, UNREACHABLE],
  [2022, RESTRICTED],
  [368, RESTRICTED],
  [100, OUR_FAULT],
  [4, LATER],
  [17, LATER],
  [32, LATER],
  [341, LATER],
  [613, LATER],
  [1, LATER],
  [2, LATER],
  [1200, LATER],
]);

/** Business limits are one block of codes: 80001 for pages, 80006 for Messenger, and so on. Source: Meta's page on rate limits. */
const BUSINESS_LIMITS = { first: 80_000, last: 80_099 };

/** What to do about a "no" of the Graph API: by subcode, then by code, then by HTTP status. Its text is localised and is not read. */
export function remedyFor(problem: GraphProblem, httpStatus: number): ChannelError {
  const meaning = meaningOf(problem, httpStatus);
  return new ChannelError(meaning.remedy, meaning.code, meaning.reason);
}

function meaningOf({ code, subcode, isTransient }: GraphProblem, httpStatus: number): Meaning {
  const known = (subcode === null ? undefined : BY_SUBCODE.get(subcode)) ?? BY_SUBCODE.get(code);
  if (known) return known;
  if (code >= BUSINESS_LIMITS.first && code <= BUSINESS_LIMITS.last) return LATER;
  if (code === 1 && isTransient === false) return OUR_FAULT;
  const byCode = BY_CODE.get(code);
  if (byCode) return byCode;
  if (isTransient === true || httpStatus === 429 || httpStatus >= 500) return LATER;
  return OUR_FAULT;
}

export function maybeSent(): ChannelError {
  return new ChannelError(MAYBE_SENT.remedy, MAYBE_SENT.code, MAYBE_SENT.reason);
}

export function tryLater(): ChannelError {
  return new ChannelError(LATER.remedy, LATER.code, LATER.reason);
}
