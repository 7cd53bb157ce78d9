import type { SecondFactor } from '#contract';
import { Refusal, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';

/** Beside which table of an agent's row each second factor is found. */
export const SECOND_FACTORS_SQL = `array_remove(array[
  case when exists (select 1 from totp where totp.tenant_id = agent.tenant_id and totp.agent_id = agent.id and confirmed_at is not null) then 'totp' end,
  case when exists (select 1 from passkey where passkey.tenant_id = agent.tenant_id and passkey.agent_id = agent.id) then 'passkey' end
], null)`;

/** From when on an agent needs one, of the rows `agent` and `security`; only where the tenant asks for one at all. */
export const DEMANDED_FROM_SQL = `greatest((security.second_factor_since ->> agent.role)::timestamptz, agent.joined_at)
      + make_interval(days => security.second_factor_grace_days)`;

/** The second factors an agent has, at this moment. */
export async function secondFactorsOf(tx: TenantTx, agentId: AgentId): Promise<SecondFactor[]> {
  const [row] = await tx.query<{ factors: SecondFactor[] }>(`select ${SECOND_FACTORS_SQL} as factors from agent where id = $1`, [agentId]);
  return row?.factors ?? [];
}

/** What was proved is right and not enough. Only said to whoever has proved the first. */
export function secondFactorRequired(factors: readonly SecondFactor[]): Refusal {
  const fields = factors.map((factor) => ({ path: factor, message: factor === 'totp' ? 'A code of your app' : 'A passkey' }));
  return new Refusal(
    'unauthenticated',
    'second_factor_required',
    'One more step: a code of your app, a recovery code, or a passkey.',
    fields,
  );
}
