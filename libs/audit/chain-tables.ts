/** The statements over one kind of chain. A tenant's rows are its own by the database's wall; the installation has one chain. */
export interface ChainTables {
  name: string;
  lockHead: string;
  makeHead: string;
  /** Shape: new seq and hash of the head, the instant; then the entries and what lies beside them, each as arrays */
  write: string;
}

export const TENANT_CHAIN = tablesOf('audit');
export const INSTALLATION_CHAIN = tablesOf('installation_audit');

// The tenant of a row is the transaction's, by the columns' own default.
function tablesOf(name: 'audit' | 'installation_audit'): ChainTables {
  return {
    name,
    lockHead: `select seq, hash from ${name}_head for update`,
    makeHead: `insert into ${name}_head (seq, hash) values (0, $1) on conflict do nothing`,
    write: `
      with head as (
        update ${name}_head set seq = $1, hash = $2
      ), entries as (
        insert into ${name}_entry (seq, at, entry, hash)
        select line.seq, $3, line.entry, line.hash from unnest($4::bigint[], $5::text[], $6::bytea[]) as line (seq, entry, hash)
      )
      insert into ${name}_personal (seq, name, value, salt)
      select * from unnest($7::bigint[], $8::text[], $9::text[], $10::bytea[])`,
  };
}
