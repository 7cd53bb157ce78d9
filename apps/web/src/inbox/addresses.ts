/** Source: the contract's own limit for each of Cc and Bcc. */
export const ADDRESSES_MAX = 20;
const ADDRESS_LENGTH_MAX = 254;
// Only a courtesy before sending; the server's word on what is an address counts.
const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/;
const BETWEEN = /[\s,;]+/;

/** What is wrong with a list of addresses. */
export type AddressProblem = { kind: 'wrong'; address: string } | { kind: 'too_many' };

/** The addresses in what somebody typed or pasted: bare, or with names as mail programs write them. Each once, in their order. */
export function addressesIn(text: string): string[] {
  const named = [...text.matchAll(/<([^<>\s]+)>/g)].flatMap(([, address]) => (address === undefined ? [] : [address]));
  const words = named.length > 0 ? named : text.split(BETWEEN);
  return [...new Set(words.map((word) => word.replace(/^mailto:/i, '').trim()).filter((word) => word !== ''))];
}

/** What is wrong with a list of addresses, or null. */
export function problemOfAddresses(addresses: readonly string[]): AddressProblem | null {
  const wrong = addresses.find((address) => address.length > ADDRESS_LENGTH_MAX || !ADDRESS.test(address));
  if (wrong !== undefined) return { kind: 'wrong', address: wrong };
  return addresses.length > ADDRESSES_MAX ? { kind: 'too_many' } : null;
}

/** What stands behind a plus for longer than this is for machines. */
const TAG_LENGTH_MAX = 16;

/** An address for people: a long tag behind the plus is left out. */
export function shownAddress(address: string): string {
  return address.replace(new RegExp(`\\+[^@+]{${TAG_LENGTH_MAX},}(?=@)`), '+…');
}
