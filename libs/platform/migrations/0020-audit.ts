import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit: a chain for each tenant and one of the installation, and the personal data beside them.
 *
 * Locks    none: new tables
 * Undo     drops the tables, and with them what they prove
 */
export class Audit1790000000020 implements MigrationInterface {
  readonly name = 'Audit1790000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- Against the owner's own mistakes: the serving role has no right to try.
  create function refuse_unwriting() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
  begin
    raise exception 'the audit is only ever added to' using errcode = 'insufficient_privilege';
  end $$;
  create function refuse_going_back() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
  begin
    if tg_op = 'DELETE' or new.seq <= old.seq then
      raise exception 'the head of an audit chain only goes on' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end $$;

  -- The last number and hash. Whoever appends locks it as one of the last things before the commit: one writer, no gaps.
  create table audit_head (
    tenant_id uuid primary key default current_tenant() references tenant (id),
    seq bigint not null,
    hash bytea not null check (length(hash) = 32)
  );
  create table installation_audit_head (
    one boolean primary key default true check (one),
    seq bigint not null,
    hash bytea not null check (length(hash) = 32)
  );

  -- What is searched by is read out of the entry by the database, so it cannot say something else than what the hash covers.
  create table audit_entry (
    tenant_id uuid not null default current_tenant() references tenant (id),
    seq bigint not null check (seq > 0),
    at timestamptz not null,
    entry text not null,
    hash bytea not null check (length(hash) = 32),
    act text not null generated always as (entry::jsonb ->> 'act') stored,
    by_kind text not null generated always as (entry::jsonb -> 'by' ->> 'kind') stored,
    by_id text generated always as (entry::jsonb -> 'by' ->> 'id') stored,
    about_kind text generated always as (entry::jsonb -> 'about' ->> 'kind') stored,
    about_id text generated always as (entry::jsonb -> 'about' ->> 'id') stored,
    primary key (tenant_id, seq)
  );
  create index audit_entry_act on audit_entry (tenant_id, act, seq);
  create index audit_entry_by on audit_entry (tenant_id, by_id, seq);
  create index audit_entry_about on audit_entry (tenant_id, about_id, seq);
  create index audit_entry_at on audit_entry (tenant_id, at, seq);
  create table installation_audit_entry (
    seq bigint primary key check (seq > 0),
    at timestamptz not null,
    entry text not null,
    hash bytea not null check (length(hash) = 32),
    act text not null generated always as (entry::jsonb ->> 'act') stored,
    by_kind text not null generated always as (entry::jsonb -> 'by' ->> 'kind') stored,
    by_id text generated always as (entry::jsonb -> 'by' ->> 'id') stored,
    about_kind text generated always as (entry::jsonb -> 'about' ->> 'kind') stored,
    about_id text generated always as (entry::jsonb -> 'about' ->> 'id') stored
  );
  create index installation_audit_entry_act on installation_audit_entry (act, seq);
  create index installation_audit_entry_about on installation_audit_entry (about_id, seq);
  create index installation_audit_entry_at on installation_audit_entry (at, seq);

  -- Values that can be erased. The entry keeps a commitment to each.
  create table audit_personal (
    tenant_id uuid not null default current_tenant(),
    seq bigint not null,
    name text not null,
    value text not null,
    salt bytea not null check (length(salt) = 32),
    primary key (tenant_id, seq, name),
    foreign key (tenant_id, seq) references audit_entry (tenant_id, seq)
  );
  create table installation_audit_personal (
    seq bigint not null references installation_audit_entry (seq),
    name text not null,
    value text not null,
    salt bytea not null check (length(salt) = 32),
    primary key (seq, name)
  );

  select shut_to_other_tenants('audit_head');
  select shut_to_other_tenants('audit_entry');
  select shut_to_other_tenants('audit_personal');

  revoke delete, truncate on audit_head, installation_audit_head from omnidesk_app;
  revoke update, delete, truncate on audit_entry, installation_audit_entry from omnidesk_app;
  revoke update, truncate on audit_personal, installation_audit_personal from omnidesk_app;

  create trigger append_only before update or delete on audit_entry for each row execute function refuse_unwriting();
  create trigger append_only_whole before truncate on audit_entry for each statement execute function refuse_unwriting();
  create trigger append_only before update or delete on installation_audit_entry for each row execute function refuse_unwriting();
  create trigger append_only_whole before truncate on installation_audit_entry for each statement execute function refuse_unwriting();
  create trigger goes_on before update or delete on audit_head for each row execute function refuse_going_back();
  create trigger goes_on before update or delete on installation_audit_head for each row execute function refuse_going_back();
`;

const DOWN = `
  drop table installation_audit_personal, installation_audit_entry, installation_audit_head, audit_personal, audit_entry, audit_head;
  drop function refuse_unwriting;
  drop function refuse_going_back;
`;
