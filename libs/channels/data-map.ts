import type { DataMap } from '#platform';

export const channelsDataMap: DataMap = {
  connection: {
    subject: 'tenant',
    erasedBy: 'disconnecting destroys the secrets; the rest with the contract',
    exportedBy: 'the list of connections, without secrets',
    columns: {
      tenant_id: 'id',
      id: 'id',
      channel: 'setting',
      external_id: 'address',
      name: 'name',
      state: 'setting',
      problem: 'setting',
      sealed_secrets: 'secret',
      last_received_at: 'time',
      created_at: 'time',
    },
  },
  route: {
    subject: 'tenant',
    erasedBy: 'disconnecting',
    exportedBy: 'the list of connections',
    columns: { channel: 'setting', external_id: 'address', tenant_id: 'id', connection_id: 'id' },
  },
  delivery: {
    subject: 'contact',
    erasedBy: 'being read; what cannot be read waits in quarantine',
    exportedBy: 'nothing: it is on its way to a conversation',
    columns: {
      id: 'id',
      channel: 'setting',
      digest: 'digest',
      body: 'content',
      body_blob: 'content',
      tenant_id: 'id',
      connection_id: 'id',
      received_at: 'time',
      attempts: 'setting',
      failures: 'setting',
      quarantined_at: 'time',
      problem: 'setting',
    },
  },
};
