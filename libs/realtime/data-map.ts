import type { DataMap } from '#platform';

export const realtimeDataMap: DataMap = {
  feed_head: {
    subject: 'nobody',
    erasedBy: 'the end of the contract',
    exportedBy: 'nothing: a counter',
    columns: { tenant_id: 'id', seq: 'setting' },
  },
  feed_line: {
    subject: 'nobody',
    erasedBy: 'a daily sweep after a week',
    exportedBy: 'nothing: ids alone',
    columns: {
      tenant_id: 'id',
      seq: 'setting',
      type: 'setting',
      conversation_id: 'id',
      message_id: 'id',
      contact_id: 'id',
      connection_id: 'id',
      agent_id: 'id',
      quiet: 'setting',
      created_at: 'time',
    },
  },
};
