import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditQuery, Page } from '#contract';
import { Database, Refusal } from '#platform';
import { Audit, type AuditActor } from './audit.service.js';
import { inChain, readPart } from './chain-tables.js';
import type { ChainedEntry, ChainId } from './chain.js';
import { AuditHeads } from './head.service.js';

const ENTRIES_PER_READ = 1000;

interface Row {
  seq: string;
  entry: string;
  hash: string;
  personal: Record<string, string> | null;
}

const entriesOf = (entry: string, personal: string) =>
  `select seq, entry, encode(hash, 'hex') as hash,
     (select json_object_agg(name, value) from ${personal} beside where beside.seq = ${entry}.seq) as personal
   from ${entry}
   where ($1::bigint is null or seq < $1) and ($2::text is null or act = $2) and ($3::text is null or by_id = $3)
     and ($4::text is null or about_id = $4) and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
   order by seq desc limit $7`;
const OF_TENANT = entriesOf('audit_entry', 'audit_personal');
const OF_INSTALLATION = entriesOf('installation_audit_entry', 'installation_audit_personal');

/** Shows what was written, and hands it out. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly db: Database,
    private readonly audit: Audit,
    private readonly heads: AuditHeads,
  ) {}

  /** Newest first. Errors: invalid `bad_cursor`. */
  async list(chain: ChainId, { act, by, about, from, to, cursor, limit }: AuditQuery): Promise<Page<AuditEntry>> {
    const before = readCursor(cursor);
    return inChain(this.db, chain, async (tx) => {
      const rows = await tx.query<Row>(chain === 'installation' ? OF_INSTALLATION : OF_TENANT, [
        before,
        act ?? null,
        by ?? null,
        about ?? null,
        from ?? null,
        to ?? null,
        limit + 1,
      ]);
      const items = rows.slice(0, limit).map(described);
      return { items, nextCursor: rows.length > limit ? writeCursor(items.at(-1)!.seq) : null };
    });
  }

  /**
   * A chain and what is needed to check it, line by line, as JSON: first its signed head and those that were recorded, then each entry
   * with its hash and what is still beside it. That it was handed out is written down before it begins.
   */
  async *export(chain: ChainId, by: AuditActor): AsyncGenerator<string> {
    await this.audit.record(chain, { act: 'audit_exported', by });
    const { chain: _, ...head } = await this.heads.current(chain);
    const recordedHeads = (await this.heads.recorded(chain)).map(({ chain: _, ...recorded }) => recorded);
    yield line({ format: 'omnidesk-audit-1', chain, publicKey: this.heads.publicKeyText, head, recordedHeads });
    for (let after = 0; after < head.seq;) {
      const { entries } = await inChain(this.db, chain, (tx) => readPart(tx, chain, { after, max: ENTRIES_PER_READ }));
      const wanted = entries.filter(({ seq }) => seq <= head.seq);
      if (wanted.length === 0) return;
      yield wanted.map(lineOf).join('');
      after = wanted.at(-1)!.seq;
    }
  }
}

function described({ seq, entry, hash, personal }: Row): AuditEntry {
  const said = JSON.parse(entry) as ChainedEntry;
  const names = Object.keys(said.personal ?? {});
  return {
    seq: Number(seq),
    at: said.at,
    act: said.act,
    by: { kind: said.by.kind, id: said.by.id ?? null },
    about: said.about ?? null,
    facts: (said.facts ?? {}) as AuditEntry['facts'],
    personal: Object.fromEntries(names.map((name) => [name, personal?.[name] ?? null])),
    hash,
  };
}

function lineOf({ seq, entry, hash, personal }: Awaited<ReturnType<typeof readPart>>['entries'][number]): string {
  const beside = personal.map(({ name, value, salt }) => ({ name, value, salt: salt.toString('hex') }));
  return line({ seq, entry, hash: hash.toString('hex'), personal: beside });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function writeCursor(seq: number): string {
  return Buffer.from(String(seq)).toString('base64url');
}

function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(text)) throw new Refusal('invalid', 'bad_cursor', 'This page does not exist. Start from the first one.');
  return Number(text);
}
