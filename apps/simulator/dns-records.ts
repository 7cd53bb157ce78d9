import { isIPv4, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import { z } from 'zod';

const NAME_LENGTH_MAX = 253;
const RECORDS_MAX = 50;
const TEXT_LENGTH_MAX = 4000;
const PORT_MAX = 65_535;
const NUMBER_MAX = 65_535;
/** RFC 1035 3.3: a longer text travels in pieces, and is put together again by whoever reads it. */
const PIECE_BYTES_MAX = 255;
const TTL_SECONDS = 60;

export const DnsName = z
  .string()
  .min(1)
  .max(NAME_LENGTH_MAX)
  .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i)
  .transform((name) => name.toLowerCase());
const Number16 = z.number().int().min(0).max(NUMBER_MAX);

/** What a name may say, by kind, as whoever asks sees it. */
const RECORDS = {
  A: z.string().refine(isIPv4),
  AAAA: z.string().refine(isIPv6),
  CNAME: DnsName,
  NS: DnsName,
  PTR: DnsName,
  TXT: z.string().max(TEXT_LENGTH_MAX),
  /** An exchange without a name: this domain takes no mail at all. Source: RFC 7505. */
  MX: z.object({ exchange: z.union([DnsName, z.literal('')]), priority: Number16.default(10) }),
  SRV: z.object({ name: DnsName, port: z.number().int().min(0).max(PORT_MAX), priority: Number16.default(0), weight: Number16.default(0) }),
};
export type DnsType = keyof typeof RECORDS;
export const DNS_TYPES = Object.keys(RECORDS) as [DnsType, ...DnsType[]];
export type DnsRecord<Type extends DnsType> = z.input<(typeof RECORDS)[Type]>;

/** These records as they lie in the zone. Throws on what is not of this kind. */
export function readRecords(type: DnsType, records: unknown): DnsRecord<DnsType>[] {
  return z.array(RECORDS[type]).max(RECORDS_MAX).parse(records);
}

/** One record as it travels. */
export function answerOf(name: string, type: DnsType, record: DnsRecord<DnsType>): Answer {
  const base = { name, ttl: TTL_SECONDS, class: 'IN' as const };
  if (type === 'TXT') return { ...base, type, data: piecesOf(record as string) };
  if (type === 'MX') {
    const { exchange, priority } = RECORDS.MX.parse(record);
    return { ...base, type, data: { exchange: exchange === '' ? '.' : exchange, preference: priority } };
  }
  if (type === 'SRV') {
    const { name: target, port, priority, weight } = RECORDS.SRV.parse(record);
    return { ...base, type, data: { target, port, priority, weight } };
  }
  return { ...base, type, data: record as string };
}

function piecesOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES_MAX) }, (_, at) =>
    bytes.subarray(at * PIECE_BYTES_MAX, (at + 1) * PIECE_BYTES_MAX),
  );
  return pieces.length === 0 ? [Buffer.alloc(0)] : pieces;
}
