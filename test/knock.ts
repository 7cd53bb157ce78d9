import { createHmac } from 'node:crypto';
import http from 'node:http';

export interface Knock {
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  /** Send it in pieces, without saying beforehand how much it is. */
  isChunked?: boolean;
}

export interface Answered {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

const TIMEOUT_MS = 20_000;
const PIECE_BYTES = 64 * 1024;

/** One request exactly as described: no header is added but what HTTP itself needs. An answer before the end of the body counts. */
export function knock(url: string, { method = 'POST', headers = {}, body, isChunked = false }: Knock): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || isChunked ? {} : { 'content-length': String(body.length) };
    const request = http.request(url, { method, headers: { ...length, ...headers }, timeout: TIMEOUT_MS, agent: false });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.on('response', (response) => {
      // From here on a reset is the server hanging up on what it refused.
      request.off('error', reject).on('error', () => undefined);
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      const done = () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces).toString() });
      };
      response.on('end', done).on('error', done);
    });
    for (let at = 0; body !== undefined && at < body.length; at += PIECE_BYTES) request.write(body.subarray(at, at + PIECE_BYTES));
    request.end();
  });
}

/** The header Meta signs a body with. */
export function metaSignature(secret: string, body: Buffer): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
