import { randomInt } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type TenantId, type TenantTx } from '#platform';
import { ChannelError, type Hold, type OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';

/*
 * How much mail goes where, and when. Both are kept in the database, because several processes send for one mailbox, and a server that was
 * asked too often by one of them is closed to all.
 *
 *   pace   a mailbox sends so many mails within any minute; what comes on top waits and goes by itself
 *   rest   a server that puts a mail off is left alone for a while: the first mail comes back to it by itself, the others wait for that
 *          one's fate without spending a try of their own
 */

const MAILS_PER_MINUTE = 60;
/**
 * Mails within a minute, by the mail server's name.
 *
 * Source   https://learn.microsoft.com/en-us/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
 *          (message rate limit of SMTP AUTH clients: 30 a minute); Google names only limits per day, and slows down whoever is faster
 */
const MAILS_PER_MINUTE_AT: ReadonlyMap<string, number> = new Map([
  ['smtp.office365.com', 30],
  ['smtp-mail.outlook.com', 30],
  ['smtp.gmail.com', 30],
]);
const WINDOW_MS = MINUTE_MS;
/** Not all that wait come back in the same moment. */
const APART_MS_MAX = 3 * SECOND_MS;

/** How long a server is left alone after each mail it put off, the last for all further ones: as long as that mail itself waits. */
const RESTS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS];
/** A server that took nothing for so long after its rest begins anew. */
const REST_FORGOTTEN_AFTER_MS = 3 * HOUR_MS;
const REST_KEPT_MS = 3 * DAY_MS;
/** From this failure in a row on it is more than a server's mood, and people are told. */
const RESTS_UNSAID = 2;

/** The mailbox' own mail server, among the domains that rest. */
export const RELAY = '';

const SweepMailRests = defineJob({ name: 'sweep-mail-rests', payload: z.undefined(), cron: '41 3 * * *', attemptTimeoutMs: 600_000 });

@Injectable()
export class SendPace implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepMailRests, () => this.sweep());
  }

  /** Why a mail to these addresses has to wait; null when it may go, and then it counts as sent in this minute. */
  async hold(tx: TenantTx, connection: OpenConnection, addresses: readonly string[]): Promise<Hold | null> {
    return (await this.rest(tx, connection.id, addresses)) ?? this.take(tx, connection);
  }

  /** A server put a mail off. Repeats: while it rests, nothing is added. */
  async putOff(tenantId: TenantId, id: ConnectionId, domain: string): Promise<void> {
    const now = this.clock.now();
    await this.db.inTenant(tenantId, (tx) =>
      tx.query(
        `insert into mail_rest as rest (tenant_id, connection_id, domain, until, failures)
         select $1, $2, $3, $4::timestamptz + make_interval(secs => ($5::int[])[1]), 1
         on conflict (tenant_id, connection_id, domain) do update set
           failures = case when rest.until < $6 then 1 else rest.failures + 1 end,
           until = $4::timestamptz + make_interval(secs => ($5::int[])[least(case when rest.until < $6 then 1 else rest.failures + 1 end, $7)])
         where rest.until <= $4`,
        [
          tx.tenantId,
          id,
          domain,
          now,
          RESTS_MS.map((ms) => ms / SECOND_MS),
          new Date(now.getTime() - REST_FORGOTTEN_AFTER_MS),
          RESTS_MS.length,
        ],
      ),
    );
  }

  /** A mail was taken: nothing that it went through rests any more. */
  async taken(tx: TenantTx, id: ConnectionId, addresses: readonly string[]): Promise<void> {
    await tx.query('delete from mail_rest where connection_id = $1 and domain = any($2)', [id, [RELAY, ...addresses.map(domainOf)]]);
  }

  private async rest(tx: TenantTx, id: ConnectionId, addresses: readonly string[]): Promise<Hold | null> {
    const now = this.clock.now();
    const [resting] = await tx.query<{ domain: string; until: Date; failures: number }>(
      'select domain, until, failures from mail_rest where connection_id = $1 and domain = any($2) and until > $3 order by until desc limit 1',
      [id, [RELAY, ...addresses.map(domainOf)], now],
    );
    if (!resting) return null;
    const who = resting.domain === RELAY ? 'The mail server of this mailbox' : `The mail server of ${resting.domain}`;
    const waitMs = resting.until.getTime() - now.getTime();
    return {
      error: new ChannelError('try_later', 'server_resting', `${who} takes no mail right now. It is tried again by itself.`, apart(waitMs)),
      isQuiet: resting.failures <= RESTS_UNSAID,
    };
  }

  private async take(tx: TenantTx, connection: OpenConnection): Promise<Hold | null> {
    const now = this.clock.now();
    await tx.query('insert into mail_relay (tenant_id, connection_id) values ($1, $2) on conflict do nothing', [
      tx.tenantId,
      connection.id,
    ]);
    const [row] = await tx.query<{ sentAt: Date[] }>('select sent_at as "sentAt" from mail_relay where connection_id = $1 for update', [
      connection.id,
    ]);
    const since = now.getTime() - WINDOW_MS;
    // A clock that was set back must not stop the mail.
    const within = (row?.sentAt ?? []).filter((at) => at.getTime() > since && at <= now);
    if (within.length >= this.mailsPerMinute(connection)) {
      const waitMs = within[0]!.getTime() - since;
      const reason = 'This mailbox has sent as much as its mail server takes in a minute. The rest goes on by itself.';
      return { error: new ChannelError('try_later', 'paced', reason, apart(waitMs)), isQuiet: true };
    }
    await tx.query('update mail_relay set sent_at = $2::timestamptz[] where connection_id = $1', [connection.id, [...within, now]]);
    return null;
  }

  private mailsPerMinute({ mailbox, secrets }: OpenConnection): number {
    const login = secrets['smtpUrl'] === undefined ? mailbox?.login : null;
    if (login === 'google') return MAILS_PER_MINUTE_AT.get('smtp.gmail.com')!;
    if (login === 'microsoft') return MAILS_PER_MINUTE_AT.get('smtp.office365.com')!;
    const url = secrets['smtpUrl'] ?? this.config.smtpUrl ?? '';
    const host = URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '';
    return MAILS_PER_MINUTE_AT.get(host) ?? MAILS_PER_MINUTE;
  }

  private async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - REST_KEPT_MS);
    for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) {
      await this.db.inTenant(id, (tx) => tx.query('delete from mail_rest where until < $1', [before]));
    }
  }
}

function apart(waitMs: number): number {
  return Math.max(waitMs, 0) + randomInt(APART_MS_MAX);
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
