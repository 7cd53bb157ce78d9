import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What else than a password proves who an agent is, what a tenant asks for, and the links that lead back in.
 *
 * Locks    agent, session and invitation, shortly
 * Undo     drops the tables and columns; the accounts that were deleted stay without a name
 */
export class Factors1790000000021 implements MigrationInterface {
  readonly name = 'Factors1790000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- One row for a tenant that has chosen something; without it the defaults hold, which are in the program.
  create table tenant_security (
    tenant_id uuid primary key references tenant (id),
    -- Since when each role needs a second factor: { "owner": "2026-05-04T10:00:00.000Z" }.
    second_factor_since jsonb not null default '{}',
    second_factor_grace_days int not null default 14 check (second_factor_grace_days between 0 and 90)
  );
  select shut_to_other_tenants('tenant_security');

  -- A key that is being set up has no confirmed_at and proves nothing yet.
  create table totp (
    tenant_id uuid not null,
    agent_id uuid not null,
    secret_sealed bytea not null,
    last_step bigint not null default 0,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    primary key (tenant_id, agent_id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('totp');

  -- A code that was used is gone.
  create table recovery_code (
    tenant_id uuid not null,
    agent_id uuid not null,
    digest bytea not null check (length(digest) = 32),
    primary key (tenant_id, agent_id, digest),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('recovery_code');

  create table passkey (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    name text not null,
    credential_id bytea not null check (length(credential_id) between 16 and 1023),
    public_key bytea not null,
    counter bigint not null,
    transports text[] not null,
    synced boolean not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index passkey_credential on passkey (tenant_id, credential_id);
  create index passkey_agent on passkey (tenant_id, agent_id);
  select shut_to_other_tenants('passkey');

  -- What a passkey is asked to sign. A sign-in names no tenant yet, so it belongs to the installation, and holds digests and noise alone.
  create table passkey_challenge (
    attempt_digest bytea primary key check (length(attempt_digest) = 32),
    challenge bytea not null,
    purpose text not null check (purpose in ('sign_in', 'confirm', 'enrol')),
    bound_to_digest bytea not null check (length(bound_to_digest) = 32),
    expires_at timestamptz not null
  );
  create index passkey_challenge_expiry on passkey_challenge (expires_at);

  create table password_reset (
    tenant_id uuid not null,
    agent_id uuid not null,
    token_digest bytea not null check (length(token_digest) = 32),
    expires_at timestamptz not null,
    primary key (tenant_id, agent_id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  create unique index password_reset_token on password_reset (tenant_id, token_digest);
  select shut_to_other_tenants('password_reset');

  -- An address changes once both have said yes: the one it was, and the one it will be.
  create table address_change (
    tenant_id uuid not null,
    agent_id uuid not null,
    id uuid not null,
    email text not null,
    present_digest bytea check (length(present_digest) = 32),
    next_digest bytea check (length(next_digest) = 32),
    present_confirmed_at timestamptz,
    next_confirmed_at timestamptz,
    expires_at timestamptz not null,
    primary key (tenant_id, agent_id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('address_change');

  -- A link that went by mail, beside the one that whoever invited was shown: either opens, and then neither does.
  alter table invitation add mailed_digest bytea check (length(mailed_digest) = 32);
  create unique index invitation_mailed on invitation (tenant_id, mailed_digest);

  -- When a password and a second factor, whatever there is, were last asked for in this session. Never at sign-in: only when asked again.
  alter table session add proved_all_at timestamptz;

  alter table agent add joined_at timestamptz;
  update agent set joined_at = created_at where state <> 'invited';
  -- What stays of an account that was deleted: an id, for what it wrote.
  alter table agent drop constraint agent_state_check;
  alter table agent add constraint agent_state_check check (state in ('invited', 'active', 'deactivated', 'deleted'));
`;

const DOWN = `
  update agent set state = 'deactivated' where state = 'deleted';
  alter table agent drop constraint agent_state_check;
  alter table agent add constraint agent_state_check check (state in ('invited', 'active', 'deactivated'));
  alter table agent drop joined_at;
  alter table session drop proved_all_at;
  alter table invitation drop mailed_digest;
  drop table address_change, password_reset, passkey_challenge, passkey, recovery_code, totp, tenant_security;
`;
