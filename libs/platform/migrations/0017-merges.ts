import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Conversations that were merged into another one, and what it takes to undo that.
 *
 * Locks    conversation: a new column without a default, and a reference that is looked at once; briefly
 * Undo     drops the table and the column; what was merged stays where it is, and the empty conversations stay closed
 */
export class Merges1790000000017 implements MigrationInterface {
  readonly name = 'Merges1790000000017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  -- Where everything of it is now. It never names one that was merged itself: one step leads there.
  alter table conversation
    add column merged_into_id uuid,
    add foreign key (tenant_id, merged_into_id) references conversation (tenant_id, id) on delete cascade;
  create index conversation_merged on conversation (tenant_id, merged_into_id) where merged_into_id is not null;

  -- One merge, as it was made: what was moved, and how both stood before it and the whole one after it.
  create table conversation_merge (
    tenant_id uuid not null,
    conversation_id uuid not null,
    into_id uuid not null,
    merged_at timestamptz not null,
    line_id uuid not null,
    message_ids uuid[] not null,
    referral_ids uuid[] not null,
    reference_digests bytea[] not null,
    was jsonb not null,
    into_was jsonb not null,
    into_became jsonb not null,
    primary key (tenant_id, conversation_id),
    foreign key (tenant_id, conversation_id) references conversation (tenant_id, id) on delete cascade,
    foreign key (tenant_id, into_id) references conversation (tenant_id, id) on delete cascade
  );
  create index conversation_merge_into on conversation_merge (tenant_id, into_id);
  select shut_to_other_tenants('conversation_merge');
`;

const DOWN = `
  drop table conversation_merge;
  alter table conversation drop column merged_into_id;
`;
