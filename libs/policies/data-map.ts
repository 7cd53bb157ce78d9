import type { DataMap } from '#platform';

const version = { tenant_id: 'id', version: 'setting', rules: 'setting', created_at: 'time', created_by: 'id' } as const;

/** The tenant's own instructions: they outlive what they governed, and name agents by id alone. */
export const policiesDataMap: DataMap = {
  recording_policy: { subject: 'tenant', erasedBy: 'the end of the contract', exportedBy: 'the policy pages', columns: version },
  retention_policy: { subject: 'tenant', erasedBy: 'the end of the contract', exportedBy: 'the policy pages', columns: version },
  retention_rule: {
    subject: 'tenant',
    erasedBy: 'the end of the contract',
    exportedBy: 'the policy pages',
    columns: {
      tenant_id: 'id',
      id: 'id',
      policy_version: 'setting',
      position: 'setting',
      name: 'setting',
      anchor: 'setting',
      keep_months: 'setting',
      end_kind: 'setting',
    },
  },
};
