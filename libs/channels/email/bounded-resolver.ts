import type { DNSResolver } from 'mailauth';

const QUESTIONS_MAX = 60;
const QUESTION_MS_MAX = 5_000;
/** All questions about one mail together. */
const MAIL_MS_MAX = 10_000;
const RECORDS_MAX = 100;
const RECORD_CHARS_MAX = 20_000;

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** What resolvers call it, so that it is taken for a passing trouble. */
  readonly code = 'ETIMEOUT';
}

/**
 * The same resolver for one mail, which may ask only so much, and waits only so long: the names in a mail are its sender's choice.
 *
 * Limits   60 questions, 5 s each and 10 s together; 100 records of 20,000 characters
 * Errors   with the code ETIMEOUT beyond them
 */
export function boundedResolver(resolve: DNSResolver): DNSResolver {
  let asked = 0;
  const deadline = AbortSignal.timeout(MAIL_MS_MAX);
  return async (name, type) => {
    asked += 1;
    if (deadline.aborted) throw new NoAnswer(`no answer within ${MAIL_MS_MAX} ms`);
    if (asked > QUESTIONS_MAX) throw new NoAnswer(`more than ${QUESTIONS_MAX} questions about one mail`);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new NoAnswer(`no answer within ${QUESTION_MS_MAX} ms`));
    }, QUESTION_MS_MAX);
    try {
      const records = await Promise.race([resolve(name, type), late]);
      return (records as (string[] | string)[]).slice(0, RECORDS_MAX).map(bounded) as string[][] | string[];
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Records of other kinds (MX) are objects, and small. */
function bounded(record: string[] | string): string[] | string {
  if (typeof record === 'string') return record.slice(0, RECORD_CHARS_MAX);
  return Array.isArray(record) ? [record.join('').slice(0, RECORD_CHARS_MAX)] : record;
}
