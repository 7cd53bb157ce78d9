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
    primary key (tenant_id, connection_id, path),
    foreign key (tenant_id, connection_id) references mailbox (tenant_id, connection_id) on delete cascade
  );
  select shut_to_other_tenants('mail_folder');

  alter table delivery
    -- What the door knows of a mail that its bytes do not say: who brought it, for whom, and what a provider found out about it.
    add column envelope jsonb,
    add column body_bytes int;

  alter table agent add column signature text not null default '';
`;

const DOWN = `
  alter table agent drop column signature;
  alter table delivery drop column envelope, drop column body_bytes;
  drop table mail_folder, mailbox;
`;
