import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * From where people and programs may come in, for how long, and with which key: the tenant's list of networks, keys for programs, how long
 * a session lasts and when it locks itself.
 *
 * Locks    tenant and session, shortly
 * Undo     drops the tables and columns; every tenant is open to all networks again, and keys open nothing
 */
export class WaysIn1790000000022 implements MigrationInterface {
  readonly name = 'WaysIn1790000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table tenant
    add lock_after_minutes smallint default 15 check (lock_after_minutes between 1 and 120),
    add session_idle_hours smallint not null default 168 check (session_idle_hours between 1 and 168),
    add session_life_hours smallint not null default 720 check (session_life_hours between 1 and 720);

  alter table session add last_active_at timestamptz;
  update session set last_active_at = last_seen_at;
  alter table session alter last_active_at set not null;

  create table allowed_range (
    tenant_id uuid not null references tenant (id),
    range text not null check (length(range) <= 50),
    note text not null,
    created_at timestamptz not null,
    primary key (tenant_id, range)
  );
  select shut_to_other_tenants('allowed_range');

  create table api_key (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    name text not null,
    token_digest bytea not null check (length(token_digest) = 32),
    permissions text[] not null,
    ranges text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index api_key_token on api_key (tenant_id, token_digest);
  create index api_key_agent on api_key (tenant_id, agent_id);
  select shut_to_other_tenants('api_key');
`;

const DOWN = `
  drop table api_key, allowed_range;
  alter table session drop last_active_at;
  alter table tenant drop lock_after_minutes, drop session_idle_hours, drop session_life_hours;
`;
