/** What a column holds. Only `id`, `time` and `setting` say nothing about a person by themselves. */
export type ColumnKind = 'id' | 'time' | 'setting' | 'name' | 'address' | 'content' | 'device' | 'secret' | 'digest';

/** Every column of a room's tables, declared: what it holds, whom it is about, who ends it and who hands it out. */
export type DataMap = Record<string, TableDeclaration>;

export interface TableDeclaration {
  subject: 'contact' | 'agent' | 'tenant' | 'operator' | 'nobody';
  erasedBy: string;
  exportedBy: string;
  columns: Record<string, ColumnKind>;
  /** Which columns hold something sealed, and for what: `<purpose> <the value of this column>`. Rotating keys seals them anew. */
  sealed?: Record<string, { purpose: string; by: string }>;
}
