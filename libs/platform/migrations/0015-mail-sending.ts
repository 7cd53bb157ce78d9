import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sending mail: the keys that sign it, and which servers want to be left alone for a while.
 *
 * Locks    none: new tables
 * Undo     drops the tables
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
`;

const DOWN = `
  drop table mail_key;
`;
