import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Roles of a tenant's own, beside those that ship: a name and what it allows.
 *
 * Locks    agent, shortly
 * Undo     drops them; whoever had one becomes an agent
 */
export class Roles1790000000023 implements MigrationInterface {
  readonly name = 'Roles1790000000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table role (
    tenant_id uuid not null references tenant,
    id uuid not null,
    name text not null,
    permissions text[] not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index role_name on role (tenant_id, lower(name));
  select shut_to_other_tenants('role');

  -- A role that somebody has cannot be deleted: the key says so, whoever asks.
  alter table agent add role_id uuid, add foreign key (tenant_id, role_id) references role (tenant_id, id);
  create index agent_role on agent (tenant_id, role_id) where role_id is not null;
  alter table agent drop constraint agent_role_check;
  alter table agent add constraint agent_role_check check (role in ('owner', 'admin', 'agent', 'privacy_officer', 'custom'));
  alter table agent add constraint agent_role_named check ((role = 'custom') = (role_id is not null));
`;

const DOWN = `
  alter table agent drop constraint agent_role_named;
  update agent set role = 'agent' where role = 'custom';
  alter table agent drop column role_id;
  alter table agent drop constraint agent_role_check;
  alter table agent add constraint agent_role_check check (role in ('owner', 'admin', 'agent', 'privacy_officer'));
  drop table role;
`;
