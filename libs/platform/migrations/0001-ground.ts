import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ground for tenants: who the current one is, and one function that shuts a table to all others.
 *
 * Locks    none: nothing exists yet
 * Undo     drops the functions
 */
export class Ground1790000000001 implements MigrationInterface {
  readonly name = 'Ground1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  grant usage on schema public to omnidesk_app;
  alter default privileges in schema public grant select, insert, update, delete on tables to omnidesk_app;
  alter default privileges in schema public grant usage on sequences to omnidesk_app;

  -- Null outside a tenant's transaction; the setting is '' once a transaction that set it has ended.
  create function current_tenant() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('app.tenant_id', true), '')::uuid
  $$;

  -- Forced, so that it holds for the owner too. The sub-select keeps the tenant a constant of the plan, so indexes are used.
  create function shut_to_other_tenants(guarded regclass, tenant_column text default 'tenant_id') returns void language plpgsql as $$
  begin
    execute format('alter table %s enable row level security', guarded);
    execute format('alter table %s force row level security', guarded);
    execute format(
      'create policy own_tenant on %s using (%I = (select current_tenant())) with check (%I = (select current_tenant()))',
      guarded, tenant_column, tenant_column
    );
  end $$;
  revoke all on function shut_to_other_tenants from public;
`;

const DOWN = `
  drop function shut_to_other_tenants;
  drop function current_tenant;
`;
