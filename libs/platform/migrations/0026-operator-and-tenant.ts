import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What stands between the operator and a tenant: the operator can suspend a tenant, and a tenant can let operators read for a while.
 *
 * Locks    tenant, for a moment: a column with a constant default is not written to the rows
 * Undo     drops the columns and the table; whoever is suspended gets in again
 */
export class OperatorAndTenant1790000000026 implements MigrationInterface {
  readonly name = 'OperatorAndTenant1790000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table tenant
    add state text not null default 'active' check (state in ('active', 'suspended')),
    add suspended_at timestamptz,
    add suspended_reason text,
    add constraint tenant_suspension check ((state = 'suspended') = (suspended_at is not null));

  create table operator_grant (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    reason text not null,
    granted_by uuid not null,
    granted_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > granted_at and ends_at <= granted_at + interval '7 days'),
    ended_at timestamptz,
    ended_by uuid,
    primary key (tenant_id, id),
    foreign key (tenant_id, granted_by) references agent (tenant_id, id),
    foreign key (tenant_id, ended_by) references agent (tenant_id, id)
  );
  create index operator_grant_live on operator_grant (tenant_id, ends_at) where ended_at is null;
  create index operator_grant_granted_by on operator_grant (tenant_id, granted_by);
  create index operator_grant_ended_by on operator_grant (tenant_id, ended_by);
  select shut_to_other_tenants('operator_grant');

  grant select (state) on tenant to omnidesk_lookup;
  create function tenant_counts() returns table (active int, suspended int)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select count(*) filter (where state = 'active')::int, count(*) filter (where state = 'suspended')::int from tenant
  $$;
  grant create on schema public to omnidesk_lookup;
  alter function tenant_counts owner to omnidesk_lookup;
  revoke create on schema public from omnidesk_lookup;
`;

const DOWN = `
  drop function tenant_counts;
  drop table operator_grant;
  alter table tenant drop constraint tenant_suspension, drop suspended_reason, drop suspended_at, drop state;
`;
