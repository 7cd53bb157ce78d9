import { Injectable } from '@nestjs/common';
import type { AuditVerification } from '#contract';
import { Database } from '#platform';
import { Audit, type AuditActor } from './audit.service.js';
import { type Break, follow, type Place } from './chain-check.js';
import { inChain, readPart, tablesOfChain } from './chain-tables.js';
import { type ChainId, FIRST_HASH } from './chain.js';
import { AuditHeads, type SignedHead } from './head.service.js';

const ENTRIES_PER_READ = 1000;
/** What one request checks at most; whoever wants more asks on. */
export const ENTRIES_PER_VERIFICATION = 20_000;

/** Follows a chain from its first entry to its last, and says where it does not hold. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly db: Database,
    private readonly heads: AuditHeads,
    private readonly audit: Audit,
  ) {}

  /** Check what comes after entry `after`, which the caller has had checked. */
  async verify(chain: ChainId, after = 0, entriesMax = ENTRIES_PER_VERIFICATION): Promise<AuditVerification> {
    const recorded = (await this.heads.recorded(chain)).reverse();
    const start = await this.startOf(chain, after);
    if (start === null) return { verifiedTo: 0, verifiedToAt: null, newest: 0, isDone: true, broken: { seq: after, reason: 'missing' } };
    let place: Place = start;
    let verifiedToAt: string | null = null;
    for (;;) {
      const part = await inChain(this.db, chain, (tx) => readPart(tx, chain, { after: place.seq, max: ENTRIES_PER_READ }));
      const followed = follow(chain, place, part, ENTRIES_PER_READ);
      const hashes = new Map(part.entries.map(({ seq, hash }) => [seq, hash.toString('hex')]));
      const broken = earliest('reason' in followed ? followed : null, this.against(recorded, hashes, part.head.seq));
      const verifiedTo = broken ? Math.min(broken.seq - 1, part.head.seq) : (followed as Place).seq;
      verifiedToAt = part.entries.find(({ seq }) => seq === verifiedTo)?.at.toISOString() ?? verifiedToAt;
      const isDone = broken !== null || part.entries.length < ENTRIES_PER_READ;
      if (isDone || verifiedTo - after >= entriesMax) return { verifiedTo, verifiedToAt, newest: part.head.seq, isDone, broken };
      place = followed as Place;
    }
  }

  /** The same for somebody who asks: that it was checked, and what was found, is written down once all of it is. */
  async verifyFor(chain: ChainId, by: AuditActor, after: number): Promise<AuditVerification> {
    const found = await this.verify(chain, after);
    const { verifiedTo, isDone, broken } = found;
    const act = broken ? 'audit_break_found' : 'audit_verified';
    if (isDone) await this.audit.record(chain, { act, by, facts: broken ? { seq: broken.seq, reason: broken.reason } : { verifiedTo } });
    return found;
  }

  private async startOf(chain: ChainId, after: number): Promise<Place | null> {
    if (after === 0) return { seq: 0, hash: FIRST_HASH };
    const [row] = await inChain(this.db, chain, (tx) => tx.query<{ hash: Buffer }>(tablesOfChain(chain).hashOf, [after]));
    return row ? { seq: after, hash: row.hash } : null;
  }

  /** The first recorded head that what is there does not agree with. */
  private against(recorded: readonly SignedHead[], hashes: ReadonlyMap<number, string>, newest: number): Break | null {
    for (const head of recorded) {
      if (!hashes.has(head.seq) && head.seq <= newest) continue;
      if (!this.heads.isOurs(head)) return { seq: head.seq, reason: 'head_forged' };
      if (head.seq > newest) return { seq: newest + 1, reason: 'cut_off' };
      if (hashes.get(head.seq) !== head.hash) return { seq: head.seq, reason: 'rewritten' };
    }
    return null;
  }
}

function earliest(one: Break | null, other: Break | null): Break | null {
  if (one === null || other === null) return one ?? other;
  return other.seq < one.seq ? other : one;
}
