import type { MxRecord, SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { Clock, type Config, SECOND_MS } from '#platform';

/** One try; a question is tried twice. */
const TRY_MS_MAX = 3_000;
const TRIES = 2;
/** Short enough that a record somebody has just published is seen while they wait for it. */
const KEEP_ANSWER_MS = 60 * SECOND_MS;
const KEEP_FAILURE_MS = 10 * SECOND_MS;
/** Questions, not names: TXT and MX of one name are two. The names in mails are their senders' choice, so there is no end to them. */
const ANSWERS_MAX = 5_000;
/** RFC 1035 2.3.4, with the dot at its end. */
const NAME_LENGTH_MAX = 254;

/**
 * What the DNS says about a name.
 *
 * Shape    TXT: each record as its pieces; the other kinds that are not named here as lists of text
 * Limits   two tries of 3 s
 * Errors   with a code: `ENOTFOUND` no such name, `ENODATA` none of this kind, `EBADNAME` not a name at all; `ETIMEOUT`, `ESERVFAIL`,
 *          `EREFUSED`, `ECONNREFUSED`: nobody can say now, ask again later
 */
export interface MailResolver {
  (name: string, type: 'TXT'): Promise<string[][]>;
  (name: string, type: 'MX'): Promise<MxRecord[]>;
  (name: string, type: 'SRV'): Promise<SrvRecord[]>;
  (name: string, type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS'): Promise<string[]>;
  /** As libraries ask. */
  (name: string, type: string): Promise<string[][] | string[]>;
}

interface Kept {
  answer: Promise<unknown>;
  untilMs: number;
}

/**
 * Asks the name servers of the configuration, the machine's own where it names none, and remembers for a moment what they said.
 *
 * Limits   5,000 answers are kept: 60 s what was found, 10 s that nothing was
 * Repeats  who asks the same while an answer is on its way waits for that one
 */
export function mailResolver({ dnsServers }: Pick<Config, 'dnsServers'>, clock = new Clock()): MailResolver {
  const resolver = new Resolver({ timeout: TRY_MS_MAX, tries: TRIES, maxTimeout: TRY_MS_MAX });
  if (dnsServers.length > 0) resolver.setServers(dnsServers);
  const kept = new Map<string, Kept>();
  return ((name: string, type: string): Promise<unknown> => {
    const nowMs = clock.now().getTime();
    // Names are the same in either case, and with or without the root's dot; a question that differs in no more is not asked again.
    const key = `${type} ${name.toLowerCase().replace(/\.$/, '')}`;
    const known = kept.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known.answer;
    const asked: Kept = { answer: ask(resolver, name, type), untilMs: nowMs + KEEP_ANSWER_MS };
    kept.delete(key);
    kept.set(key, asked);
    // A map keeps its order, so the first key is the one that was asked longest ago.
    if (kept.size > ANSWERS_MAX) kept.delete(kept.keys().next().value!);
    asked.answer.catch(() => {
      asked.untilMs = Math.min(asked.untilMs, clock.now().getTime() + KEEP_FAILURE_MS);
    });
    return asked.answer;
  }) as MailResolver;
}

async function ask(resolver: Resolver, name: string, type: string): Promise<unknown> {
  if (name.length > NAME_LENGTH_MAX) throw Object.assign(new Error('longer than any name'), { code: 'EBADNAME' });
  return resolver.resolve(name, type);
}
