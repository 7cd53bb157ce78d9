import type { DataMap, TableDeclaration } from '#platform';

const head: TableDeclaration = {
  subject: 'nobody',
  erasedBy: 'the end of the contract',
  exportedBy: 'the export of the audit',
  columns: { seq: 'setting', hash: 'digest' },
};
const entry: TableDeclaration = {
  subject: 'nobody',
  erasedBy: 'the end of the contract; it holds ids and codes alone',
  exportedBy: 'the export of the audit',
  columns: {
    seq: 'setting',
    at: 'time',
    entry: 'setting',
    hash: 'digest',
    act: 'setting',
    by_kind: 'setting',
    by_id: 'id',
    about_kind: 'setting',
    about_id: 'id',
  },
};
const personal: TableDeclaration = {
  subject: 'agent',
  erasedBy: 'a daily sweep after two years, or sooner for one person',
  exportedBy: 'the export of the audit',
  columns: { seq: 'id', name: 'setting', value: 'address', salt: 'secret' },
};

const ofTenant = ({ columns, ...declaration }: TableDeclaration): TableDeclaration => ({
  ...declaration,
  columns: { tenant_id: 'id', ...columns },
});

export const auditDataMap: DataMap = {
  audit_head: ofTenant(head),
  audit_entry: ofTenant(entry),
  audit_personal: ofTenant(personal),
  installation_audit_head: { ...head, columns: { ...head.columns, one: 'setting' } },
  installation_audit_entry: entry,
  installation_audit_personal: personal,
};
