import { Injectable } from '@nestjs/common';
import { Clock, Database, MINUTE_MS, Refusal, SecretBox } from '#platform';
import { SignInRecord } from './sign-in-record.js';

const WINDOW_MS = 15 * MINUTE_MS;
/** Wrong tries for one address in a window, from wherever they come. */
const PER_ADDRESS_MAX = 10;
/** Tries from one network address in a window, for whatever account. An office shares one, so it is generous. */
const PER_SOURCE_MAX = 100;

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
      throw new Refusal('too_many', 'too_many_attempts', 'Too many tries. Wait a quarter of an hour, then try again.');
    }
  }

  /** A right password ends the count for its address. */
  async forget(email: string): Promise<void> {
    await this.db.query('delete from attempt where subject_digest = $1', [this.digest(`address:${email.toLowerCase()}`)]);
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

  private digest(subject: string): Buffer {
    return this.secrets.digest('attempt', subject);
  }

  private windowStart(): Date {
    return new Date(this.clock.now().getTime() - WINDOW_MS);
  }
}
