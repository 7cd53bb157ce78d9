import { lookup as dnsLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import ipaddr from 'ipaddr.js';

export const EGRESS_TIMEOUT_MS = 15_000;
export const EGRESS_RESPONSE_BYTES_MAX = 1024 * 1024;
const REDIRECTS_MAX = 3;
const SOCKETS_PER_HOST_MAX = 20;
/** Source: RFC 4291, section 2.4, and IANA's registry of version 6 addresses */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export interface EgressRequest {
  url: string;
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs?: number;
  responseBytesMax?: number;
  /** Follow up to three redirects, each checked again. Off for calls that carry a secret. */
  followRedirects?: boolean;
}

export interface EgressResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Why a call came to nothing. `sent` says whether the request may have reached the other side: then a repeat may double what it did.
 */
export class EgressFailure extends Error {
  override readonly name = 'EgressFailure';

  constructor(
    readonly code: 'refused_address' | 'too_large' | 'timeout' | 'unreachable' | 'too_many_redirects',
    readonly sent: boolean,
  ) {
    super(`The outgoing call failed: ${code}`);
  }
}

/**
 * The one way out to the network. Certificates are always checked, every wait ends, every answer has a limit, and no name may lead to a
 * private address: names are resolved here, each address is checked, and the connection goes to the address that was checked.
 *
 * Shape    trustedOrigins: origins from the configuration (a Graph API on loopback, say) that may be private
 */
export class Egress {
  private readonly client: AxiosInstance;
  /** Kept open between calls: a handshake costs more than most of what is asked. Each goes only to addresses that were checked. */
  private readonly publicAgents = agentsWith(publicLookup);
  private readonly trustedAgents = agentsWith(undefined);

  constructor(private readonly trustedOrigins: readonly string[] = []) {
    this.client = axios.create({
      maxRedirects: 0,
      proxy: false,
      decompress: true,
      responseType: 'arraybuffer',
      validateStatus: () => true,
      transformResponse: (bytes: unknown) => bytes,
    });
  }

  /**
   * Errors   EgressFailure; any HTTP status is an answer, not an error
   */
  async request(request: EgressRequest): Promise<EgressResponse> {
    let url = new URL(request.url);
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
      const response = await this.once(url, request);
      const location = response.headers['location'];
      if (!request.followRedirects || response.status < 300 || response.status > 399 || !location) return response;
      url = new URL(location, url);
    }
    throw new EgressFailure('too_many_redirects', true);
  }

  private async once(url: URL, request: EgressRequest): Promise<EgressResponse> {
    const trusted = this.trustedOrigins.includes(url.origin);
    if (!trusted) refuseLiteral(url);
    const timeoutMs = request.timeoutMs ?? EGRESS_TIMEOUT_MS;
    try {
      const response = await this.client.request<Buffer>({
        url: url.toString(),
        method: request.method ?? 'GET',
        headers: request.headers,
        data: request.body,
        timeout: timeoutMs,
        // `timeout` starts at the first byte in some phases; the signal ends the whole call whatever it is doing.
        signal: AbortSignal.timeout(timeoutMs),
        maxContentLength: request.responseBytesMax ?? EGRESS_RESPONSE_BYTES_MAX,
        ...(trusted ? this.trustedAgents : this.publicAgents),
      });
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
      return { status: response.status, headers, body: Buffer.from(response.data) };
    } catch (error) {
      throw asFailure(error);
    }
  }
}

function agentsWith(lookup: LookupFunction | undefined): { httpAgent: http.Agent; httpsAgent: https.Agent } {
  const options = { lookup, keepAlive: true, timeout: EGRESS_TIMEOUT_MS, maxSockets: SOCKETS_PER_HOST_MAX };
  return { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) };
}

function asFailure(error: unknown): unknown {
  if (error instanceof EgressFailure) return error;
  if (!(error instanceof AxiosError)) return error;
  if (error.cause instanceof EgressFailure) return error.cause;
  if (error.code === 'ERR_BAD_RESPONSE' && error.message.startsWith('maxContentLength')) return new EgressFailure('too_large', true);
  if (error.code === 'ECONNABORTED' || error.code === 'ERR_CANCELED' || error.code === 'ETIMEDOUT')
    return new EgressFailure('timeout', true);
  const neverConnected = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code ?? '');
  return new EgressFailure('unreachable', !neverConnected);
}

function refuseLiteral(url: URL): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new EgressFailure('refused_address', false);
  if (url.username !== '' || url.password !== '') throw new EgressFailure('refused_address', false);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host) && !isPublicAddress(host)) throw new EgressFailure('refused_address', false);
}

/** True for an address that anybody on the internet could mean; false for loopback, private, link-local, mapped and reserved ones. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  // Of version 6 only this much is given out; the rest may stand for a version 4 address in one of its old notations.
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_UNICAST)) return false;
  return address.range() === 'unicast';
}

/** Resolves a name and refuses it whole when any of its addresses is private: which one is used must not be left to chance. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { all: true, family: options.family === 6 ? 6 : options.family === 4 ? 4 : 0 })
    .then((addresses) => {
      if (addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address))) {
        throw new EgressFailure('refused_address', false);
      }
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    })
    .catch((error: unknown) => {
      callback(error as NodeJS.ErrnoException, '');
    });
};
