import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Remedy } from '../channel.js';
import { GRAPH_ERRORS_TABLE, maybeSent, pagePaused, remedyFor, tryLater } from './graph-errors.js';

/* Answers of the real Graph API. They are not part of the project: where the folder is absent this says so and tests only our own. */
const CORPUS = new URL('../../../../../shared/corpora/messenger/errors/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the corpus of Graph errors is absent (${fileURLToPath(CORPUS)}).`);

const remedy = (code: number, subcode: number | null, status = 400, isTransient: boolean | null = null) => {
  const { remedy: what, code: why } = remedyFor({ code, subcode, isTransient, traceId: null }, status);
  return `${what} ${why}`;
};

const TOKEN = 'reconnect needs_reconnecting';
const WINDOW = 'give_up reply_window_closed';
const GONE = 'give_up person_unreachable';
const PERMISSION = 'give_up permission_missing';
const RESTRICTED = 'try_later page_restricted';
const OTHER_APP = 'give_up controlled_by_other_app';
const OURS = 'give_up not_accepted';
const LATER = 'try_later try_later';

describe('what to do when Graph says no', () => {
  it.each<[code: number, subcode: number | null, expected: string]>([
    ...[null, 458, 459, 460, 463, 464, 467, 492].map((subcode): [number, number | null, string] => [190, subcode, TOKEN]),
    [102, null, TOKEN],
    [200, 2534041, TOKEN],
    [10, 2018278, WINDOW],
    [10, 2018065, WINDOW],
    [10, 2534022, WINDOW],
    [10, 2018108, GONE],
    [551, null, GONE],
    [551, 1545041, GONE],
    [200, 1545041, GONE],
    [1545041, null, GONE],
    [100, 2018001, GONE],
    [10, 1893063, RESTRICTED],
    [2022, null, RESTRICTED],
    [100, 2534029, RESTRICTED],
    [368, null, RESTRICTED],
    [10, 2018336, 'give_up not_in_europe'],
    [10, null, PERMISSION],
    [200, null, PERMISSION],
    [200, 2018028, PERMISSION],
    [200, 2018027, PERMISSION],
    [200, 2018021, PERMISSION],
    [230, null, PERMISSION],
    [100, 2018008, 'give_up attachment_not_fetched'],
    [100, 2018294, 'give_up attachment_not_fetched'],
    [100, 2018047, 'give_up attachment_refused'],
    [100, 2018109, 'give_up attachment_too_large'],
    [36000, null, 'give_up attachment_refused'],
    [100, 2018074, 'give_up attachment_not_known'],
    [100, 2018164, OURS],
    [100, 2018014, OURS],
    [100, 2018032, OURS],
    [100, 2018034, OURS],
    [100, 2534025, 'give_up private_reply_used'],
    [10900, null, 'give_up private_reply_used'],
    [100, null, OURS],
    [100, 33, OURS],
    [2018300, null, OTHER_APP],
    [10, 2018300, OTHER_APP],
    [10, 2018151, OTHER_APP],
    [10, 2018464, OTHER_APP],
    [100, 2534037, OTHER_APP],
    [2018321, null, 'try_later automatic_questions'],
    [10, 2018321, 'try_later automatic_questions'],
    [100, 2018218, 'give_up no_profile'],
    [100, 2018247, 'give_up no_profile'],
    [9000001, null, 'give_up message_deleted'],
    [100, 9000001, 'give_up message_deleted'],
    [10303, null, OURS],
    [9, 2018352, OURS],
    [10, 1404170, OURS],
    [10, 1893015, OURS],
    [613, 1893016, OURS],
    [4, 2018354, OURS],
    [2, 2018344, OURS],
    [613, 2018338, 'give_up tagged_sends_stopped'],
    ...[4, 17, 32, 613, 341, 80000, 80001, 80006, 80099].map((code): [number, null, string] => [code, null, LATER]),
    [613, 2534040, LATER],
    [1, 1357046, 'unknown maybe_sent'],
    [1, null, LATER],
    [1, 99, LATER],
    [2, null, LATER],
    [1200, null, LATER],
    [80100, null, OURS],
    [4711, null, OURS],
  ])('for %i with subcode %p is to %s', (code, subcode, expected) => {
    expect(remedy(code, subcode)).toBe(expected);
  });

  it('names every line of the table once, with its source', () => {
    const named = GRAPH_ERRORS_TABLE.flatMap(({ numbers = [], pairs = [], codes = [] }) => [...numbers, ...pairs.map(String), ...codes]);
    expect(named.filter((one, at) => named.indexOf(one) !== at)).toEqual([]);
    for (const { source } of GRAPH_ERRORS_TABLE) expect(source).toMatch(/^(?:https:|seen)/);
  });

  it('waits longer where Meta wants fewer calls, and an hour where it has restricted the page', () => {
    const waitMs = (code: number, status = 400) =>
      remedyFor({ code, subcode: null, isTransient: null, traceId: null }, status).retryAfterMs;
    expect([waitMs(613), waitMs(80_006), waitMs(0, 429)]).toEqual([60_000, 60_000, 60_000]);
    expect(waitMs(368)).toBe(3_600_000);
    expect([waitMs(1200), waitMs(2)]).toEqual([null, null]);
  });

  it('hears what Graph says of itself where the code is not known: for now, or for good', () => {
    expect(remedy(4711, null, 400, true)).toBe(LATER);
    expect(remedy(4711, null, 503)).toBe(LATER);
    expect(remedy(4711, null, 429)).toBe(LATER);
    expect(remedy(100, null, 400, true)).toBe(LATER);
    expect(remedy(1, null, 500, false)).toBe('give_up not_accepted');
  });

  it('believes a known subcode more than the code, whatever the status', () => {
    for (const status of [200, 400, 403, 500]) expect(remedy(190, 2018278, status)).toBe('give_up reply_window_closed');
  });

  it('always gives a remedy, and a sentence without a number or a word of Graph’s own', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.option(fc.integer()),
        fc.integer({ min: 200, max: 599 }),
        fc.option(fc.boolean()),
        (code, subcode, status, is) => {
          const error = remedyFor({ code, subcode, isTransient: is, traceId: 'trace' }, status);
          expect(['try_later', 'reconnect', 'give_up', 'unknown']).toContain(error.remedy);
          expect(error.reason).toMatch(/^[A-Z][^\d{}<>]+(?:24 hours[^\d]+)?$/);
        },
      ),
    );
    expect(maybeSent().remedy).toBe('unknown');
    expect(tryLater().remedy).toBe('try_later');
    expect(pagePaused(1)).toMatchObject({ remedy: 'try_later', code: 'page_paused', retryAfterMs: 1 });
  });
});

