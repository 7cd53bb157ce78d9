import { Injectable } from '@nestjs/common';
import { Clock, Database, MINUTE_MS, Refusal, SecretBox } from '#platform';
import { SignInRecord } from './sign-in-record.js';

const WINDOW_MS = 15 * MINUTE_MS;
/** Wrong tries for one address in a window, from wherever they come. */
const PER_ADDRESS_MAX = 10;
/** Tries from one network address in a window, for whatever account. An office shares one, so it is generous. */
const PER_SOURCE_MAX = 100;
/** Wrong codes, passkeys or passwords of one agent who is past the first door. */
const PER_AGENT_MAX = 5;
/** Mails with a link, to one address. */
const LINKS_PER_ADDRESS_MAX = 3;

/** Slows down guessing. It counts keyed digests, so who tried is in no table. */
@Injectable()
export class AttemptService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly record: SignInRecord,
  ) {}

  /**
   * Count one try before it is checked, so that a thousand at once are counted too.
   *
   * Errors   too_many `too_many_attempts`
   */
  async count(email: string, source: string): Promise<void> {
    const counts = await Promise.all([this.add(`address:${email.toLowerCase()}`), this.add(`source:${source}`)]);
    if (counts[0] > PER_ADDRESS_MAX || counts[1] > PER_SOURCE_MAX) {
      await this.record.slowed(email, source);
      throw tooMany();
    }
  }

  /** The same for what names no address: a passkey, a link. */
  async countSource(source: string): Promise<void> {
    if ((await this.add(`source:${source}`)) > PER_SOURCE_MAX) throw tooMany();
  }

  /** The same for whoever asks for a link by mail. It has a count of its own, so that nobody's sign-in can be slowed by asking. */
  async countLink(email: string, source: string): Promise<void> {
    const counts = await Promise.all([this.add(`link:${email.toLowerCase()}`), this.add(`source:${source}`)]);
    if (counts[0] > LINKS_PER_ADDRESS_MAX || counts[1] > PER_SOURCE_MAX) throw tooMany();
  }

  /**
   * Count one proof by an agent before it is checked, wherever it comes from. `isFirstRefused`: it is the first that is not looked at any
   * more. Whoever gets `isRefused` must look at nothing.
   */
  async countProof(agentId: string): Promise<{ isRefused: boolean; isFirstRefused: boolean }> {
    const count = await this.add(`proof:${agentId}`);
    return { isRefused: count > PER_AGENT_MAX, isFirstRefused: count === PER_AGENT_MAX + 1 };
  }

  /** A right password ends the count for its address. */
  async forget(email: string): Promise<void> {
    await this.remove(`address:${email.toLowerCase()}`);
  }

  /** A right proof ends the count of its agent. */
  async forgetProofs(agentId: string): Promise<void> {
    await this.remove(`proof:${agentId}`);
  }

  /** Remove the counters of windows that are over. */
  async sweep(): Promise<void> {
    await this.db.query('delete from attempt where window_started_at < $1', [this.windowStart()]);
  }

  private async add(subject: string): Promise<number> {
    const rows = await this.db.query<{ count: number }>(
      `insert into attempt (subject_digest, window_started_at, count) values ($1, $2, 1)
       on conflict (subject_digest) do update set
         count = case when attempt.window_started_at < $3 then 1 else attempt.count + 1 end,
         window_started_at = case when attempt.window_started_at < $3 then excluded.window_started_at else attempt.window_started_at end
       returning count`,
      [this.digest(subject), this.clock.now(), this.windowStart()],
    );
    return rows[0]!.count;
  }

  private async remove(subject: string): Promise<void> {
    await this.db.query('delete from attempt where subject_digest = $1', [this.digest(subject)]);
  }

  private digest(subject: string): Buffer {
    return this.secrets.digest('attempt', subject);
  }

  private windowStart(): Date {
    return new Date(this.clock.now().getTime() - WINDOW_MS);
  }
}

export function tooMany(): Refusal {
  return new Refusal('too_many', 'too_many_attempts', 'Too many tries. Wait a quarter of an hour, then try again.');
}
