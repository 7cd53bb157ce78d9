import type { AuditBreakReason } from '#contract';
import type { ChainPart } from './chain-tables.js';
import { canonical, type ChainedEntry, type ChainId, commitment, nextHash, type StoredEntry } from './chain.js';

export interface Break {
  seq: number;
  reason: AuditBreakReason;
}

/** How far a chain was followed: the next entry follows on this one. */
export interface Place {
  seq: number;
  hash: Buffer;
}

/** Follow a chain through its next entries. Gives back the first number at which it does not hold, or how far it was followed. */
export function follow(chain: ChainId, from: Place, { head, entries }: ChainPart, max: number): Place | Break {
  let place = from;
  for (const stored of entries) {
    const reason = stored.seq > head.seq ? 'added' : stored.seq !== place.seq + 1 ? 'missing' : breakOf(chain, place.hash, stored);
    if (reason) return { seq: reason === 'missing' ? place.seq + 1 : stored.seq, reason };
    place = { seq: stored.seq, hash: stored.hash };
  }
  if (entries.length === max || place.seq > head.seq) return place;
  if (place.seq < head.seq) return { seq: place.seq + 1, reason: 'missing' };
  return place.hash.equals(head.hash) ? place : { seq: place.seq, reason: 'changed' };
}

function breakOf(chain: ChainId, previous: Buffer, { seq, at, entry, hash, personal }: StoredEntry): AuditBreakReason | null {
  const said = parsed(entry);
  if (said === null || canonical(said) !== entry) return 'changed';
  if (said.seq !== seq || said.chain !== chain) return 'moved';
  if (!nextHash(previous, entry).equals(hash) || said.at !== at.toISOString()) return 'changed';
  return personal.every((value) => said.personal?.[value.name] === commitment(value)) ? null : 'personal_changed';
}

function parsed(entry: string): ChainedEntry | null {
  try {
    return JSON.parse(entry) as ChainedEntry | null;
  } catch {
    return null;
  }
}
