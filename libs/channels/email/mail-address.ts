import type { AddressObject, EmailAddress } from 'mailparser';
import { ADDRESSES_MAX, type MailAddress } from './mail-limits.js';
import { displayName } from './mail-words.js';

/** RFC 5321 4.5.3.1: 64 for the local part, 255 for the domain. */
const ADDRESS_CHARS_MAX = 320;
const NAME_CHARS_MAX = 200;

/**
 * The addresses of a parsed header, groups opened. What is no address is left out; an address inside a display name stays a name.
 *
 * Limits   200 addresses
 */
export function addressesOf(header: AddressObject | AddressObject[] | undefined): MailAddress[] {
  const objects = header === undefined ? [] : Array.isArray(header) ? header : [header];
  const found: MailAddress[] = [];
  const add = (entry: EmailAddress, depth: number): void => {
    if (found.length >= ADDRESSES_MAX) return;
    if (entry.group !== undefined && depth < 2) for (const member of entry.group) add(member, depth + 1);
    const address = plainAddress(entry.address ?? '');
    if (address !== null) found.push({ address, name: displayName(entry.name, NAME_CHARS_MAX) || null });
  };
  for (const object of objects) for (const entry of object.value) add(entry, 0);
  return found;
}

/** The address if it is one that can be written to; null otherwise. */
export function plainAddress(text: string): string | null {
  const address = text.trim();
  const isPlain = /^[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]+@[^\s@<>()\\,;"\p{Cc}\p{Cf}]+$/u.test(address);
  return isPlain && address.length <= ADDRESS_CHARS_MAX ? address.toWellFormed() : null;
}

/** Bare addresses from headers that hold one each, such as Delivered-To; several headers and comma lists are read. */
export function addressesInLines(values: readonly string[]): string[] {
  const found: string[] = [];
  for (const value of values) {
    for (const piece of value.split(/[\s,;<>]+/, ADDRESSES_MAX)) {
      const address = plainAddress(piece);
      if (address !== null && !found.includes(address) && found.length < ADDRESSES_MAX) found.push(address);
    }
  }
  return found;
}
