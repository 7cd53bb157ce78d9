import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a mail is and how far it is believed; every mail that was ever taken in, so that none is taken in twice, not even after it was
 * erased; and which conversations may belong together.
 *
 * Locks    conversation, message and attachment, briefly: new columns with constant defaults
 * Undo     drops the tables and columns
 */
export class MailThreads1790000000013 implements MigrationInterface {
  readonly name = 'MailThreads1790000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table message
    add column mail_class text,
    add column auth_verdict text check (auth_verdict in ('pass', 'fail', 'none', 'temperror')),
    add column auth_by text check (auth_by in ('dkim', 'dmarc', 'spf', 'arc')),
    add column auth_domain text,
    add column mail_flags text[] not null default '{}',
    add column mail_headers jsonb,
    add column calendar jsonb,
    add column bcc text[] not null default '{}';
  alter table attachment add column summary jsonb;
  alter table conversation
    add column quarantined_at timestamptz,
    add column loop_stopped_at timestamptz;

  -- Every mail that was taken in, by a keyed digest of its Message-ID and content. Where the message is gone the row stays behind, naming
  -- nobody, so that a copy of an erased mail is known when it comes again.
  create table known_mail (
    tenant_id uuid not null references tenant (id),
    digest bytea not null check (length(digest) = 32),
    message_id uuid,
    taken_at timestamptz not null,
    primary key (tenant_id, digest),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete set null (message_id)
  );
  create index known_mail_message on known_mail (tenant_id, message_id) where message_id is not null;
  select shut_to_other_tenants('known_mail');

  -- Other mailboxes of the tenant that got the same mail.
  create table message_mailbox (
    tenant_id uuid not null,
    message_id uuid not null,
    connection_id uuid not null,
    received_at timestamptz not null,
    primary key (tenant_id, message_id, connection_id),
    foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade,
    foreign key (tenant_id, connection_id) references connection (tenant_id, id)
  );
  create index message_mailbox_connection on message_mailbox (tenant_id, connection_id);
  select shut_to_other_tenants('message_mailbox');

  create table conversation_link (
    tenant_id uuid not null,
    conversation_id uuid not null,
    related_id uuid not null,
    how text not null check (how in ('possibly', 'continues')),
    primary key (tenant_id, conversation_id, related_id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade,
    foreign key (tenant_id, related_id) references conversation (tenant_id, id) on delete cascade
  );
  create index conversation_link_related on conversation_link (tenant_id, related_id);
  select shut_to_other_tenants('conversation_link');
`;

const DOWN = `
  drop table conversation_link, message_mailbox, known_mail;
  alter table conversation drop column quarantined_at, drop column loop_stopped_at;
  alter table attachment drop column summary;
  alter table message drop column mail_class, drop column auth_verdict, drop column auth_by, drop column auth_domain,
    drop column mail_flags, drop column mail_headers, drop column calendar, drop column bcc;
`;
