import { Injectable } from '@nestjs/common';
import { Clock, Database, SECOND_MS, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { ChannelError } from '../channel.js';
import { ConnectionService } from '../connection.service.js';
import type { MailboxKey } from './imap-cursors.js';

const MESSAGE_CHARS_MAX = 500;

interface Before {
  last_seen_at: Date | null;
  error_code: string | null;
  error_remedy: string | null;
}

/** How a mailbox fares, where its tenant sees it. The tenant's screens are told when that changes, not at every look. */
@Injectable()
export class MailboxHealth {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly feed: Feed,
  ) {}

  /**
   * We were let in and have taken what was new. What was wrong before no longer is, and a connection that was broken by it is whole again.
   *
   * Shape    lagMs: how long the newest mail had lain there; null when none was new. trouble: what is wrong with a part of it
   */
  async looked(mailbox: MailboxKey, { lagMs, trouble }: { lagMs: number | null; trouble: ChannelError | null }): Promise<void> {
    await this.write(mailbox, async (tx, before) => {
      await tx.query('update mailbox set last_seen_at = $2, lag_seconds = coalesce($3, lag_seconds) where connection_id = $1', [
        mailbox.connectionId,
        this.clock.now(),
        lagMs === null ? null : Math.max(0, Math.round(lagMs / SECOND_MS)),
      ]);
      await this.writeError(tx, mailbox, trouble);
      if (before.error_remedy === 'reconnect') await this.connections.markMended(tx, mailbox.connectionId);
      return before.error_code !== (trouble?.code ?? null) || before.last_seen_at === null;
    });
  }

  /** It went wrong as a whole. `reconnect` breaks the connection, of which its admins are told once. */
  async failed(mailbox: MailboxKey, trouble: ChannelError): Promise<void> {
    await this.write(mailbox, async (tx, before) => {
      await this.writeError(tx, mailbox, trouble);
      if (trouble.remedy === 'reconnect') await this.connections.markBroken(tx, mailbox.connectionId, trouble);
      return before.error_code !== trouble.code;
    });
  }

  private async writeError(tx: TenantTx, { connectionId }: MailboxKey, trouble: ChannelError | null): Promise<void> {
    if (trouble === null) {
      await tx.query(
        `update mailbox set error_code = null, error_message = null, error_remedy = null, error_at = null, error_since = null
         where connection_id = $1 and error_code is not null`,
        [connectionId],
      );
      return;
    }
    const { code, reason, remedy } = trouble;
    await tx.query(
      `update mailbox set error_message = $3, error_remedy = $4, error_at = $5,
         error_since = case when error_code = $2 then coalesce(error_since, $5) else $5 end, error_code = $2
       where connection_id = $1`,
      [connectionId, code, reason.slice(0, MESSAGE_CHARS_MAX), remedy === 'unknown' ? 'try_later' : remedy, this.clock.now()],
    );
  }

  private async write({ tenantId, connectionId }: MailboxKey, change: (tx: TenantTx, before: Before) => Promise<boolean>): Promise<void> {
    await this.db.inTenant(tenantId, async (tx) => {
      const [before] = await tx.query<Before>(
        'select last_seen_at, error_code, error_remedy from mailbox where connection_id = $1 for update',
        [connectionId],
      );
      // Gone meanwhile.
      if (before === undefined) return;
      if (await change(tx, before)) this.feed.append(tx, { type: 'connection_changed', connectionId });
    });
  }
}
