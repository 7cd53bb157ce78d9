import { isIP } from 'node:net';
import { Refusal, type Source } from '#platform';

/** Where passkeys are made and used: they are bound to it by the browser, so that a page of another name gets no signature. */
export interface PasskeyPlace {
  /** The name, which is also what browsers show. */
  rpId: string;
  origin: string;
}

/**
 * The place of this installation. On one's own machine, where any name leads to it, that is `localhost` with the port one came by.
 *
 * Errors   unprocessable `passkeys_need_a_name` where people come by an address of digits, for which browsers make none
 */
export function passkeyPlace(publicUrl: string, { host }: Source): PasskeyPlace {
  const url = new URL(isLoopback(publicUrl) && host !== undefined ? `http://${host}` : publicUrl);
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0 || (isLoopback(publicUrl) && url.hostname !== 'localhost')) {
    throw new Refusal('unprocessable', 'passkeys_need_a_name', 'Passkeys need a name in the address bar: on this machine, use localhost.');
  }
  return { rpId: url.hostname, origin: url.origin };
}

function isLoopback(publicUrl: string): boolean {
  const { hostname } = new URL(publicUrl);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
