import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, HOUR_MS, Log, MINUTE_MS, Refusal, SecretBox, type TenantId, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import { ChannelError, type OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { mintTestToken, TEST_NONCE_BYTES, type TestToken } from './mail-test-token.js';
import type { TokenSeal } from './mail-token.js';
import { type MailboxMail, MailboxSender } from './mailbox-sender.service.js';
import { providersName } from './providers-name.js';

export { findTestToken } from './mail-test-token.js';

/** What came back after this proves nothing: mail may lie about in a queue for days, and settings change. */
const TEST_LIFE_MS = 24 * HOUR_MS;
/** The mail to the bare address is back, the other is not: after this it will not come. */
const VERDICT_AFTER_MS = 30 * MINUTE_MS;
/** Who has just connected a mailbox may still have to tell his provider where to bring the mail. */
const FIRST_TEST_AFTER_MS = 2 * MINUTE_MS;
const LOCAL_PART_OCTETS_MAX = 64;
const AUTHSERV_IDS_MAX = 10;

/** Find out by a mail to itself what a mailbox takes. */
const TestMailbox = defineJob({
  name: 'test-mailbox',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
  attemptsMax: 3,
});
/** Enough time has passed for what can come back to be back. */
const JudgeMailTest = defineJob({
  name: 'judge-mail-test',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid(), nonce: z.string().regex(/^[0-9a-f]{12}$/) }),
});

/**
 * The mails that a mailbox sends to itself: one to its address, and one to `name+token@…` where nobody knows yet whether such mail comes in.
 * What comes back is no conversation, but tells that, and under which name the mailbox's own provider vouches for mail.
 */
