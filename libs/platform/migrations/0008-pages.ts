import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What connecting a Facebook page needs: what the page may do, logins under way, consent to move, Meta’s restriction, requests to delete.
 *
 * Locks    connection and route, briefly: new columns with constant defaults, two small indexes
 * Undo     drops the columns and tables
 */
export class Pages1790000000008 implements MigrationInterface {
  readonly name = 'Pages1790000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table connection
    add column human_agent boolean not null default false,
    add column personas boolean not null default false,
    add column comments boolean not null default true,
    add column granted_scopes text[] not null default '{}',
    -- The person who gave us the page, as Facebook names him or her to our app.
    add column granted_by text,
    add column restriction text,
    add column restricted_at timestamptz,
    add column checked_at timestamptz,
    -- When a look at it last found everything in order: what was missed was missed after this.
    add column sound_at timestamptz,
    add column self_test_nonce text,
    add column self_test_at timestamptz;

  -- Facebook tells us of a person who left without telling a tenant, so the person stands beside the route.
  alter table route add column granted_by text;
  create index route_granted_by on route (granted_by) where granted_by is not null;
  create index route_connection on route (tenant_id, connection_id);

  -- A login with Facebook that somebody has begun, and for a quarter of an hour the pages it brought, with their tokens, sealed.
  create table page_login (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    session_id uuid not null,
    state_digest bytea not null check (length(state_digest) = 32),
    state_used_at timestamptz,
    sealed_pages bytea,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade,
    foreign key (tenant_id, session_id) references session (tenant_id, id) on delete cascade
  );
  create unique index page_login_state on page_login (tenant_id, state_digest);
  create index page_login_agent on page_login (tenant_id, agent_id);
  create index page_login_session on page_login (tenant_id, session_id);
  select shut_to_other_tenants('page_login');

  -- The consent of a tenant that another business on this installation may connect its page.
  create table move_code (
    tenant_id uuid not null,
    connection_id uuid not null,
    code_digest bytea not null check (length(code_digest) = 32),
    expires_at timestamptz not null,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('move_code');

  -- Somebody asked Facebook that we forget him or her. Who it was is not kept: only that it was asked, and when it was done.
  create table deletion_request (
    code_digest bytea primary key check (length(code_digest) = 32),
    received_at timestamptz not null,
    done_at timestamptz
  );
  create index deletion_request_received on deletion_request (received_at);
`;

const DOWN = `
  drop table deletion_request, move_code, page_login;
  drop index route_connection, route_granted_by;
  alter table route drop column granted_by;
  alter table connection drop column human_agent, drop column personas, drop column comments, drop column granted_scopes,
    drop column granted_by, drop column restriction, drop column restricted_at, drop column checked_at, drop column sound_at,
    drop column self_test_nonce, drop column self_test_at;
`;
