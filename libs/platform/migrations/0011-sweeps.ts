import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Looking through a page’s archive for what never reached us, and noticing that we were away.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Sweeps1790000000011 implements MigrationInterface {
  readonly name = 'Sweeps1790000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- One look through a connection's archive. Where it is now stands in place, written after each page: a killed job goes on from there.
  create table sweep (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    kind text not null check (kind in ('gap', 'import')),
    cause text not null check (cause in ('asked', 'outage', 'subscription_lost', 'reconnected')),
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    since timestamptz not null,
    place jsonb,
    step_began_at timestamptz,
    threads_done int not null default 0,
    messages_seen int not null default 0,
    messages_added int not null default 0,
    messages_untold int not null default 0,
    problem text,
    started_at timestamptz not null,
    ended_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index sweep_of_connection on sweep (tenant_id, connection_id, started_at desc);
  create unique index sweep_running on sweep (tenant_id, connection_id) where state = 'running';
  create unique index sweep_waiting on sweep (tenant_id, connection_id, kind) where state = 'waiting';
  select shut_to_other_tenants('sweep');

  -- When the installation was last awake. Of all of it, not of a tenant: one row, or none before the first minute.
  create table awake_mark (
    id boolean primary key default true check (id),
    at timestamptz not null
  );
`;

const DOWN = `
  drop table awake_mark, sweep;
`;
