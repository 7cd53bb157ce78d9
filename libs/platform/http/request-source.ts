import type { IncomingHttpHeaders } from 'node:http';
import { clientAddress } from './client-address.js';

/** Where a request comes from, as far as the door could tell. */
export interface Source {
  address: string;
  device: string;
  /** The name under which it reached us, by its own word. */
  host?: string;
}

/** Shape  request: of a route, or the handshake of a socket; trustedProxies: addresses or CIDR ranges */
export function requestSource(
  { headers, socket }: { headers: IncomingHttpHeaders; socket: { remoteAddress?: string | undefined } },
  trustedProxies: readonly string[],
): Source {
  const forwarded = headers['x-forwarded-for'];
  const forwardedFor = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  return {
    address: clientAddress(socket.remoteAddress ?? '', forwardedFor, trustedProxies),
    device: headers['user-agent'] ?? '',
    host: headers.host,
  };
}
