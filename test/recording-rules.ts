import type { RecordingPolicy } from '#contract';
import type { Tenant, World } from './world.js';

/** A new version of the tenant's instructions, in force from now on. What is left out stays as it was. */
export async function changeRecording(world: World, tenant: Tenant, rules: Partial<RecordingPolicy['rules']['all']>): Promise<void> {
  await world.rows(
    `insert into recording_policy (tenant_id, version, rules, created_at)
     select tenant_id, version + 1, jsonb_set(rules, '{all}', rules->'all' || $2::jsonb), now()
     from recording_policy where tenant_id = $1 order by version desc limit 1`,
    [tenant.id, JSON.stringify(rules)],
  );
}
