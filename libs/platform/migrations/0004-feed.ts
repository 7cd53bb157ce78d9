import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The feed: what a tenant's screens should know, numbered without gaps.
 *
 * Locks    none: new tables
 * Undo     drops the tables
 */
export class Feed1790000000004 implements MigrationInterface {
  readonly name = 'Feed1790000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- One row per tenant. Whoever appends takes the next numbers from it as the last thing before the commit, so numbers become
  -- visible in their order. A sequence would not do: a slow transaction's number would appear behind readers that moved past it.
  create table feed_head (
    tenant_id uuid primary key references tenant (id),
    seq bigint not null
  );
  select shut_to_other_tenants('feed_head');

  create table feed_line (
    tenant_id uuid not null references tenant (id),
    seq bigint not null,
    type text not null,
    conversation_id uuid,
    message_id uuid,
    contact_id uuid,
    connection_id uuid,
    agent_id uuid,
    created_at timestamptz not null,
    primary key (tenant_id, seq)
  );
  create index feed_line_age on feed_line (tenant_id, created_at);
  select shut_to_other_tenants('feed_line');
`;

const DOWN = `
  drop table feed_line, feed_head;
`;
