import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tokens of webhooks whose signature does not cover what they bring: each is good for one body.
 *
 * Locks    none: a new table
 * Undo     drops the table
 */
export class WebhookTokens1790000000016 implements MigrationInterface {
  readonly name = 'WebhookTokens1790000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table webhook_token (
    tenant_id uuid not null,
    connection_id uuid not null,
    token_digest bytea not null check (length(token_digest) = 32),
    body_digest bytea not null check (length(body_digest) = 32),
    seen_at timestamptz not null,
    primary key (tenant_id, connection_id, token_digest),
    foreign key (tenant_id, connection_id) references connection (tenant_id, id) on delete cascade
  );
  create index webhook_token_age on webhook_token (tenant_id, connection_id, seen_at);
  select shut_to_other_tenants('webhook_token');
`;

const DOWN = `
  drop table webhook_token;
`;