(isPresent ? describe : describe.skip)('the corpus of Graph errors', () => {
  it.each<[string, Remedy]>([
    ['190-463-token-expired', 'reconnect'],
    ['190-460-password-changed', 'reconnect'],
    ['190-460-with-user-title', 'reconnect'],
    ['10-2018278-outside-window', 'give_up'],
    ['10-2018065-old-window-code', 'give_up'],
    ['10-2018108-cannot-receive', 'give_up'],
    ['10-2018300-other-app-controls', 'give_up'],
    ['551-1545041-unavailable', 'give_up'],
    ['100-2018001-no-matching-user', 'give_up'],
    ['100-2018047-upload-failure', 'give_up'],
    ['10900-private-reply-already-sent', 'give_up'],
    ['200-permissions', 'give_up'],
    ['200-2018028-app-not-live', 'give_up'],
    ['230-needs-pages-messaging', 'give_up'],
    ['613-rate-limit', 'try_later'],
    ['4-app-limit-transient', 'try_later'],
    ['32-page-limit', 'try_later'],
    ['80001-page-buc-limit', 'try_later'],
    ['1200-temporary', 'try_later'],
  ])('%s: %s', (name, expected) => {
    const { error } = JSON.parse(readFileSync(new URL(`${name}.json`, CORPUS), 'utf8')) as {
      error: { code: number; error_subcode?: number; is_transient?: boolean };
    };
    const problem = { code: error.code, subcode: error.error_subcode ?? null, isTransient: error.is_transient ?? null, traceId: null };
    expect(remedyFor(problem, 400).remedy).toBe(expected);
  });
});
