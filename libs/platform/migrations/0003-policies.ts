import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tenant's instructions: what is recorded and how long it is kept, in versions that are never edited.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Policies1790000000003 implements MigrationInterface {
  readonly name = 'Policies1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table recording_policy (
    tenant_id uuid not null references tenant (id),
    version int not null,
    rules jsonb not null,
    created_at timestamptz not null,
    created_by uuid,
    primary key (tenant_id, version),
    foreign key (tenant_id, created_by) references agent (tenant_id, id)
  );
  select shut_to_other_tenants('recording_policy');

  create table retention_policy (
    tenant_id uuid not null references tenant (id),
    version int not null,
    rules jsonb not null,
    created_at timestamptz not null,
    created_by uuid,
    primary key (tenant_id, version),
    foreign key (tenant_id, created_by) references agent (tenant_id, id)
  );
  select shut_to_other_tenants('retention_policy');

  -- The rules in force. A conversation names its rule; a new period is a change of this one row.
  create table retention_rule (
    tenant_id uuid not null,
    id uuid not null,
    policy_version int not null,
    position int not null,
    name text not null,
    anchor text not null check (anchor in ('last_message', 'closed', 'satisfied')),
    keep_months int not null check (keep_months > 0),
    end_kind text not null check (end_kind in ('erase', 'anonymise')),
    primary key (tenant_id, id),
    foreign key (tenant_id, policy_version) references retention_policy (tenant_id, version)
  );
  create unique index retention_rule_position on retention_rule (tenant_id, position);
  select shut_to_other_tenants('retention_rule');
`;

const DOWN = `
  drop table retention_rule, retention_policy, recording_policy;
`;
