import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The heartbeats of those who run jobs. A worker that stops beating has been killed, and its jobs go to the others.
 *
 * Locks    none: a new table
 * Undo     drops the table
 */
export class Jobs1790000000007 implements MigrationInterface {
  readonly name = 'Jobs1790000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
  create table job_worker (
    id text primary key,
    beat_at timestamptz not null
  );
  revoke all on job_worker from omnidesk_app;
  grant select, insert, update, delete on job_worker to omnidesk_jobs;
  grant usage on schema public to omnidesk_jobs;
`;

const DOWN = `
  drop table job_worker;
`;
