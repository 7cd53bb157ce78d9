import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sending mail: the keys that sign it, how each mailbox' own mail server wants to be treated, and which servers want to be left alone for a
 * while.
 *
 * Locks    outbox, briefly: a new column without a default
 * Undo     drops the tables and the column
 */
export class MailSending1790000000015 implements MigrationInterface {
  readonly name = 'MailSending1790000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table mail_key (
    tenant_id uuid not null,
    connection_id uuid not null,
    selector text not null,
    public_key text not null,
    sealed_private_key bytea not null,
    -- Since when the record is in the DNS as it should be; null: nothing is signed.
    found_at timestamptz,
    checked_at timestamptz,
    created_at timestamptz not null,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('mail_key');

  -- What a mailbox' mail server taught us, and how much it was given in the last minute.
  create table mail_relay (
    tenant_id uuid not null,
    connection_id uuid not null,
    sent_at timestamptz[] not null default '{}',
    -- Until then mail goes out under the mailbox' plain address: the server takes no sender with a token.
    plain_sender_until timestamptz,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  select shut_to_other_tenants('mail_relay');

  -- Where mail of a mailbox does not go for now, because the last one was put off. The empty domain: the mailbox' own mail server.
  create table mail_rest (
    tenant_id uuid not null,
    connection_id uuid not null,
    domain text not null,
    until timestamptz not null,
    failures int not null,
    primary key (tenant_id, connection_id, domain),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index mail_rest_until on mail_rest (tenant_id, until);
  select shut_to_other_tenants('mail_rest');

  alter table outbox add column first_failed_at timestamptz;
`;

const DOWN = `
  alter table outbox drop column first_failed_at;
  drop table mail_rest, mail_relay, mail_key;
`;
