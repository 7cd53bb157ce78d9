import ipaddr from 'ipaddr.js';

/** Four numbers as people write them: what a leading zero means is read in two ways, so it is read in none. */
const VERSION_4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;
const BITS = /^(?:0|[1-9]\d{0,2})$/;
/** How much of a version 6 address says that a version 4 address follows. */
const MAPPED_BITS = 96;

/**
 * An address or a CIDR range in the one form in which it is stored: the network's first address and its length. A version 4 range that is
 * written as version 6 becomes what it is.
 *
 * Errors   null for everything else: names, zones, octal and hexadecimal numbers, lengths that do not exist
 */
export function readRange(text: string): { range: string; isEverywhere: boolean } | null {
  const [address = '', length, ...more] = text.split('/');
  if (more.length > 0 || (length !== undefined && !BITS.test(length))) return null;
  const network = readAddress(address);
  if (network === null) return null;
  const whole = network.kind() === 'ipv4' ? 32 : 128;
  let bits = length === undefined ? whole : Number(length);
  if (bits > whole) return null;
  if (network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress()) {
    if (bits < MAPPED_BITS) return null;
    bits -= MAPPED_BITS;
    return { range: first(network.toIPv4Address(), bits), isEverywhere: bits === 0 };
  }
  return { range: first(network, bits), isEverywhere: bits === 0 };
}

function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (text.includes(':')) return !text.includes('%') && ipaddr.IPv6.isValid(text) && isPlain(text) ? ipaddr.IPv6.parse(text) : null;
  return VERSION_4.test(text) && ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : null;
}

/** Whether the version 4 address at the end of a version 6 one, if there is any, is said to be one and written as people write it. */
function isPlain(text: string): boolean {
  if (/^::\d+\./.test(text)) return false;
  return !text.includes('.') || VERSION_4.test(text.slice(text.lastIndexOf(':') + 1));
}

function first(network: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const cidr = `${network.toString()}/${String(bits)}`;
  const start = network.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${start.toString()}/${String(bits)}`;
}
