import type { DataMap } from '#platform';

export const accountsDataMap: DataMap = {
  tenant: {
    subject: 'tenant',
    erasedBy: 'the end of the contract',
    exportedBy: 'the session',
    columns: { id: 'id', name: 'name', created_at: 'time' },
  },
  agent: {
    subject: 'agent',
    erasedBy: 'deleting the agent',
    exportedBy: 'the profile page',
    columns: {
      tenant_id: 'id',
      id: 'id',
      email: 'address',
      name: 'name',
      role: 'setting',
      state: 'setting',
      locale: 'setting',
      signature: 'setting',
      password_hash: 'secret',
      created_at: 'time',
    },
  },
  session: {
    subject: 'agent',
    erasedBy: 'signing out, revoking, or with the agent',
    exportedBy: 'the list of sessions',
    columns: {
      tenant_id: 'id',
      id: 'id',
      agent_id: 'id',
      token_digest: 'digest',
      device: 'device',
      created_at: 'time',
      last_seen_at: 'time',
      expires_at: 'time',
      proved_at: 'time',
      locked_at: 'time',
    },
  },
  invitation: {
    subject: 'agent',
    erasedBy: 'use, or with the agent',
    exportedBy: 'nothing: a digest',
    columns: { tenant_id: 'id', agent_id: 'id', token_digest: 'digest', expires_at: 'time' },
  },
  attempt: {
    subject: 'nobody',
    erasedBy: 'an hourly sweep',
    exportedBy: 'nothing: a keyed digest',
    columns: { subject_digest: 'digest', window_started_at: 'time', count: 'setting' },
  },
};
