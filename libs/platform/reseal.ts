import type { DataMap } from './data-map.js';
import type { Database } from './database.js';
import type { TenantId } from './ids.js';
import type { SecretBox } from './secret-box.js';

/*
 * After a new key was put before the old ones, what is stored is wrapped by it, row by row: the data map says where something sealed is. A
 * row that changes meanwhile is left to whoever changed it, who sealed it with the newest key anyway; what is done is told by its first
 * bytes, so stopping and beginning again costs nothing.
 */

const ROWS_AT_ONCE = 200;

export interface Resealed {
  resealed: number;
  already: number;
}

/** Wrap every sealed value of a tenant by the newest key. Errors: throws where one cannot be opened; what was done so far stays done. */
export async function resealTenant(db: Database, secrets: SecretBox, maps: readonly DataMap[], tenantId: TenantId): Promise<Resealed> {
  const done = { resealed: 0, already: 0 };
  for (const { table, column, by, purpose } of sealedColumns(maps)) {
    done.already += await countNewest(db, { table, column, tenantId, mark: secrets.newestMark });
    for (;;) {
      const some = await db.inTenant(tenantId, async (tx) => {
        const old = `select ${by} as id, ${column} as sealed from ${table}
          where octet_length(${column}) > 0 and substring(${column} from 1 for $1) <> $2 order by ${by} limit $3 for update skip locked`;
        const rows = await tx.query<{ id: string; sealed: Buffer }>(old, [secrets.newestMark.length, secrets.newestMark, ROWS_AT_ONCE]);
        const anew = `update ${table} set ${column} = $2 where ${by} = $1`;
        for (const { id, sealed } of rows) {
          await tx.query(anew, [id, secrets.reseal(sealed, { owner: tenantId, purpose: `${purpose} ${id}` })]);
        }
        return rows.length;
      });
      done.resealed += some;
      if (some < ROWS_AT_ONCE) break;
    }
  }
  return done;
}

/** Every column that the data maps call sealed. */
export function sealedColumns(maps: readonly DataMap[]): { table: string; column: string; purpose: string; by: string }[] {
  return maps.flatMap((map) =>
    Object.entries(map).flatMap(([table, { sealed = {} }]) => Object.entries(sealed).map(([column, how]) => ({ table, column, ...how }))),
  );
}

async function countNewest(
  db: Database,
  { table, column, tenantId, mark }: { table: string; column: string; tenantId: TenantId; mark: Buffer },
): Promise<number> {
  const statement = `select count(*)::int as count from ${table} where substring(${column} from 1 for $1) = $2`;
  const [row] = await db.inTenant(tenantId, (tx) => tx.query<{ count: number }>(statement, [mark.length, mark]));
  return row!.count;
}
