import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Ways in and out: a tenant's pages and mailboxes, where their deliveries are routed, and the log of deliveries not yet read.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Channels1790000000005 implements MigrationInterface {
  readonly name = 'Channels1790000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table connection (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    channel text not null check (channel in ('messenger', 'email')),
    external_id text not null,
    name text not null,
    state text not null check (state in ('active', 'needs_reconnecting', 'disconnected')),
    problem text,
    sealed_secrets bytea,
    last_received_at timestamptz,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index connection_external on connection (tenant_id, channel, external_id);
  select shut_to_other_tenants('connection');

  -- Whose a page id, a mailbox key or an address is. It belongs to the installation: a delivery does not say its tenant.
  create table route (
    channel text not null,
    external_id text not null,
    tenant_id uuid not null,
    connection_id uuid not null,
    primary key (channel, external_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );

  -- One HTTP request or mail from outside, exactly as received, until it has been read. One delivery may hold several tenants' events,
  -- so it belongs to the installation. The bytes stand in the row, or in a blob when there are many.
  create table delivery (
    id bigint generated always as identity primary key,
    channel text not null,
    digest bytea not null check (length(digest) = 32),
    body bytea,
    body_blob text,
    tenant_id uuid,
    connection_id uuid,
    received_at timestamptz not null,
    attempts int not null default 0,
    failures int not null default 0,
    quarantined_at timestamptz,
    problem text,
    check ((body is null) <> (body_blob is null))
  );
  create unique index delivery_digest on delivery (channel, digest);
  create index delivery_waiting on delivery (id) where quarantined_at is null;
  -- Rows live for milliseconds; dead ones are swept early so that the waiting ones stay close together.
  alter table delivery set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
`;

const DOWN = `
  drop table delivery, route, connection;
`;
