import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { ConnectionService, SWEEP_BACK_DAYS_MAX } from '#channels';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, DAY_MS, Log, MINUTE_MS } from '#platform';
import { SweepService } from './sweep.service.js';

/** Each minute, so also in the first minute after a start. */
const WatchOutage = defineJob({ name: 'watch-outage', payload: z.undefined(), cron: '* * * * *', attemptTimeoutMs: 600_000 });

/** Meta repeats what it could not deliver for some minutes by itself. */
const OUTAGE_MS_MIN = 5 * MINUTE_MS;
/** What was on its way when we went away. */
const LOOK_BACK_MS = 10 * MINUTE_MS;

/** Notices that the installation was away, and looks for what was said in the meantime. */
@Injectable()
export class OutageWatch implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly sweeps: SweepService,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(WatchOutage, () => this.look());
  }

  /** Say that we are awake. After a time of silence, sweep every page that works. Repeats: what is swept twice is not doubled. */
  async look(): Promise<void> {
    const now = this.clock.now();
    const [mark] = await this.db.query<{ at: Date }>('select at from awake_mark');
    if (mark && now.getTime() - mark.at.getTime() > OUTAGE_MS_MIN) await this.sweepAll(mark.at, now);
    // Last: whoever is killed before has not been awake.
    await this.db.query(
      'insert into awake_mark (at) values ($1) on conflict (id) do update set at = greatest(awake_mark.at, excluded.at)',
      [now],
    );
  }

  private async sweepAll(lastAwakeAt: Date, now: Date): Promise<void> {
    const since = new Date(Math.max(lastAwakeAt.getTime() - LOOK_BACK_MS, now.getTime() - SWEEP_BACK_DAYS_MAX * DAY_MS));
    const routes = await this.connections.routesOf('messenger');
    for (const { tenantId, connectionId } of routes) {
      const { state } = await this.connections.find(tenantId, connectionId);
      if (state !== 'active') continue;
      await this.db.inTenant(tenantId, (tx) => this.sweeps.start(tx, { connectionId, kind: 'gap', cause: 'outage', since }));
    }
    this.log.warn('outage_noticed', { durationMs: now.getTime() - lastAwakeAt.getTime(), count: routes.length });
  }
}
