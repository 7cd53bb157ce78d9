import { readAuthResults } from './auth-results.js';

const HEAD_BYTES_MAX = 256 * 1024;
const FIELDS_MAX = 500;
const NAME = /^(?=.{3,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;

/**
 * Under which name the servers of a mailbox vouch for its mail, as a mail of our own shows that came back whole: the topmost
 * Authentication-Results above the first server that took it. We wrote none, so it is of a server on the way, and of the last that wrote
 * one. Null where none did.
 *
 * Limits   256 KiB of header, 500 fields
 * Source   RFC 8601, 4.1
 */
export function providersName(raw: Buffer): string | null {
  const fields = headerFields(raw);
  const firstServer = fields.findLastIndex(({ name }) => name === 'received');
  const vouched = fields.findIndex(({ name }) => name === 'authentication-results');
  if (vouched < 0 || vouched > firstServer) return null;
  const name = readAuthResults(fields[vouched]!.value)?.authservId ?? '';
  return NAME.test(name) ? name : null;
}

function headerFields(raw: Buffer): { name: string; value: string }[] {
  const head = raw.subarray(0, HEAD_BYTES_MAX).toString('latin1');
  const fields: { name: string; value: string }[] = [];
  for (const line of head.split(/\r?\n/)) {
    if (line === '' || fields.length >= FIELDS_MAX) break;
    const last = fields.at(-1);
    const colon = line.indexOf(':');
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) last.value += ` ${line.trim()}`;
    } else if (colon > 0) fields.push({ name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() });
  }
  return fields;
}
