import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who runs the installation: operators, the keys and passkeys they prove themselves by, and the addresses they may come from. These belong
 * to the installation; no tenant is in them.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Operators1790000000025 implements MigrationInterface {
  readonly name = 'Operators1790000000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table operator (
    id uuid primary key,
    name text not null,
    role text not null check (role in ('full', 'watcher')),
    created_at timestamptz not null,
    revoked_at timestamptz
  );
  create unique index operator_name on operator (lower(name));

  -- Known by the digest of the key, so one key is one operator's for ever: a revoked one cannot be registered again.
  create table operator_key (
    id text primary key check (length(id) = 43),
    operator_id uuid not null references operator (id),
    public_key bytea not null unique check (length(public_key) = 32),
    label text not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
  );
  create index operator_key_operator on operator_key (operator_id);

  -- The primary key is what makes a signature good for one request, also when many come at once.
  create table operator_nonce (
    key_id text not null references operator_key (id),
    nonce text not null check (length(nonce) = 22),
    forget_at timestamptz not null,
    primary key (key_id, nonce)
  );
  create index operator_nonce_age on operator_nonce (forget_at);

  create table operator_passkey (
    id uuid primary key,
    operator_id uuid not null references operator (id),
    credential_id text not null unique check (length(credential_id) between 1 and 1500),
    public_key bytea not null,
    counter bigint not null,
    transports text[] not null,
    label text not null,
    created_at timestamptz not null,
    last_used_at timestamptz
  );
  create index operator_passkey_operator on operator_passkey (operator_id);

  -- What a passkey is asked to sign, once.
  create table operator_challenge (
    challenge_digest bytea primary key check (length(challenge_digest) = 32),
    purpose text not null check (purpose in ('sign_in', 'enrol')),
    operator_id uuid references operator (id),
    expires_at timestamptz not null
  );

  create table operator_enrolment (
    operator_id uuid primary key references operator (id),
    token_digest bytea not null unique check (length(token_digest) = 32),
    expires_at timestamptz not null
  );

  create table operator_session (
    token_digest bytea primary key check (length(token_digest) = 32),
    operator_id uuid not null references operator (id),
    passkey_id uuid not null references operator_passkey (id) on delete cascade,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
  );
  create index operator_session_operator on operator_session (operator_id);

  -- Nobody comes from anywhere else. It begins with the machine itself, and an empty list lets nobody in.
  create table operator_address (
    range text primary key check (length(range) between 1 and 50),
    label text not null,
    added_at timestamptz not null
  );
  insert into operator_address (range, label, added_at) values ('127.0.0.0/8', 'this machine', now()), ('::1/128', 'this machine', now());
`;

const DOWN = `
  drop table operator_address, operator_session, operator_enrolment, operator_challenge, operator_passkey, operator_nonce, operator_key, operator;
`;
