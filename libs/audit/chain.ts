import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { AuditAct, AuditActorKind } from '#contract';
import type { TenantId } from '#platform';

/*
 * How a chain is made, told so that anybody can check one with a small program of their own (ours is apps/operator/verify-chain.ts).
 *
 * An entry is a JSON object in the one form that RFC 8785 gives it: no spaces, keys sorted by UTF-16 code units, texts and numbers as
 * ECMAScript writes them. Its bytes in UTF-8 are what is hashed and what is stored; they are never put together again from parts.
 *
 *   hash(n) = SHA-256( hash(n − 1) ‖ entry(n) )      hash(0) is 32 bytes of zero
 *
 * An entry names its chain (a tenant's id, or `installation`) and its number in it, from 1 and without gaps, so it is good for one place.
 * What says something about a person lies beside the chain. In the entry, `personal` holds for each such value, by its name,
 *
 *   SHA-256( salt ‖ [name, value] in the same form ) in hex      salt: 32 random bytes of this one value
 *
 * Once value and salt are deleted nobody can try guesses against that number, and the chain holds as before.
 */

export type ChainId = TenantId | 'installation';

export const HASH_BYTES = 32;
export const SALT_BYTES = 32;
export const FIRST_HASH = Buffer.alloc(HASH_BYTES);

/** What an entry's bytes say. */
export interface ChainedEntry {
  v: 1;
  chain: ChainId;
  seq: number;
  at: string;
  act: AuditAct;
  by: { kind: AuditActorKind; id?: string };
  about?: { kind: string; id: string };
  facts?: Facts;
  /** Commitments, by name. */
  personal?: Record<string, string>;
}

export type Facts = Record<string, string | number | boolean | null | readonly string[]>;

export interface PersonalValue {
  name: string;
  value: string;
  salt: Buffer;
}

/** An entry as it lies in its table, with what lies beside it. */
export interface StoredEntry {
  seq: number;
  at: Date;
  entry: string;
  hash: Buffer;
  personal: PersonalValue[];
}

export function nextHash(previous: Buffer, entry: string): Buffer {
  return createHash('sha256').update(previous).update(entry, 'utf8').digest();
}

export function newSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

export function commitment({ name, value, salt }: PersonalValue): string {
  return createHash('sha256')
    .update(salt)
    .update(canonical([name, value]), 'utf8')
    .digest('hex');
}

/** A value in its one form. Source: RFC 8785. Errors: throws for what JSON cannot say. */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    assert(Number.isFinite(value), 'JSON has no such number');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') return JSON.stringify(storable(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  assert(typeof value === 'object', `JSON has no ${typeof value}`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(storable(key))}:${canonical(member)}`).join(',')}}`;
}

/** A text as PostgreSQL can keep it: it knows no NUL and no half characters. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
