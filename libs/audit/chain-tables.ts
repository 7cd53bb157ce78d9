import type { Database, Tx } from '#platform';
import { type ChainId, FIRST_HASH, type StoredEntry } from './chain.js';

/** The statements over one kind of chain. A tenant's rows are its own by the database's wall; the installation has one chain. */
export interface ChainTables {
  name: string;
  lockHead: string;
  makeHead: string;
  /** Shape: new seq and hash of the head, the instant; then the entries and what lies beside them, each as arrays */
  write: string;
  /** Shape: after which number, how many at most; gives the head beside each of the entries, or alone */
  readWithHead: string;
  hashOf: string;
  /** Shape: the instant before which what is beside the chain is erased */
  erasePersonal: string;
  /** Shape: the id of whom the erased values are about */
  forgetPersonal: string;
}

/** What one reading of a chain gives: all of it seen in one moment. */
export interface ChainPart {
  head: { seq: number; hash: Buffer };
  entries: StoredEntry[];
}

interface PartRow {
  headSeq: string | null;
  headHash: Buffer | null;
  seq: string | null;
  at: Date;
  entry: string;
  hash: Buffer;
  personal: { name: string; value: string; salt: string }[] | null;
}

export const TENANT_CHAIN = tablesOf('audit');
export const INSTALLATION_CHAIN = tablesOf('installation_audit');

export function tablesOfChain(chain: ChainId): ChainTables {
  return chain === 'installation' ? INSTALLATION_CHAIN : TENANT_CHAIN;
}

/** A transaction that sees the chain and nothing of any other tenant's. */
export function inChain<T>(db: Database, chain: ChainId, work: (tx: Tx) => Promise<T>): Promise<T> {
  return chain === 'installation' ? db.inInstallation(work) : db.inTenant(chain, work);
}

export async function readPart(tx: Tx, chain: ChainId, { after, max }: { after: number; max: number }): Promise<ChainPart> {
  const rows = await tx.query<PartRow>(tablesOfChain(chain).readWithHead, [after, max]);
  const [{ headSeq, headHash }] = rows as [PartRow];
  const entries = rows
    .filter((row) => row.seq !== null)
    .map(({ seq, at, entry, hash, personal }) => ({
      seq: Number(seq),
      at,
      entry,
      hash,
      personal: (personal ?? []).map(({ name, value, salt }) => ({ name, value, salt: Buffer.from(salt, 'hex') })),
    }));
  return { head: { seq: Number(headSeq ?? 0), hash: headHash ?? FIRST_HASH }, entries };
}

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
    // One statement, so that the head and the entries are those of one moment.
    readWithHead: `
      select head.seq as "headSeq", head.hash as "headHash", line.seq, line.at, line.entry, line.hash, (
        select json_agg(json_build_object('name', beside.name, 'value', beside.value, 'salt', encode(beside.salt, 'hex')) order by beside.name)
        from ${name}_personal beside where beside.seq = line.seq
      ) as personal
      from (select) as once left join ${name}_head head on true
      left join lateral (select * from ${name}_entry where seq > $1 order by seq limit $2) as line on true order by line.seq`,
    hashOf: `select hash from ${name}_entry where seq = $1`,
    erasePersonal: `
      with erased as (
        delete from ${name}_personal where seq <= (select max(seq) from ${name}_entry where at < $1) returning 1
      ) select count(*)::int as count from erased`,
    forgetPersonal: `
      with erased as (
        delete from ${name}_personal where seq in (select seq from ${name}_entry where by_id = $1 or about_id = $1) returning 1
      ) select count(*)::int as count from erased`,
  };
}
