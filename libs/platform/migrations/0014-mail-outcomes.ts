import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What became of mail we sent: which addresses it does not reach.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class MailOutcomes1790000000014 implements MigrationInterface {
  readonly name = 'MailOutcomes1790000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table suppression (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    address text not null,
    stream text not null check (stream in ('replies', 'newsletter')),
    reason text not null check (reason in ('hard_bounce', 'soft_bounces', 'complaint')),
    code text,
    since timestamptz not null,
    primary key (tenant_id, id)
  );
  create unique index suppression_address on suppression (tenant_id, address, stream);
  select shut_to_other_tenants('suppression');
`;

const DOWN = `
  drop table suppression;
`;