@Injectable()
export class MailTest implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly feed: Feed,
    private readonly log: Log,
    private readonly sender: MailboxSender,
    private readonly connections: ConnectionService,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(TestMailbox, (payload, { isLastAttempt }) => this.first(payload, isLastAttempt));
    this.jobs.bind(JudgeMailTest, ({ tenantId, connectionId, nonce }) =>
      this.db.inTenant(tenantId as TenantId, (tx) => this.judge(tx, connectionId as ConnectionId, nonce)),
    );
  }

  /** Test it by itself in a moment, if there is something to find out. */
  async plan(tx: TenantTx, connectionId: ConnectionId): Promise<void> {
    await this.jobs.enqueue(
      tx,
      TestMailbox,
      { tenantId: tx.tenantId, connectionId },
      { runAt: new Date(this.clock.now().getTime() + FIRST_TEST_AFTER_MS), onceKey: `test-mailbox:${connectionId}` },
    );
  }

  /**
   * Send the mails of a test now; a former test no longer counts.
   *
   * Errors   not_found; unprocessable `not_a_mailbox`, `connection_gone`, `smtp_refused`
   */
  async send(tenantId: TenantId, connectionId: ConnectionId): Promise<void> {
    const open = await this.db.inTenant(tenantId, async (tx) => {
      const connection = await this.connections.open(tx, connectionId);
      await this.connections.demandConnected(tx, connectionId);
      return connection;
    });
    if (open.mailbox === null) throw new Refusal('unprocessable', 'not_a_mailbox', 'This is not a mailbox.');
    const nonce = randomBytes(TEST_NONCE_BYTES);
    await this.keep(open, nonce);
    try {
      await this.sendBoth(open, nonce);
    } catch (error) {
      if (error instanceof ChannelError) throw refused(error);
      throw error;
    }
  }

  /** One of our test mails came in. Repeats: fine; a mail of a former test changes nothing. */
  async cameBack(tx: TenantTx, connectionId: ConnectionId, token: TestToken, raw: Buffer): Promise<void> {
    const now = this.clock.now();
    const [test] = await tx.query(
      `update mail_test set bare_at = case when $3 then bare_at else coalesce(bare_at, $4) end,
         plus_at = case when $3 then coalesce(plus_at, $4) else plus_at end
       where connection_id = $1 and nonce = $2 and sent_at > $5 and (case when $3 then plus_at else bare_at end) is null
       returning connection_id`,
      [connectionId, token.nonce.toString('hex'), token.sentTo === 'plus', now, new Date(now.getTime() - TEST_LIFE_MS)],
    );
    if (!test) return;
    if (token.sentTo === 'plus') await this.settle(tx, connectionId, true);
    const name = providersName(raw);
    if (name !== null) {
      await tx.query(
        `update mailbox set authserv_ids = authserv_ids || $2::text
         where connection_id = $1 and not $2 = any (authserv_ids) and cardinality(authserv_ids) < $3`,
        [connectionId, name, AUTHSERV_IDS_MAX],
      );
    }
    this.feed.append(tx, { type: 'connection_changed', connectionId });
  }

  private async first({ tenantId, connectionId }: z.infer<typeof TestMailbox.payload>, isLastAttempt: boolean): Promise<void> {
    const wanted = await this.db.inTenant(tenantId as TenantId, (tx) =>
      tx.query(
        `select 1 from mailbox join connection on connection.tenant_id = mailbox.tenant_id and connection.id = mailbox.connection_id
         where connection_id = $1 and state = 'active' and plus_addressing = 'auto' and plus_works is null
           and not exists (select 1 from mail_test under_way where under_way.connection_id = $1 and under_way.sent_at > $2)`,
        [connectionId, new Date(this.clock.now().getTime() - VERDICT_AFTER_MS)],
      ),
    );
    if (wanted.length === 0) return;
    try {
      await this.send(tenantId as TenantId, connectionId as ConnectionId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The doctor and the fetcher say what is wrong with such a mailbox; that it could not be tested as well is worth a line only.
      this.log.warn('mail_test_not_sent', { connectionId, code: error.code });
      if (!isLastAttempt && error.code === 'smtp_refused') throw error;
    }
  }

  /** Before it is sent: it may be back before we hear that it was taken. */
  private async keep({ tenantId, id }: OpenConnection, nonce: Buffer): Promise<void> {
    const sentAt = this.clock.now();
    const payload = { tenantId, connectionId: id, nonce: nonce.toString('hex') };
    await this.db.inTenant(tenantId as TenantId, async (tx) => {
      await tx.query(
        `insert into mail_test (tenant_id, connection_id, nonce, sent_at) values ($1, $2, $3, $4)
         on conflict (tenant_id, connection_id) do update set nonce = excluded.nonce, sent_at = excluded.sent_at, bare_at = null, plus_at = null`,
        [tenantId, id, payload.nonce, sentAt],
      );
      const runAt = new Date(sentAt.getTime() + VERDICT_AFTER_MS);
      await this.jobs.enqueue(tx, JudgeMailTest, payload, { runAt, onceKey: `judge-mail-test:${id}` });
    });
  }

  private async sendBoth(open: OpenConnection, nonce: Buffer): Promise<void> {
    const { tenantId, id, externalId, mailbox } = open;
    const seal: TokenSeal = { key: this.secrets.derive('mail tokens'), tenantId, mailboxId: id };
    const date = this.clock.now();
    const bare = mintTestToken(seal, { sentTo: 'bare', nonce });
    await this.sender.send(open, testMail({ from: externalId, to: externalId, token: bare, date }));
    const plus = mintTestToken(seal, { sentTo: 'plus', nonce });
    const to = plusAddress(externalId, plus);
    if (to === null || mailbox?.settings.plusAddressing !== 'auto') return;
    try {
      await this.sender.send(open, testMail({ from: externalId, to, token: plus, date }));
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      // A server that does not know the address says so at once. That it does not come back is the answer then.
      this.log.info('mail_test_refused', { connectionId: id, code: error.code });
    }
  }

  private async judge(tx: TenantTx, connectionId: ConnectionId, nonce: string): Promise<void> {
    const [test] = await tx.query<{ bare_at: Date | null; plus_at: Date | null }>(
      'select bare_at, plus_at from mail_test where connection_id = $1 and nonce = $2',
      [connectionId, nonce],
    );
    if (!test || test.bare_at === null || test.plus_at !== null) return;
    await this.settle(tx, connectionId, false);
    this.feed.append(tx, { type: 'connection_changed', connectionId });
  }

  private async settle(tx: TenantTx, connectionId: ConnectionId, works: boolean): Promise<void> {
    await tx.query('update mailbox set plus_works = $2, plus_checked_at = $3 where connection_id = $1', [
      connectionId,
      works,
      this.clock.now(),
    ]);
  }
}

function testMail({ from, to, token, date }: { from: string; to: string; token: string; date: Date }): MailboxMail {
  return {
    from: { address: from, name: 'Omnidesk' },
    to: [{ address: to, name: null }],
    cc: [],
    replyTo: null,
    subject: `Omnidesk test ${token}`,
    messageId: `${token}@${from.slice(from.lastIndexOf('@') + 1)}`,
    inReplyTo: null,
    thread: [],
    date,
    text: 'Omnidesk sent this mail to its own mailbox, to find out what comes in there. Nobody has to do anything with it.',
    original: null,
    automatic: 'auto-generated',
  };
}

/** Null for a mailbox whose own name leaves no room, or is such an address itself. */
function plusAddress(address: string, token: string): string | null {
  const at = address.lastIndexOf('@');
  const local = `${address.slice(0, at)}+${token}`;
  return address.slice(0, at).includes('+') || Buffer.byteLength(local) > LOCAL_PART_OCTETS_MAX ? null : `${local}${address.slice(at)}`;
}

function refused({ code, reason: message }: ChannelError): Refusal {
  return new Refusal('unprocessable', 'smtp_refused', message, [{ path: 'smtp', code, message }]);
}
