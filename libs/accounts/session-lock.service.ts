import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { Confirm } from '#contract';
import { Clock, Database, Refusal, SECOND_MS, type Source } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { ConfirmService } from './confirm.service.js';
import { SessionService, type SignedIn } from './session.service.js';

/** Writing "active" more often would tell nothing more. */
const ACTIVE_EVERY_MS = 10 * SECOND_MS;

/** Locking a session that nobody has a hand on, and unlocking it. */
@Injectable()
export class SessionLockService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly confirmation: ConfirmService,
    private readonly audit: Audit,
    private readonly sessions: SessionService,
  ) {}

  /** Somebody has just moved the mouse or pressed a key: by the browser's word, for a server sees only requests. */
  async active(actor: Actor): Promise<void> {
    const now = this.clock.now();
    await this.db.inTenant(actor, (tx) =>
      tx.query('update session set last_active_at = $1 where id = $2 and last_active_at < $3', [
        now,
        actor.sessionId,
        new Date(now.getTime() - ACTIVE_EVERY_MS),
      ]),
    );
  }

  async lock(actor: Actor): Promise<void> {
    await this.db.inTenant(actor, (tx) =>
      tx.query('update session set locked_at = $1 where id = $2 and locked_at is null', [this.clock.now(), actor.sessionId]),
    );
  }

  /**
   * Open a locked session again, under another token: whoever copied the old one while nobody looked has nothing.
   *
   * Errors   as `ConfirmService.confirm`
   */
  async unlock(actor: Actor, given: Confirm, source: Source): Promise<SignedIn> {
    const token = await this.confirmation.confirm(actor, given, source);
    const now = this.clock.now();
    await this.db.inTenant(actor, async (tx) => {
      await tx.query('update session set locked_at = null, last_active_at = $1, last_seen_at = $1 where id = $2', [now, actor.sessionId]);
      this.audit.append(tx, { act: 'session_unlocked', by: auditedAs(actor), personal: { ip: source.address } });
    });
    const unlocked = await this.sessions.actorOf(token, source);
    if (!unlocked) throw new Refusal('unauthenticated', 'not_signed_in', 'This session has ended meanwhile. Sign in again.');
    return { actor: unlocked, token };
  }
}
