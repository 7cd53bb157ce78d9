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
    if (!isAddressIn(hops[at]!, trusted) || !ipaddr.isValid(hops[at - 1]!)) return canonical(hops[at]!);
  }
  return canonical(hops[0]!);
}

/**
 * Whether an address lies in one of the ranges. A version 4 address that is written as version 6 counts as what it is.
 *
 * Shape    ranges: addresses or CIDR ranges; of what is no address the answer is no
 */
export function isAddressIn(text: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some((range) => {
    const [network, bits] = ipaddr.isValidCIDR(range) ? ipaddr.parseCIDR(range) : [ipaddr.process(range), undefined];
    if (network.kind() !== address.kind()) return false;
    return address.match(network, bits ?? (address.kind() === 'ipv4' ? 32 : 128));
  });
}

function canonical(text: string): string {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : text;
}
