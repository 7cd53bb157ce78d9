import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The address a request really comes from: the last one from the right that is not one of our proxies.
 * Without trusted proxies a forwarding header is what the sender wishes to be, and is ignored.
 *
 * Shape    trusted: addresses or CIDR ranges
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: readonly string[]): string {
  const hops = [...(forwardedFor ?? '').split(',').map((part) => part.trim()), peer].filter((part) => part !== '');
  for (let at = hops.length - 1; at > 0; at--) {
    if (!isAddressIn(hops[at]!, trusted) || parse(hops[at - 1]!) === null) return canonical(hops[at]!);
  }
  return canonical(hops[0]!);
}

/**
 * Whether an address lies in one of the ranges. A version 4 address that is written as version 6 counts as what it is.
 *
 * Shape    ranges: addresses or CIDR ranges; of what is no address the answer is no
 */
export function isAddressIn(text: string, ranges: readonly string[]): boolean {
  const address = parse(text);
  if (address === null) return false;
  return ranges.some((range) => {
    const [network, bits] = ipaddr.isValidCIDR(range) ? ipaddr.parseCIDR(range) : [ipaddr.process(range), undefined];
    if (network.kind() !== address.kind()) return false;
    return address.match(network, bits ?? (address.kind() === 'ipv4' ? 32 : 128));
  });
}

function canonical(text: string): string {
  return parse(text)?.toString() ?? text;
}

/** The library also reads octal, hexadecimal and left-out numbers, and takes `::10.0.0.1` for 10.0.0.1, which it is not. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return isIP(text) === 0 || /^::\d+\./.test(text) ? null : ipaddr.process(text);
}
