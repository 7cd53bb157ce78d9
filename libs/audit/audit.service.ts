import assert from 'node:assert/strict';
import { Injectable } from '@nestjs/common';
import type { AuditAct } from '#contract';
import { Clock, Database, TenantTx, type Tx } from '#platform';
import {
  canonical,
  type ChainedEntry,
  type ChainId,
  commitment,
  type Facts,
  FIRST_HASH,
  newSalt,
  nextHash,
  type PersonalValue,
  storable,
} from './chain.js';
import { inChain, tablesOfChain } from './chain-tables.js';
import { FloodGate } from './flood-gate.js';

/** An entry says who did what to what; what was said or shown belongs elsewhere. */
const ENTRY_BYTES_MAX = 16 * 1024;
const PERSONAL_LENGTH_MAX = 500;

export type AuditActor =
  | { kind: 'agent'; id: string }
  | { kind: 'api_key'; id: string }
  | { kind: 'operator'; id: string }
  | { kind: 'system' }
  | { kind: 'nobody' };

export interface AuditEntryInput {
  act: AuditAct;
  by: AuditActor;
  /** What it was done to: `agent`, `connection`, `conversation`, … */
  about?: { kind: string; id: string };
  /** Ids, codes and settings. Never personal data, never content: this can never be erased. */
  facts?: Facts;
  /** Beside the chain, and erasable: an address, a name, an IP address, by what it is. An empty one is none. */
  personal?: Record<string, string>;
}

interface HeadRow {
  seq: string;
  hash: Buffer;
}

/** Writes down who did what, so that nobody can unwrite it unnoticed. */
@Injectable()
export class Audit {
  private readonly pending = new WeakMap<Tx, AuditEntryInput[]>();
  private readonly pendingOfInstallation = new WeakMap<Tx, AuditEntryInput[]>();
  private readonly floodGate: FloodGate;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {
    this.floodGate = new FloodGate(clock);
  }

  /** Put an entry in the tenant's chain, if and only if `tx` commits. It is written as one of the last things before that. */
  append(tx: TenantTx, entry: AuditEntryInput): void {
    add(this.pending, tx, entry);
    tx.beforeCommit('audit', () => this.write(tx, tx.tenantId, this.pending.get(tx)!));
  }

  /** The same in the installation's own chain: the operator's acts, and what concerns no tenant. */
  appendToInstallation(tx: Tx, entry: AuditEntryInput): void {
    add(this.pendingOfInstallation, tx, entry);
    tx.beforeCommit('installation_audit', () => this.write(tx, 'installation', this.pendingOfInstallation.get(tx)!));
  }

  /** The same where nothing else is written: what was refused, or only looked at. Resolves once it is kept. */
  async record(chain: ChainId, entry: AuditEntryInput): Promise<void> {
    await inChain(this.db, chain, (tx) => {
      if (tx instanceof TenantTx) this.append(tx, entry);
      else this.appendToInstallation(tx, entry);
      return Promise.resolve();
    });
  }

  /**
   * The same for what anybody can make happen as often as he likes: at most `perMinute` in a minute for each `key`, in this process. What
   * was left out is counted in the next one. Resolves whether this one was written.
   */
  async recordAFew(chain: ChainId, key: string, entry: AuditEntryInput, perMinute = 1): Promise<boolean> {
    const leftOut = this.floodGate.pass(`${chain} ${key}`, perMinute);
    if (leftOut === null) return false;
    await this.record(chain, leftOut === 0 ? entry : { ...entry, facts: { ...entry.facts, leftOut } });
    return true;
  }

  // The head row is locked from here to the commit, so there is one writer at a time and no number is given twice or left out.
  private async write(tx: Tx, chain: ChainId, entries: readonly AuditEntryInput[]): Promise<void> {
    const tables = tablesOfChain(chain);
    let [head] = await tx.queryPrepared<HeadRow>(`${tables.name}-lock`, tables.lockHead, []);
    if (!head) {
      await tx.query(tables.makeHead, [FIRST_HASH]);
      [head] = await tx.queryPrepared<HeadRow>(`${tables.name}-lock`, tables.lockHead, []);
    }
    const at = this.clock.now();
    let { hash } = head!;
    let seq = Number(head!.seq);
    const lines: { seq: number; entry: string; hash: Buffer }[] = [];
    const beside: (PersonalValue & { seq: number })[] = [];
    for (const input of entries) {
      seq++;
      const personal = personalOf(input);
      const entry = canonical(chained(input, { chain, seq, at, personal }));
      assert(Buffer.byteLength(entry) <= ENTRY_BYTES_MAX, 'an entry of the audit holds ids and codes, not content');
      hash = nextHash(hash, entry);
      lines.push({ seq, entry, hash });
      beside.push(...personal.map((value) => ({ ...value, seq })));
    }
    await tx.queryPrepared(`${tables.name}-write`, tables.write, [
      seq,
      hash,
      at,
      lines.map((line) => line.seq),
      lines.map((line) => line.entry),
      lines.map((line) => line.hash),
      beside.map((value) => value.seq),
      beside.map(({ name }) => name),
      beside.map(({ value }) => value),
      beside.map(({ salt }) => salt),
    ]);
  }
}

function add(pending: WeakMap<Tx, AuditEntryInput[]>, tx: Tx, entry: AuditEntryInput): void {
  const entries = pending.get(tx) ?? [];
  pending.set(tx, entries);
  entries.push(entry);
}

function personalOf({ personal = {} }: AuditEntryInput): PersonalValue[] {
  const known = Object.entries(personal).filter(([, value]) => value !== '');
  return known.map(([name, value]) => ({
    name,
    value: storable(value.slice(0, PERSONAL_LENGTH_MAX)),
    salt: newSalt(),
  }));
}

function chained(
  { act, by, about, facts }: AuditEntryInput,
  place: { chain: ChainId; seq: number; at: Date; personal: PersonalValue[] },
): ChainedEntry {
  const commitments = Object.fromEntries(place.personal.map((value) => [value.name, commitment(value)]));
  return {
    v: 1,
    chain: place.chain,
    seq: place.seq,
    at: place.at.toISOString(),
    act,
    by: { kind: by.kind, ...('id' in by ? { id: by.id } : {}) },
    ...(about ? { about } : {}),
    ...(facts && Object.keys(facts).length > 0 ? { facts } : {}),
    ...(place.personal.length > 0 ? { personal: commitments } : {}),
  };
}
