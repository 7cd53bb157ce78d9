import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Coming in by a provider that the tenant trusts: which providers, whose identity there is whose here, which groups there are which roles
 * here, and what is under way.
 *
 * Locks    session and tenant_security, shortly
 * Undo     drops the tables and columns; whoever had no other way in asks for a new password
 */
export class SingleSignOn1790000000027 implements MigrationInterface {
  readonly name = 'SingleSignOn1790000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table identity_provider (
    tenant_id uuid not null references tenant,
    id uuid not null,
    name text not null,
    issuer text not null,
    client_id text not null,
    -- None for a client that is known by its redirect address alone.
    client_secret_sealed bytea,
    scopes text[] not null,
    -- The claim that decides about roles; without one roles are given here.
    role_claim text,
    creates_agents boolean not null,
    -- In which the addresses are of people who may come uninvited.
    domains text[] not null,
    check (not creates_agents or domains <> '{}'),
    counts_as_second_factor boolean not null,
    is_enabled boolean not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index identity_provider_name on identity_provider (tenant_id, lower(name));
  select shut_to_other_tenants('identity_provider');

  -- Which value of the claim gives which role: the first that fits. Without a value: whoever fits no other.
  create table identity_role (
    tenant_id uuid not null,
    provider_id uuid not null,
    position smallint not null,
    claim_value text,
    role text not null check (role in ('admin', 'agent', 'privacy_officer', 'custom')),
    role_id uuid,
    check ((role = 'custom') = (role_id is not null)),
    primary key (tenant_id, provider_id, position),
    foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
    -- Whoever has no other role by then does not come in.
    foreign key (tenant_id, role_id) references role (tenant_id, id) on delete cascade
  );
  create index identity_role_role on identity_role (tenant_id, role_id) where role_id is not null;
  select shut_to_other_tenants('identity_role');

  -- Somebody is known by who says so and under which name; an address is in neither.
  create table identity_link (
    tenant_id uuid not null,
    provider_id uuid not null,
    issuer text not null,
    subject text not null check (length(subject) between 1 and 255),
    agent_id uuid not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    primary key (tenant_id, provider_id, issuer, subject),
    foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index identity_link_agent on identity_link (tenant_id, agent_id, provider_id);
  select shut_to_other_tenants('identity_link');

  -- One way to a provider and back. What was answered once is gone.
  create table identity_attempt (
    tenant_id uuid not null,
    id uuid not null,
    provider_id uuid not null,
    state_digest bytea not null check (length(state_digest) = 32),
    browser_digest bytea not null check (length(browser_digest) = 32),
    purpose text not null check (purpose in ('sign_in', 'invitation', 'connect', 'confirm', 'second_step')),
    -- Whose session it was begun in, or who has only the second step before him.
    agent_id uuid,
    session_id uuid,
    invitation_digest bytea,
    expires_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index identity_attempt_state on identity_attempt (tenant_id, state_digest);
  create index identity_attempt_provider on identity_attempt (tenant_id, provider_id);
  create index identity_attempt_agent on identity_attempt (tenant_id, agent_id);
  select shut_to_other_tenants('identity_attempt');

  -- Whether a provider proved two factors when this session began: who has that needs no factor of ours.
  alter table session add is_second_proved_elsewhere boolean not null default false;
  alter table tenant_security add single_sign_on_required boolean not null default false;
`;

const DOWN = `
  alter table tenant_security drop single_sign_on_required;
  alter table session drop is_second_proved_elsewhere;
  drop table identity_attempt, identity_link, identity_role, identity_provider;
`;
