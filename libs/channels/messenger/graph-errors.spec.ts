import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Remedy } from '../channel.js';
import { maybeSent, remedyFor, tryLater } from './graph-errors.js';

/* Answers of the real Graph API. They are not part of the project: where the folder is absent this says so and tests only our own. */
const CORPUS = new URL('../../../../../shared/corpora/messenger/errors/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the corpus of Graph errors is absent (${fileURLToPath(CORPUS)}).`);

const remedy = (code: number, subcode: number | null, status = 400, isTransient: boolean | null = null) => {
  const { remedy: what, code: why } = remedyFor({ code, subcode, isTransient, traceId: null }, status);
  return `${what} ${why}`;
};

describe('what to do when Graph says no', () => {
  it.each<[number, number | null, string]>([
    [190, null, 'reconnect needs_reconnecting'],
    [190, 460, 'reconnect needs_reconnecting'],
    [190, 463, 'reconnect needs_reconnecting'],
    [102, null, 'reconnect needs_reconnecting'],
    [10, null, 'reconnect permission_missing'],
    [200, null, 'reconnect permission_missing'],
    [200, 2018028, 'reconnect permission_missing'],
    [230, null, 'reconnect permission_missing'],
    [10, 2018278, 'give_up reply_window_closed'],
    [10, 2018065, 'give_up reply_window_closed'],
    [10, 2018108, 'give_up person_unreachable'],
    [551, 1545041, 'give_up person_unreachable'],
    [551, null, 'give_up person_unreachable'],
    [1545041, null, 'give_up person_unreachable'],
    [100, 2018001, 'give_up person_unreachable'],
    [100, null, 'give_up not_accepted'],
    [100, 1893063, 'give_up page_restricted'],
    [368, null, 'give_up page_restricted'],
    [2022, null, 'give_up page_restricted'],
    [2018338, null, 'give_up page_restricted'],
    [10, 2018300, 'give_up controlled_by_other_app'],
    [10, 2018151, 'give_up controlled_by_other_app'],
    [10, 2018464, 'give_up controlled_by_other_app'],
    [10, 2018321, 'try_later try_later'],
    [10, 2018027, 'reconnect permission_missing'],
    [10, 2018021, 'reconnect permission_missing'],
    [1, 1357046, 'unknown maybe_sent'],
    [9000001, null, 'give_up message_deleted'],
    [4, null, 'try_later try_later'],
    [17, null, 'try_later try_later'],
    [32, null, 'try_later try_later'],
    [341, null, 'try_later try_later'],
    [613, null, 'try_later try_later'],
    [1, null, 'try_later try_later'],
    [2, null, 'try_later try_later'],
    [1200, null, 'try_later try_later'],
    [80000, null, 'try_later try_later'],
    [80001, null, 'try_later try_later'],
    [80006, null, 'try_later try_later'],
    [80099, null, 'try_later try_later'],
    [80100, null, 'give_up not_accepted'],
    [36000, null, 'give_up not_accepted'],
  ])('for %i with subcode %p is to %s', (code, subcode, expected) => {
    expect(remedy(code, subcode)).toBe(expected);
  });

  it('hears what Graph says of itself where the code is not known: for now, or for good', () => {
    expect(remedy(36000, null, 400, true)).toBe('try_later try_later');
    expect(remedy(36000, null, 503)).toBe('try_later try_later');
    expect(remedy(36000, null, 429)).toBe('try_later try_later');
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
    ['200-permissions', 'reconnect'],
    ['200-2018028-app-not-live', 'reconnect'],
    ['230-needs-pages-messaging', 'reconnect'],
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
