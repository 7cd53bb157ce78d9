import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import type { RecordingPolicies, RecordingPolicy, RetentionPolicies, RetentionPolicy, RetentionRule } from '#contract';
import { Clock, Database, newId, type TenantId, type TenantTx } from '#platform';
import { Recorder } from './recorder.js';
import type { GoverningRule, RetentionRuleId } from './retention.js';

const VERSIONS_LISTED_MAX = 100;

/** What a tenant starts with: everything an agent sees is recorded; what vendors sent us goes as soon as it is read. */
const FIRST_RECORDING_RULES: RecordingPolicy['rules'] = {
  all: {
    message_text: 'record',
    attachments: 'record',
    sender_name: 'record',
    sender_picture: 'record',
    mail_headers: 'record',
    receipts: 'record',
    raw_deliveries: 'never',
  },
  channels: {},
};

/** Finite from the first day: two years after the last message. */
const FIRST_RETENTION_RULE: Omit<RetentionRule, 'id'> = { name: 'Standard', anchor: 'last_message', keepMonths: 24, end: 'erase' };

interface VersionRow<Rules> {
  version: number;
  rules: Rules;
  created_at: Date;
  created_by: string | null;
}

/** A tenant's policies at one moment. */
export class PoliciesInForce {
  constructor(
    readonly recorder: Recorder,
    private readonly rules: readonly GoverningRule[],
  ) {}

  /** The rule that governs a new conversation: the first in order whose conditions hold. The last has none. */
  governingRule(): GoverningRule {
    return this.rules[0]!;
  }

  rule(id: RetentionRuleId): GoverningRule {
    const rule = this.rules.find((one) => one.id === id);
    assert(rule, 'a rule that governs something is never removed');
    return rule;
  }
}

/** The tenant's instructions, in versions. */
@Injectable()
export class PolicyService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Give a new tenant its first versions, in the transaction that makes the tenant. */
  async begin(tx: TenantTx): Promise<void> {
    const now = this.clock.now();
    const rule = { id: newId<RetentionRuleId>(now), ...FIRST_RETENTION_RULE };
    await tx.query('insert into recording_policy (tenant_id, version, rules, created_at) values ($1, 1, $2, $3)', [
      tx.tenantId,
      JSON.stringify(FIRST_RECORDING_RULES),
      now,
    ]);
    await tx.query('insert into retention_policy (tenant_id, version, rules, created_at) values ($1, 1, $2, $3)', [
      tx.tenantId,
      JSON.stringify([rule]),
      now,
    ]);
    await tx.query(
      `insert into retention_rule (tenant_id, id, policy_version, position, name, anchor, keep_months, end_kind)
       values ($1, $2, 1, 1, $3, $4, $5, $6)`,
      [tx.tenantId, rule.id, rule.name, rule.anchor, rule.keepMonths, rule.end],
    );
  }

  /** Everything that decides about what is about to be stored in `tx`, in one question. */
  async inForce(tx: TenantTx): Promise<PoliciesInForce> {
    const [row] = await tx.query<{ recording: VersionRow<RecordingPolicy['rules']>; rules: GoverningRule[] }>(
      `select
         (select json_build_object('version', version, 'rules', rules, 'created_at', created_at, 'created_by', created_by)
          from recording_policy order by version desc limit 1) as recording,
         (select json_agg(json_build_object('id', id, 'policyVersion', policy_version, 'name', name, 'anchor', anchor,
            'keepMonths', keep_months, 'end', end_kind) order by position) from retention_rule) as rules`,
    );
    assert(row?.recording && row.rules.length > 0, 'every tenant has both policies');
    const { recording, rules } = row;
    return new PoliciesInForce(new Recorder(asVersion({ ...recording, created_at: new Date(recording.created_at) })), rules);
  }

  async recording(tenantId: TenantId): Promise<RecordingPolicies> {
    return this.db.inTenant(tenantId, async (tx) => {
      const rows = await tx.query<VersionRow<RecordingPolicy['rules']>>('select * from recording_policy order by version desc limit $1', [
        VERSIONS_LISTED_MAX,
      ]);
      const versions = rows.map(asVersion);
      return { current: versions[0]!, versions };
    });
  }

  async retention(tenantId: TenantId): Promise<RetentionPolicies> {
    return this.db.inTenant(tenantId, async (tx) => {
      const rows = await tx.query<VersionRow<RetentionPolicy['rules']>>('select * from retention_policy order by version desc limit $1', [
        VERSIONS_LISTED_MAX,
      ]);
      const versions = rows.map(asVersion);
      return { current: versions[0]!, versions };
    });
  }
}

function asVersion<Rules>({ version, rules, created_at, created_by }: VersionRow<Rules>) {
  return { version, rules, createdAt: created_at.toISOString(), createdBy: created_by };
}
