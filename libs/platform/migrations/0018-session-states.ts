import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When a session last proved a factor, and since when it is locked. A fourth role ships: whoever answers for privacy.
 *
 * Locks    session and agent, shortly
 * Undo     drops the columns; privacy officers become agents
 */
export class SessionStates1790000000018 implements MigrationInterface {
  readonly name = 'SessionStates1790000000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  alter table session add proved_at timestamptz, add locked_at timestamptz;
  update session set proved_at = created_at;
  alter table session alter proved_at set not null;

  alter table agent drop constraint agent_role_check;
  alter table agent add constraint agent_role_check check (role in ('owner', 'admin', 'agent', 'privacy_officer'));
`;

const DOWN = `
  update agent set role = 'agent' where role = 'privacy_officer';
  alter table agent drop constraint agent_role_check;
  alter table agent add constraint agent_role_check check (role in ('owner', 'admin', 'agent'));
  alter table session drop proved_at, drop locked_at;
`;
