import { createHash } from 'node:crypto';
import type { MimePart } from './mime-outline.js';
import type { MailAddress, ParsedMail } from './parsed-mail.js';

/** Lines that differ between two copies of one mail. */
const TRANSPORT_HEADERS = new Set([
  'received',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'return-path',
  'x-received',
]);

/** An id that has neither brackets nor an @, as some devices write it. */
export function bareId(value: string): string | undefined {
  return /^[\x21-\x7e]{1,500}$/.test(value) ? value : undefined;
}

/** The same mail, however it came, gets the same id: transport headers are left out. */
export function synthesiseId(raw: Buffer, parts: readonly MimePart[]): string {
  const hash = createHash('sha256');
  const root = parts[0];
  for (const line of root?.lines ?? []) if (!TRANSPORT_HEADERS.has(line.key)) hash.update(raw.subarray(line.start, line.end));
  hash.update(raw.subarray(root?.bodyStart ?? 0));
  return `${hash.digest('hex').slice(0, 40)}@without-message-id.invalid`;
}

/** SHA-256 (hex) over From, Date and body: the same for every copy of one mail, however it came. */
export function contentHash(from: MailAddress | null, date: string, body: Pick<ParsedMail, 'text' | 'html' | 'attachments'>): string {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([
      from?.address.toLowerCase() ?? null,
      date.trim(),
      normalised(body.text),
      body.html === null ? null : normalised(body.html),
    ]),
  );
  for (const attachment of body.attachments) hash.update(createHash('sha256').update(attachment.content).digest());
  return hash.digest('hex');
}

/** Servers on the way change line ends and trailing space. */
function normalised(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
