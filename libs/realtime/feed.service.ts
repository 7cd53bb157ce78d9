import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { Change } from '#contract';
import { Clock, Database, type TenantId, type TenantTx } from '#platform';

/** How far behind a browser may be and still be told line by line; beyond it, fetching everything anew is cheaper. */
export const REPLAY_LINES_MAX = 500;

export type NewChange = Omit<Change, 'seq'>;

interface LineRow {
  seq: string;
  type: Change['type'];
  conversation_id: string | null;
  message_id: string | null;
  contact_id: string | null;
  connection_id: string | null;
  agent_id: string | null;
  quiet: boolean;
}

/** The ordered list of what a tenant's screens should know. */
@Injectable()
export class Feed {
  /** Rings with the tenant's id when its feed has grown: `here` when this process made it grow, `elsewhere` when another did. */
  readonly doorbell = new EventEmitter<{ here: [TenantId]; elsewhere: [TenantId] }>();
  private readonly pending = new WeakMap<TenantTx, NewChange[]>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Put a line in the feed, if `tx` commits. */
  append(tx: TenantTx, change: NewChange): void {
    const changes = this.pending.get(tx) ?? [];
    this.pending.set(tx, changes);
    // One transaction may touch a thing often; its screens need to hear of it once.
    if (!changes.some((earlier) => JSON.stringify(earlier) === JSON.stringify(change))) changes.push(change);
    tx.beforeCommit('feed', () => this.write(tx, changes));
    if (changes.length === 1) tx.afterCommit(() => this.doorbell.emit('here', tx.tenantId));
  }

  /** The newest number of a tenant's feed; 0 when nothing has happened yet. */
  async newest(tenantId: TenantId): Promise<number> {
    return this.db.inTenant(tenantId, async (tx) => {
      const [head] = await tx.query<{ seq: string }>('select seq from feed_head');
      return Number(head?.seq ?? 0);
    });
  }

  /** The lines after `lastSeq`, or null when that is too far back (or ahead of us) to be replayed. */
  async after(tenantId: TenantId, lastSeq: number): Promise<Change[] | null> {
    return this.db.inTenant(tenantId, async (tx) => {
      const [head] = await tx.query<{ seq: string }>('select seq from feed_head');
      const newest = Number(head?.seq ?? 0);
      if (lastSeq === newest) return [];
      if (lastSeq > newest || newest - lastSeq > REPLAY_LINES_MAX) return null;
      const rows = await tx.query<LineRow>('select * from feed_line where seq > $1 and seq <= $2 order by seq', [lastSeq, newest]);
      // Old lines are swept; a gap at the start means that some of what was missed is gone.
      return rows.length === newest - lastSeq ? rows.map(asChange) : null;
    });
  }

  /** Remove lines that nobody will replay any more. */
  async sweep(tenantId: TenantId, before: Date): Promise<void> {
    await this.db.inTenant(tenantId, (tx) => tx.query('delete from feed_line where created_at < $1', [before]));
  }

  // The head row is locked from here to the commit, so this is the last thing a transaction does.
  private async write(tx: TenantTx, changes: NewChange[]): Promise<void> {
    const ids = (name: 'conversationId' | 'messageId' | 'contactId' | 'connectionId' | 'agentId') =>
      changes.map((change) => change[name] ?? null);
    await tx.query(
      `with head as (
         insert into feed_head (tenant_id, seq) values ($1, $2)
         on conflict (tenant_id) do update set seq = feed_head.seq + excluded.seq returning seq
       )
       insert into feed_line (tenant_id, seq, type, conversation_id, message_id, contact_id, connection_id, agent_id, quiet,
         created_at)
       select $1, head.seq - $2 + line.n, line.type, line.conversation_id, line.message_id, line.contact_id, line.connection_id, line.agent_id,
         line.quiet, $9
       from head, unnest($3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $10::boolean[]) with ordinality
         as line (type, conversation_id, message_id, contact_id, connection_id, agent_id, quiet, n)`,
      [
        tx.tenantId,
        changes.length,
        changes.map((change) => change.type),
        ids('conversationId'),
        ids('messageId'),
        ids('contactId'),
        ids('connectionId'),
        ids('agentId'),
        this.clock.now(),
        changes.map((change) => change.quiet === true),
      ],
    );
  }
}

function asChange(row: LineRow): Change {
  return {
    seq: Number(row.seq),
    type: row.type,
    ...(row.conversation_id ? { conversationId: row.conversation_id } : {}),
    ...(row.message_id ? { messageId: row.message_id } : {}),
    ...(row.contact_id ? { contactId: row.contact_id } : {}),
    ...(row.connection_id ? { connectionId: row.connection_id } : {}),
    ...(row.agent_id ? { agentId: row.agent_id } : {}),
    ...(row.quiet ? { quiet: true } : {}),
  };
}
