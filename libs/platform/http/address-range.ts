import ipaddr from 'ipaddr.js';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** `::ffff:0:0/96`: IPv4 addresses as IPv6 writes them. */
const MAPPED_BITS = IPV6_BITS - IPV4_BITS;

/**
 * The one way to write a range of addresses: its network's address and its length, IPv4 also where it came wrapped in IPv6. Null for what is
 * no address and no range.
 */
export function normalRange(text: string): string | null {
  if (ipaddr.isValidCIDR(text)) {
    const [network, bits] = ipaddr.parseCIDR(text);
    if (network.kind() === 'ipv6' && (network as ipaddr.IPv6).isIPv4MappedAddress() && bits >= MAPPED_BITS) {
      return written((network as ipaddr.IPv6).toIPv4Address(), bits - MAPPED_BITS);
    }
    return written(network, bits);
  }
  if (!ipaddr.isValid(text) || !isWhole(text)) return null;
  const address = ipaddr.process(text);
  return written(address, address.kind() === 'ipv4' ? IPV4_BITS : IPV6_BITS);
}

function written(network: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const bytes = network.toByteArray().map((byte, at) => byte & maskOf(bits - 8 * at));
  return `${ipaddr.fromByteArray(bytes).toString()}/${String(bits)}`;
}

function maskOf(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

// The parser takes `10.1` and `0x0a000001` for addresses; whoever writes a list does not mean that.
function isWhole(text: string): boolean {
  return text.includes(':') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text);
}
