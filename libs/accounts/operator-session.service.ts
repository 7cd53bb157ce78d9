import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { OperatorRole } from '#contract';
import { Clock, Database, HOUR_MS, MINUTE_MS, type Tx } from '#platform';
import { digestOf } from './operator-account.service.js';
import { type OperatorActor, operatorAuditedAs, type OperatorId } from './operator.js';

/** A console that nobody touches shuts itself, and every working day begins with a passkey. */
const IDLE_MS_MAX = 30 * MINUTE_MS;
export const OPERATOR_SESSION_LIFE_MS_MAX = 12 * HOUR_MS;
const SEEN_EVERY_MS = MINUTE_MS;
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export interface SignedInOperator {
  actor: OperatorActor;
  /** For the cookie; it is stored nowhere. */
  token: string;
}

/** Operators at the console in their browser. */
@Injectable()
export class OperatorSessions {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Start a session for an operator who has just used this passkey in this transaction. */
  async open(tx: Tx, actor: OperatorActor, { passkeyId, address }: { passkeyId: string; address: string }): Promise<SignedInOperator> {
    const now = this.clock.now();
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await tx.query(
      `insert into operator_session (token_digest, operator_id, passkey_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $4, $5)`,
      [digestOf(token), actor.operatorId, passkeyId, now, new Date(now.getTime() + OPERATOR_SESSION_LIFE_MS_MAX)],
    );
    this.audit.appendToInstallation(tx, {
      act: 'operator_signed_in',
      by: operatorAuditedAs(actor),
      facts: { passkeyId },
      personal: { address },
    });
    return { actor, token };
  }

  /** Who holds this token; null when it opens nothing: unknown, ended, too old, or no operator's any more. */
  async actorOf(token: string): Promise<OperatorActor | null> {
    if (!TOKEN.test(token)) return null;
    const now = this.clock.now();
    const [found] = await this.db.query<{ id: OperatorId; name: string; role: OperatorRole }>(
      `with live as (
         select session.token_digest, session.last_seen_at, operator.id, operator.name, operator.role
         from operator_session session join operator on operator.id = session.operator_id
         where session.token_digest = $1 and operator.revoked_at is null and session.expires_at > $2 and session.last_seen_at > $3
       ), seen as (
         update operator_session set last_seen_at = $2 from live
         where operator_session.token_digest = live.token_digest and live.last_seen_at < $4
       )
       select id, name, role from live`,
      [digestOf(token), now, new Date(now.getTime() - IDLE_MS_MAX), new Date(now.getTime() - SEEN_EVERY_MS)],
    );
    return found ? { operatorId: found.id, name: found.name, role: found.role } : null;
  }

  async end(actor: OperatorActor, token: string): Promise<void> {
    await this.db.inInstallation(async (tx) => {
      await tx.query('delete from operator_session where token_digest = $1', [digestOf(token)]);
      this.audit.appendToInstallation(tx, { act: 'operator_signed_out', by: operatorAuditedAs(actor) });
    });
  }
}
