import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { isUuid, type TenantId } from './ids.js';

/** How long one statement may run, and how long a transaction may sit idle, before the server ends it. */
export const STATEMENT_TIMEOUT_MS = 15_000;

/**
 * The rows that all of a tenant's writers queue for, in the one order in which every transaction locks them: two that did so in different
 * orders would wait for each other. What more writers queue for comes later, and is held more shortly.
 */
export const LAST_STEPS = ['audit', 'feed', 'installation_audit'] as const;
export type LastStep = (typeof LAST_STEPS)[number];

/**
 * An open transaction. It is the first argument of everything that must be true together with the rest of it: visible, never ambient.
 */
export class Tx {
  private readonly lastSteps = new Map<LastStep, () => Promise<void>>();
  private isEnding = false;
  private readonly afterSteps: (() => void)[] = [];

  constructor(private readonly runner: QueryRunner) {}

  /** TypeORM's repositories, inside this transaction. */
  get entities(): EntityManager {
    return this.runner.manager;
  }

  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const result = await this.runner.query(sql, parameters, true);
    return result.records as Row[];
  }

  /**
   * The same for one of the few statements that run so often that parsing and planning them each time would show. The server keeps its
   * plan per connection, under `name`.
   */
  async queryPrepared<Row>(name: string, sql: string, parameters: unknown[]): Promise<Row[]> {
    const connection = (await this.runner.connect()) as ClientBase;
    const result = await connection.query({ name, text: sql, values: parameters });
    return result.rows as Row[];
  }

  /** Run `step` as one of the last statements before the commit, once: in the order of `LAST_STEPS`, whatever the order of the calls. */
  beforeCommit(name: LastStep, step: () => Promise<void>): void {
    assert(!this.isEnding, 'the last steps of this transaction have begun');
    if (!this.lastSteps.has(name)) this.lastSteps.set(name, step);
  }

  /** Run `step` once the commit is certain. It may be lost in a crash, so it only ever makes something sooner. */
  afterCommit(step: () => void): void {
    this.afterSteps.push(step);
  }

  /** @internal */
  async takeLastSteps(): Promise<void> {
    this.isEnding = true;
    for (const name of LAST_STEPS) await this.lastSteps.get(name)?.();
  }

  /** @internal */
  async finish(): Promise<void> {
    await this.takeLastSteps();
    const connection = (await this.runner.connect()) as { query(sql: string): Promise<{ command: string }> };
    const { command } = await connection.query('commit');
    // After a failed statement whose error was caught the server answers a commit with a rollback, and calls that a success.
    assert.equal(command, 'COMMIT', 'a statement of this transaction failed, and the error went no further');
  }

  /** @internal */
  announce(): void {
    for (const step of this.afterSteps) step();
  }
}

/** A transaction that sees and writes only one tenant's rows. */
export class TenantTx extends Tx {
  constructor(
    runner: QueryRunner,
    readonly tenantId: TenantId,
  ) {
    super(runner);
  }
}

/** What of a tenant somebody sees. */
export interface TenantView {
  tenantId: TenantId;
  /** Only what belongs to these of its connections, and what belongs to none; null: everything. */
  connections: readonly string[] | null;
}

/** The door to the database. Whoever wants rows of a tenant must name the tenant; the database itself refuses the rest. */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /** End every connection. Where Nest runs, its database module does this last. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  /**
   * Run `work` in one transaction that can see and write only one tenant's rows. Rolls back if `work` throws.
   *
   * Shape    an agent: of those rows only what that agent sees. The bare id of a tenant: all of them, for what no agent asks for
   */
  inTenant<T>(whose: TenantId | TenantView, work: (tx: TenantTx) => Promise<T>): Promise<T> {
    const { tenantId, connections } = typeof whose === 'string' ? { tenantId: whose, connections: null } : whose;
    // The ids become part of a statement: `set local` takes no parameters, and as one message with `begin` it costs no round trip.
    assert(isUuid(tenantId), 'a tenant id is a uuid');
    const begin = `begin; set local app.tenant_id = '${tenantId}'${connections === null ? '' : onlySeeing(connections)}`;
    return this.run(begin, (runner) => new TenantTx(runner, tenantId), work);
  }

  /**
   * Run `give` for one tenant and then `take` for another, in one transaction: for what passes between them by consent. Each part sees and
   * writes only its own tenant's rows; if either throws, nothing has passed.
   */
  async handOver<T>(
    { from, to }: { from: TenantId; to: TenantId },
    give: (tx: TenantTx) => Promise<void>,
    take: (tx: TenantTx) => Promise<T>,
  ): Promise<T> {
    assert(isUuid(from) && isUuid(to), 'a tenant id is a uuid');
    let giving: TenantTx | undefined;
    const open = (runner: QueryRunner) => {
      giving = new TenantTx(runner, from);
      return new TenantTx(runner, to);
    };
    const taken = await this.run(`begin; set local app.tenant_id = '${from}'`, open, async (tx) => {
      await give(giving!);
      await giving!.takeLastSteps();
      await tx.query("select set_config('app.tenant_id', $1, true)", [to]);
      return take(tx);
    });
    giving!.announce();
    return taken;
  }

  /** Run `work` in one transaction over the installation's own rows (deliveries, routes). No tenant's rows can be seen in it. */
  inInstallation<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.run('begin', (runner) => new Tx(runner), work);
  }

  /** One statement over the installation's own rows, committed by itself. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const result = await runner.query(sql, parameters, true);
      return result.records as Row[];
    } finally {
      await runner.release();
    }
  }

  /**
   * The same for one of the few statements that run so often that parsing and planning them each time would show. The server keeps its
   * plan per connection, under `name`; buffers go as they are, not as text.
   */
  async queryPrepared<Row>(name: string, sql: string, parameters: unknown[]): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as ClientBase;
      const result = await connection.query({ name, text: sql, values: parameters });
      return result.rows as Row[];
    } finally {
      await runner.release();
    }
  }

  private async run<T, Open extends Tx>(begin: string, open: (runner: QueryRunner) => Open, work: (tx: Open) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    let tx: Open;
    let result: T;
    try {
      await runner.query(begin);
      setTransactionActive(runner, true);
      try {
        tx = open(runner);
        result = await work(tx);
        await tx.finish();
      } catch (error) {
        await rollback(runner);
        throw error;
      }
    } finally {
      setTransactionActive(runner, false);
      if (!runner.isReleased) await runner.release();
    }
    tx.announce();
    return result;
  }
}

function onlySeeing(connections: readonly string[]): string {
  assert(connections.every(isUuid), 'a connection id is a uuid');
  return `; set local app.connections = '{${connections.join(',')}}'`;
}

// TypeORM must know of a transaction it did not begin, or `save` would open one of its own inside ours.
function setTransactionActive(runner: QueryRunner, isTransactionActive: boolean): void {
  Object.assign(runner, { isTransactionActive });
}

async function rollback(runner: QueryRunner): Promise<void> {
  try {
    await runner.query('rollback');
  } catch {
    // Whatever state this connection is in, nobody may inherit it. The error that led here is the one worth throwing.
    const connection = (await runner.connect()) as Client;
    await connection.end().catch(() => undefined);
  }
}
