import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type Actor, auditedAs } from '#accounts';
import { Audit } from '#audit';
import { type ConnectionId, ConnectionService } from '#channels';
import type { NewSweep, Sweep } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, newId, Refusal, type TenantTx, type TenantView } from '#platform';
import { Feed } from '#realtime';
import { describeSweep, type SweepId, type SweepRow } from './sweep.js';

/** The ended ones that stay on the list of a connection. */
const SWEEPS_KEPT_MAX = 50;
/** A step is short by itself; this is for a database or a vendor that hangs. */
const STEP_TIMEOUT_MS = 300_000;

/** One page of a sweep. Those of one connection run one after the other. */
export const SweepPage = defineJob({
  name: 'sweep-page',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid(), sweepId: z.uuid() }),
  queueOf: ({ connectionId }) => `sweep ${connectionId}`,
  attemptTimeoutMs: STEP_TIMEOUT_MS,
});

export interface SweepWish {
  connectionId: ConnectionId;
  kind: Sweep['kind'];
  cause: Sweep['cause'];
  since: Date;
}

/** Looking through a page's own archive for what never reached us. */
@Injectable()
export class SweepService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly jobs: Jobs,
    private readonly feed: Feed,
    private readonly audit: Audit,
  ) {}

  /**
   * Somebody asks for a sweep of the last days.
   *
   * Errors   not_found; conflict `sweep_running`; unprocessable `no_archive` for a mailbox, `connection_gone`
   */
  async ask(actor: Actor, connectionId: ConnectionId, { kind, days }: NewSweep): Promise<Sweep> {
    const { channel } = await this.connections.find(actor, connectionId);
    if (channel !== 'messenger') throw new Refusal('unprocessable', 'no_archive', 'Only a Facebook page has an archive to look through.');
    return this.db.inTenant(actor, async (tx) => {
      await this.connections.demandConnected(tx, connectionId);
      const since = new Date(this.clock.now().getTime() - days * DAY_MS);
      const under = await tx.query("select 1 from sweep where connection_id = $1 and state in ('waiting', 'running')", [connectionId]);
      if (under.length > 0) throw alreadyRunning();
      const about = { kind: 'connection', id: connectionId };
      this.audit.append(tx, { act: 'sweep_asked', by: auditedAs(actor), about, facts: { kind, days } });
      return this.start(tx, { connectionId, kind, cause: 'asked', since });
    });
  }

  /**
   * Start a sweep if `tx` commits; behind one that is under way it waits. One that waits already goes as far back as both wanted.
   */
  async start(tx: TenantTx, { connectionId, kind, cause, since }: SweepWish): Promise<Sweep> {
    const now = this.clock.now();
    await this.forgetOld(tx, connectionId);
    const [row] = await tx.query<SweepRow>(
      `insert into sweep (tenant_id, id, connection_id, kind, cause, state, since, started_at) values ($1, $2, $3, $4, $5, 'waiting', $6, $7)
       on conflict (tenant_id, connection_id, kind) where state = 'waiting' do update set since = least(sweep.since, excluded.since)
       returning *`,
      [tx.tenantId, newId<SweepId>(now), connectionId, kind, cause, since, now],
    );
    await this.enqueue(tx, row!, now);
    this.feed.append(tx, { type: 'connection_changed', connectionId });
    return describeSweep(row!);
  }

  /** Newest first. Errors: not_found. */
  async list(view: TenantView, connectionId: ConnectionId): Promise<Sweep[]> {
    await this.connections.find(view, connectionId);
    return this.db.inTenant(view, async (tx) => {
      const rows = await tx.query<SweepRow>('select * from sweep where connection_id = $1 order by started_at desc, id desc limit $2', [
        connectionId,
        SWEEPS_KEPT_MAX,
      ]);
      return rows.map(describeSweep);
    });
  }

  /** Its next step, at `runAt`. */
  async enqueue(tx: TenantTx, { id, connection_id: connectionId }: Pick<SweepRow, 'id' | 'connection_id'>, runAt: Date): Promise<void> {
    await this.jobs.enqueue(tx, SweepPage, { tenantId: tx.tenantId, connectionId, sweepId: id }, { runAt, onceKey: `sweep-page:${id}` });
  }

  private async forgetOld(tx: TenantTx, connectionId: ConnectionId): Promise<void> {
    await tx.query(
      `delete from sweep where id in (
         select id from sweep where connection_id = $1 and state in ('done', 'failed') order by started_at desc, id desc offset $2
       )`,
      [connectionId, SWEEPS_KEPT_MAX - 1],
    );
  }
}

function alreadyRunning(): Refusal {
  return new Refusal('conflict', 'sweep_running', 'This page is being looked through already. Wait until that is done.');
}
