import { DAY_MS, HOUR_MS, MINUTE_MS, type SecretBox, type TenantTx } from '#platform';

/*
 * How much goes out by itself. Somebody who writes to a thousand of our mailboxes in another's name, or with another's address to answer
 * to, would have our machines flood that other; so what they send to one address is counted over all tenants, and the less the sender is
 * proven, the less of it there is.
 */

interface Step {
  withinMs: number;
  mailsMax: number;
}

/** To one address, of all tenants together. Source: the steps that a well-known help desk has used for years */
const LADDER: readonly Step[] = [
  { withinMs: 10 * MINUTE_MS, mailsMax: 10 },
  { withinMs: 30 * MINUTE_MS, mailsMax: 15 },
  { withinMs: HOUR_MS, mailsMax: 25 },
  { withinMs: 3 * HOUR_MS, mailsMax: 50 },
  { withinMs: 10 * HOUR_MS, mailsMax: 100 },
];
/** To an address that nobody vouches for: so many a day of all tenants together, and one of each mailbox. */
const UNPROVEN: readonly Step[] = [{ withinMs: DAY_MS, mailsMax: 3 }];
const UNPROVEN_OF_ONE_MAILBOX: readonly Step[] = [{ withinMs: DAY_MS, mailsMax: 1 }];
/** Of one tenant, to anybody: beyond it something runs wild. */
const OF_ONE_TENANT: readonly Step[] = [{ withinMs: HOUR_MS, mailsMax: 1000 }];

/** How long a mail is counted. */
export const AUTOMATIC_MAIL_COUNTED_MS = DAY_MS;

export interface AutomaticMail {
  to: string;
  connectionId: string;
  /** The sender's domain vouches for this very address. */
  isProven: boolean;
}

/**
 * Whether one more automatic mail may go to this address; then it is counted, if `tx` commits.
 *
 * Limits   10 in 10 minutes, 15 in 30, 25 in 60, 50 in 180, 100 in 600; to one unproven: 3 a day, 1 of each mailbox; 1,000 an hour of a tenant
 */
export async function countAutomaticMail(
  tx: TenantTx,
  secrets: SecretBox,
  { to, connectionId, isProven }: AutomaticMail,
  now: Date,
): Promise<boolean> {
  const address = to.toLowerCase();
  const digest = (counted: string) => secrets.digest('automatic mail', counted);
  const counts: [Buffer, readonly Step[]][] = [
    [digest(`to ${address}`), isProven ? LADDER : [...LADDER, ...UNPROVEN]],
    [digest(`of ${connectionId} to ${address}`), isProven ? [] : UNPROVEN_OF_ONE_MAILBOX],
    [digest(`of ${tx.tenantId}`), OF_ONE_TENANT],
  ];
  // Two at one moment must count each other. The address comes first: whoever holds it holds up nobody else.
  for (const [counted] of counts) {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`automatic mail ${counted.toString('hex')}`]);
  }
  for (const [counted, steps] of counts) {
    for (const { withinMs, mailsMax } of steps) {
      const [row] = await tx.query<{ count: string }>(
        'select count(*) as count from automatic_mail where counted_digest = $1 and at > $2',
        [counted, new Date(now.getTime() - withinMs)],
      );
      if (Number(row!.count) >= mailsMax) return false;
    }
  }
  await tx.query('insert into automatic_mail (counted_digest, at) select unnest($1::bytea[]), $2', [
    counts.map(([counted]) => counted),
    now,
  ]);
  return true;
}
