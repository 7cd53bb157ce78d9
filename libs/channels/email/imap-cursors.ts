import type { Database, TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';

/** Whose mailbox. */
export interface MailboxKey {
  tenantId: TenantId;
  connectionId: ConnectionId;
}

/** How far a folder was read. */
export interface FolderCursor {
  path: string;
  /** Numbers of mails mean something only under this one. */
  uidValidity: bigint;
  /** Every mail up to this one is in the log of deliveries, or was there before we came. */
  lastUid: number;
  /** What reached the mail server before is not ours to take. */
  startedAt: Date;
  /** Up to this one mails may have been there before, or been taken under another number. Null: all that is new is new. */
  rescanToUid: number | null;
  /** The mail that could not be fetched, and how often it was tried. */
  failing: { uid: number; tries: number } | null;
}

interface FolderRow {
  path: string;
  uid_validity: string;
  last_uid: string;
  started_at: Date;
  rescan_to_uid: string | null;
  failing_uid: string | null;
  failing_tries: number;
}

const COLUMNS = 'path, uid_validity, last_uid, started_at, rescan_to_uid, failing_uid, failing_tries';

/** How far the folders of one mailbox were read. A step forward is taken only when what lies behind it is kept. */
export class FolderCursors {
  constructor(
    private readonly db: Database,
    private readonly mailbox: MailboxKey,
  ) {}

  async find(path: string): Promise<FolderCursor | null> {
    const [row] = await this.query(`select ${COLUMNS} from mail_folder where connection_id = $1 and path = $2`, [path]);
    return row === undefined ? null : cursorOf(row);
  }

  /** Begin with a folder, or begin again after the server numbered its mails anew: look through what is there for what came since. */
  async begin(path: string, start: { uidValidity: bigint; rescanToUid: number; startedAt: Date }): Promise<FolderCursor> {
    const [row] = await this.query(
      `insert into mail_folder (tenant_id, connection_id, path, uid_validity, last_uid, started_at, rescan_to_uid)
       values ($3, $1, $2, $4, 0, $5, $6)
       on conflict (tenant_id, connection_id, path) do update set
         uid_validity = excluded.uid_validity, last_uid = 0, rescan_to_uid = excluded.rescan_to_uid, failing_uid = null, failing_tries = 0
       returning ${COLUMNS}`,
      [path, this.mailbox.tenantId, start.uidValidity.toString(), start.startedAt, start.rescanToUid],
    );
    return cursorOf(row!);
  }

  /** Everything up to this mail is kept. */
  async advance({ path, uidValidity }: FolderCursor, lastUid: number): Promise<FolderCursor> {
    const [row] = await this.query(
      `update mail_folder set last_uid = greatest(last_uid, $4),
         rescan_to_uid = case when rescan_to_uid > $4 then rescan_to_uid end,
         failing_tries = case when failing_uid > $4 then failing_tries else 0 end,
         failing_uid = case when failing_uid > $4 then failing_uid end
       where connection_id = $1 and path = $2 and uid_validity = $3 returning ${COLUMNS}`,
      [path, uidValidity.toString(), lastUid],
    );
    if (row === undefined) throw new Error('the folder was begun anew by somebody else');
    return cursorOf(row);
  }

  /** This mail could not be fetched once more. */
  async countFailure({ path, uidValidity }: FolderCursor, uid: number): Promise<void> {
    await this.query(
      `update mail_folder set failing_tries = case when failing_uid = $4 then failing_tries + 1 else 1 end, failing_uid = $4
       where connection_id = $1 and path = $2 and uid_validity = $3 returning ${COLUMNS}`,
      [path, uidValidity.toString(), uid],
    );
  }

  /** They were looked into just now. */
  async markSeen(paths: readonly string[], at: Date): Promise<void> {
    await this.query(`update mail_folder set last_seen_at = $3 where connection_id = $1 and path = any($2) returning ${COLUMNS}`, [
      paths,
      at,
    ]);
  }

  /** Forget the folders that are no longer read: chosen again, they begin anew. */
  async keepOnly(paths: readonly string[]): Promise<void> {
    await this.query(`delete from mail_folder where connection_id = $1 and path <> all($2) returning ${COLUMNS}`, [paths]);
  }

  private async query(sql: string, parameters: unknown[]): Promise<FolderRow[]> {
    const { tenantId, connectionId } = this.mailbox;
    return this.db.inTenant(tenantId, (tx) => tx.query<FolderRow>(sql, [connectionId, ...parameters]));
  }
}

function cursorOf(row: FolderRow): FolderCursor {
  return {
    path: row.path,
    uidValidity: BigInt(row.uid_validity),
    lastUid: Number(row.last_uid),
    startedAt: row.started_at,
    rescanToUid: row.rescan_to_uid === null ? null : Number(row.rescan_to_uid),
    failing: row.failing_uid === null ? null : { uid: Number(row.failing_uid), tries: row.failing_tries },
  };
}
