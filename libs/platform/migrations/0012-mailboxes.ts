import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What only mailboxes have: how their mail comes in, what their admins say about them, how they fare, and how far each folder was read.
 *
 * Locks    delivery and agent, briefly: new columns with constant defaults
 * Undo     drops the tables and columns
 */
export class Mailboxes1790000000012 implements MigrationInterface {
  readonly name = 'Mailboxes1790000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table mailbox (
    tenant_id uuid not null,
    connection_id uuid not null,
    inbound text not null check (inbound in ('imap', 'raw', 'postmark', 'mailgun', 'sendgrid', 'ses')),
    login text check (login in ('google', 'microsoft')),
    folders text[] not null default '{}',
    -- Another one each time it is connected: whoever holds a connection with it must open a new one.
    revision int not null default 0,
    signature text not null default '',
    forms text[] not null default '{}',
    plus_addressing text not null default 'auto' check (plus_addressing in ('auto', 'on', 'off')),
    -- What our own test mail found out; null while it is not back.
    plus_works boolean,
    plus_checked_at timestamptz,
    auto_reply_on boolean not null default false,
    auto_reply_text text not null default '',
    agent_mail boolean not null default false,
    authserv_ids text[] not null default '{}',
    trusted_sealers text[] not null default '{}',
    last_seen_at timestamptz,
    lag_seconds int,
    error_code text,
    error_message text,
    error_remedy text check (error_remedy in ('try_later', 'reconnect', 'give_up')),
    error_at timestamptz,
    error_since timestamptz,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('mailbox');
  insert into mailbox (tenant_id, connection_id, inbound) select tenant_id, id, 'raw' from connection where channel = 'email';

  -- Signing in with the mail provider, on its way to a mailbox: there, back with tokens, and gone.
  create table mail_login (
    tenant_id uuid not null,
    id uuid not null,
    agent_id uuid not null,
    session_id uuid not null,
    provider text not null check (provider in ('google', 'microsoft')),
    state_digest bytea not null check (length(state_digest) = 32),
    state_used_at timestamptz,
    address text,
    sealed_tokens bytea,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, agent_id) references agent (tenant_id, id) on delete cascade,
    foreign key (tenant_id, session_id) references session (tenant_id, id) on delete cascade
  );
  create unique index mail_login_state on mail_login (tenant_id, state_digest);
  create index mail_login_agent on mail_login (tenant_id, agent_id);
  create index mail_login_session on mail_login (tenant_id, session_id);
  select shut_to_other_tenants('mail_login');

  -- What speaks for a mailbox that its provider signs in.
  create table mail_grant (
    tenant_id uuid not null,
    connection_id uuid not null,
    provider text not null check (provider in ('google', 'microsoft')),
    -- Who gave it: not always the mailbox itself.
    address text not null,
    sealed_tokens bytea not null,
    access_expires_at timestamptz not null,
    -- One process asks for new ones at a time; one that died loses its turn.
    refreshing_until timestamptz,
    -- Tokens of a former login must not come over those of a new one.
    version int not null default 1,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references mailbox (tenant_id, connection_id) on delete cascade
  );
  select shut_to_other_tenants('mail_grant');

  -- The last mail that a mailbox sent to itself, to find out what comes back.
  create table mail_test (
    tenant_id uuid not null,
    connection_id uuid not null,
    nonce text not null check (nonce ~ '^[0-9a-f]{12}$'),
    sent_at timestamptz not null,
    bare_at timestamptz,
    plus_at timestamptz,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references mailbox (tenant_id, connection_id) on delete cascade
  );
  select shut_to_other_tenants('mail_test');

  -- How far a folder has been read: everything up to last_uid is in the log of deliveries or has been through it.
  create table mail_folder (
    tenant_id uuid not null,
    connection_id uuid not null,
    path text not null,
    uid_validity bigint not null,
    last_uid bigint not null,
    -- Mail from before was there when the mailbox was connected, and stays there.
    started_at timestamptz not null,
    last_seen_at timestamptz,
    -- The server numbered its mails anew: those up to this one may have been taken in before. Null: nothing of the kind.
    rescan_to_uid bigint,
    -- The mail that could not be fetched, and how often.
    failing_uid bigint,
    failing_tries int not null default 0,
    primary key (tenant_id, connection_id, path),
    foreign key (tenant_id, connection_id) references mailbox (tenant_id, connection_id) on delete cascade
  );
  select shut_to_other_tenants('mail_folder');

  -- Which mailboxes are to be fetched is asked every few seconds, for all tenants at once. The fingerprint changes when one has to be
  -- opened anew.
  grant select (tenant_id, id, state) on connection to omnidesk_lookup;
  grant select (tenant_id, connection_id, inbound, folders, revision) on mailbox to omnidesk_lookup;
  create policy lookup on connection for select to omnidesk_lookup using (true);
  create policy lookup on mailbox for select to omnidesk_lookup using (true);
  create function mailboxes_to_fetch() returns table (tenant_id uuid, connection_id uuid, fingerprint text)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select mailbox.tenant_id, mailbox.connection_id, concat_ws(' ', mailbox.revision, md5(array_to_json(mailbox.folders)::text))
    from mailbox join connection on connection.tenant_id = mailbox.tenant_id and connection.id = mailbox.connection_id
    where mailbox.inbound = 'imap' and connection.state <> 'disconnected'
    order by mailbox.connection_id
  $$;
  grant create on schema public to omnidesk_lookup;
  alter function mailboxes_to_fetch owner to omnidesk_lookup;
  revoke create on schema public from omnidesk_lookup;

  alter table delivery
    -- What the door knows of a mail that its bytes do not say: who brought it, for whom, and what a provider found out about it.
    add column envelope jsonb,
    add column body_bytes int,
    -- It can be read better later; how often it has waited for that.
    add column retry_at timestamptz,
    add column postponed int not null default 0,
    -- Of one that was set aside: the lines that tell whose it is, so that nobody has to read fifty megabytes for them.
    add column head bytea;
  -- Each channel is read by itself, so that none waits for another.
  drop index delivery_waiting;
  create index delivery_waiting on delivery (channel, id) where quarantined_at is null and retry_at is null;
  create index delivery_postponed on delivery (channel, retry_at) where quarantined_at is null and retry_at is not null;
  create index delivery_quarantined on delivery (tenant_id, id) where quarantined_at is not null;

  alter table agent add column signature text not null default '';
`;

const DOWN = `
  drop function mailboxes_to_fetch;
  drop policy lookup on connection;
  revoke select on connection from omnidesk_lookup;
  alter table agent drop column signature;
  drop index delivery_quarantined, delivery_postponed, delivery_waiting;
  create index delivery_waiting on delivery (id) where quarantined_at is null;
  alter table delivery drop column envelope, drop column body_bytes, drop column retry_at, drop column postponed, drop column head;
  drop table mail_folder, mail_test, mail_grant, mail_login, mailbox;
`;
