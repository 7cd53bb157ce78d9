import { Injectable } from '@nestjs/common';
import { toString as drawn } from 'qrcode';
import type { NewTotp } from '#contract';
import { Clock, HOUR_MS, Refusal, SecretBox, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { base32 } from './base32.js';
import { matchedTotpStep, newTotpSecret, TOTP_STEP_S } from './totp.js';

/** How long a key that was shown waits for its first code. */
const SET_UP_LIFE_MS = HOUR_MS;
const ISSUER = 'Omnidesk';

/** Authenticator apps: a key is set up, confirmed by a code of it, and each code opens once. */
@Injectable()
export class TotpService {
  constructor(
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
  ) {}

  /**
   * A new key, which proves nothing until `confirm`.
   *
   * Errors   conflict `app_already_set_up` while there is a confirmed one
   * Repeats  each makes a new key; the one before is gone
   */
  async begin(tx: TenantTx, agentId: AgentId, label: { email: string; tenantName: string }): Promise<NewTotp> {
    const secret = newTotpSecret();
    const kept = await tx.query(
      `insert into totp (tenant_id, agent_id, secret_sealed, created_at) values ($1, $2, $3, $4)
       on conflict (tenant_id, agent_id) do update set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at, last_step = 0
       where totp.confirmed_at is null returning agent_id`,
      [tx.tenantId, agentId, this.secrets.seal(secret, contextOf(tx, agentId)), this.clock.now()],
    );
    if (kept.length === 0)
      throw new Refusal('conflict', 'app_already_set_up', 'An app is set up already. Remove it first, then set up another.');
    const key = base32(secret);
    const svg = await drawn(addressOf(key, label), { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
    return { key, picture: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}` };
  }

  /** Whether `code` belongs to the key that is being set up, which counts from then on. The code is used up by it. */
  async confirm(tx: TenantTx, agentId: AgentId, code: string): Promise<boolean> {
    const [waiting] = await tx.query<{ secret: Buffer }>(
      'select secret_sealed as secret from totp where agent_id = $1 and confirmed_at is null and created_at > $2',
      [agentId, new Date(this.clock.now().getTime() - SET_UP_LIFE_MS)],
    );
    const step = waiting ? this.stepOf(tx, agentId, waiting.secret, code) : null;
    if (step === null) return false;
    const confirmed = await tx.query(
      'update totp set confirmed_at = $1, last_step = $2 where agent_id = $3 and confirmed_at is null and last_step < $2 returning agent_id',
      [this.clock.now(), step, agentId],
    );
    return confirmed.length > 0;
  }

  /**
   * Whether `code` is one of the agent's, now, that was not used before.
   *
   * Repeats  of any number with the same code at once, one succeeds
   */
  async use(tx: TenantTx, agentId: AgentId, code: string): Promise<boolean> {
    const [totp] = await tx.query<{ secret: Buffer }>(
      'select secret_sealed as secret from totp where agent_id = $1 and confirmed_at is not null',
      [agentId],
    );
    const step = totp ? this.stepOf(tx, agentId, totp.secret, code) : null;
    if (step === null) return false;
    const used = await tx.query('update totp set last_step = $1 where agent_id = $2 and last_step < $1 returning agent_id', [
      step,
      agentId,
    ]);
    return used.length > 0;
  }

  /** Whether there was one. */
  async remove(tx: TenantTx, agentId: AgentId): Promise<boolean> {
    const removed = await tx.query<{ was: boolean }>('delete from totp where agent_id = $1 returning confirmed_at is not null as was', [
      agentId,
    ]);
    return removed[0]?.was === true;
  }

  private stepOf(tx: TenantTx, agentId: AgentId, sealed: Buffer, code: string): number | null {
    return matchedTotpStep(this.secrets.open(sealed, contextOf(tx, agentId)), code, this.clock.now());
  }
}

function contextOf(tx: TenantTx, agentId: AgentId): { owner: string; purpose: string } {
  return { owner: tx.tenantId, purpose: `totp ${agentId}` };
}

/** Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format; a colon parts issuer and account, so none may be in them. */
function addressOf(key: string, { email, tenantName }: { email: string; tenantName: string }): string {
  const issuer = `${ISSUER} ${tenantName}`.replaceAll(':', ' ');
  const parameters = new URLSearchParams({ secret: key, issuer, algorithm: 'SHA1', digits: '6', period: String(TOTP_STEP_S) });
  // Apps show a plus as a plus.
  return `otpauth://totp/${encodeURIComponent(`${issuer}:${email}`)}?${parameters.toString().replaceAll('+', '%20')}`;
}
