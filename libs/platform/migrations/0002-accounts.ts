import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tenants, their agents, sessions and invitations, and the counters that slow down guessing.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Accounts1790000000002 implements MigrationInterface {
  readonly name = 'Accounts1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table tenant (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null
  );
  select shut_to_other_tenants('tenant', 'id');

  create table agent (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    email text not null,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent')),
    state text not null check (state in ('invited', 'active', 'deactivated')),
    locale text not null check (locale in ('en', 'nl')),
    password_hash text,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index agent_email on agent (tenant_id, lower(email));
  -- Finds the candidates of a sign-in, which names no tenant.
  create index agent_sign_in on agent (lower(email));
  select shut_to_other_tenants('agent');

  create table session (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    token_digest bytea not null check (length(token_digest) = 32),
    device text not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index session_token on session (tenant_id, token_digest);
  create index session_agent on session (tenant_id, agent_id);
  select shut_to_other_tenants('session');

  create table invitation (
    tenant_id uuid not null,
    agent_id uuid not null,
    token_digest bytea not null check (length(token_digest) = 32),
    expires_at timestamptz not null,
    primary key (tenant_id, agent_id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index invitation_token on invitation (tenant_id, token_digest);
  select shut_to_other_tenants('invitation');

  -- Counts tries by a keyed digest of who tries; it belongs to the installation because a sign-in names no tenant yet.
  create table attempt (
    subject_digest bytea primary key,
    window_started_at timestamptz not null,
    count int not null
  );

  -- Three questions that come before a tenant is known. The role that answers them sees these columns and nothing else.
  grant usage on schema public to omnidesk_lookup;
  grant select (id) on tenant to omnidesk_lookup;
  grant select (tenant_id, id, email, state, created_at) on agent to omnidesk_lookup;
  create policy lookup on tenant for select to omnidesk_lookup using (true);
  create policy lookup on agent for select to omnidesk_lookup using (true);

  create function tenant_exists() returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select exists (select 1 from tenant)
  $$;
  create function tenant_ids() returns setof uuid language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select id from tenant order by id
  $$;
  create function sign_in_candidates(address text) returns table (tenant_id uuid, agent_id uuid)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select agent.tenant_id, agent.id from agent
    where lower(agent.email) = lower(address) and agent.state = 'active' order by agent.created_at limit 20
  $$;
  -- Who is to own a function must be allowed to make one there, for the moment of being given it.
  grant create on schema public to omnidesk_lookup;
  alter function tenant_exists owner to omnidesk_lookup;
  alter function tenant_ids owner to omnidesk_lookup;
  alter function sign_in_candidates owner to omnidesk_lookup;
  revoke create on schema public from omnidesk_lookup;
`;

const DOWN = `
  drop function sign_in_candidates, tenant_ids, tenant_exists;
  drop table attempt, invitation, session, agent, tenant;
`;
