import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** A string that cannot be swapped with another kind of id by mistake. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<'TenantId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const COUNTER_MAX = 0x0fff;
/** Milliseconds whose counters are remembered: work that takes a while makes ids of its first instant among those of later ones. */
const COUNTED_MS_MAX = 1000;
const counters = new Map<number, number>();

/**
 * A new id that sorts by the instant it was made, so that index pages fill in order. Ids made here in one millisecond sort in the order they
 * were made: two messages of one instant stay in the order they came.
 *
 * Limits   4,096 in one millisecond; beyond it their order is left to chance
 * Source   RFC 9562, section 5.7 (UUID version 7) and 6.2, method 1 (a counter in rand_a)
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it names the kind of id that is made
export function newId<Id extends string>(at: Date): Id {
  const bytes = randomBytes(16);
  const ms = at.getTime();
  const counter = Math.min((counters.get(ms) ?? -1) + 1, COUNTER_MAX);
  counters.set(ms, counter);
  if (counters.size > COUNTED_MS_MAX) counters.delete(counters.keys().next().value!);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidFromBytes(bytes) as Id;
}

export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
