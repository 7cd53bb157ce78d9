import type { FetchMessageObject } from 'imapflow';
import { GatheredBytes, MINUTE_MS } from '#platform';
import type { ImapLine } from './imap-line.js';
import { confusedServer } from './imap-trouble.js';
import { MAIL_LIMITS } from './mail-limits.js';

const KIB = 1024;
/** What is asked for in one answer. */
const CHUNK_BYTES = 512 * KIB;
/** A server may give less at once than it is asked for. */
const CHUNKS_MAX = 2_000;
const CHUNK_MS_MAX = 2 * MINUTE_MS;
const LIST_MS_MAX = 2 * MINUTE_MS;
/** Small mails come many in one answer. */
const SMALL_BYTES_MAX = 64 * KIB;
const TOGETHER_MAX = 20;
const HEADER_ONLY_BYTES_MAX = MAIL_LIMITS.headerBytesMax;

/** What a server says of a mail before it is fetched; nothing of it is trusted but the number. */
export interface ListedMail {
  uid: number;
  /** Null: it does not say. */
  sizeBytes: number | null;
  /** When it reached the server. */
  arrivedAt: Date | null;
}

/** A mail's bytes, or why there are none: somebody removed it meanwhile, or it is larger than any mail may be. */
export type FetchedMail = { bytes: Buffer } | { missing: 'gone' | 'too_large' };

/** The numbers of the mails in a range, ascending. Errors: ChannelError */
export async function uidsIn(line: ImapLine, { from, to, since }: { from: number; to: number | null; since?: Date }): Promise<number[]> {
  const query = { uid: `${String(from)}:${to === null ? '*' : String(to)}`, ...(since === undefined ? {} : { since }) };
  const found = await line.ask(line.client.search(query, { uid: true }), LIST_MS_MAX);
  if (!Array.isArray(found)) throw confusedServer();
  // With nothing new a server answers `n:*` with the last mail there is.
  return [...new Set(found)].filter((uid) => uid >= from && (to === null || uid <= to)).sort((one, other) => one - other);
}

/** What the server says of these mails; those that are gone are missing. Errors: ChannelError */
export async function listMails(line: ImapLine, uids: readonly number[]): Promise<ListedMail[]> {
  const rows = await line.ask(
    line.client.fetchAll(uids.join(','), { uid: true, size: true, internalDate: true }, { uid: true }),
    LIST_MS_MAX,
  );
  const wanted = new Set(uids);
  const listed = new Map<number, ListedMail>();
  for (const { uid, size, internalDate } of rows) {
    // Answers nobody asked for may come between: a changed flag of some other mail.
    if (wanted.has(uid)) listed.set(uid, { uid, sizeBytes: size ?? null, arrivedAt: instantOf(internalDate) });
  }
  return [...listed.values()].sort((one, other) => one.uid - other.uid);
}

/** Cut a list into what is fetched at once: many small mails, or one large. */
export function inGroups(mails: readonly ListedMail[], isSingly: boolean): ListedMail[][] {
  const groups: ListedMail[][] = [];
  let open: ListedMail[] = [];
  let bytes = 0;
  for (const mail of mails) {
    const sizeBytes = mail.sizeBytes ?? Infinity;
    const goesAlone = isSingly || sizeBytes > SMALL_BYTES_MAX;
    if (goesAlone || open.length === TOGETHER_MAX || bytes + sizeBytes > CHUNK_BYTES) {
      if (open.length > 0) groups.push(open);
      open = [];
      bytes = 0;
    }
    if (goesAlone) groups.push([mail]);
    else {
      open.push(mail);
      bytes += sizeBytes;
    }
  }
  if (open.length > 0) groups.push(open);
  return groups;
}

/**
 * Fetch mails whole, without marking them as read.
 *
 * Limits   512 KiB per answer; 50 MiB per mail
 * Errors   ChannelError, also where the server says there is a mail and gives none
 */
export async function fetchMails(line: ImapLine, mails: readonly ListedMail[]): Promise<Map<number, FetchedMail>> {
  const fetched = new Map<number, FetchedMail>();
  if (mails.length > 1) {
    for (const row of await fetchTogether(line, mails)) {
      const listed = mails.find(({ uid }) => uid === row.uid);
      // A whole mail is as long as it was said to be, and shorter than what was asked for. Any other is fetched with more care.
      if (
        listed &&
        row.source &&
        row.source.length >= (listed.sizeBytes ?? Infinity) &&
        row.source.length < CHUNK_BYTES &&
        row.source.length > 0
      ) {
        fetched.set(row.uid, { bytes: row.source });
      }
    }
  }
  for (const mail of mails) if (!fetched.has(mail.uid)) fetched.set(mail.uid, await fetchInChunks(line, mail));
  return fetched;
}

/** The header alone, with the empty line below it; null when there is none to be had. Errors: ChannelError */
export async function fetchHeader(line: ImapLine, uid: number): Promise<Buffer | null> {
  const part = { key: 'HEADER', start: 0, maxLength: HEADER_ONLY_BYTES_MAX };
  const row = await line.ask(line.client.fetchOne(uid, { uid: true, bodyParts: [part] }, { uid: true }), CHUNK_MS_MAX);
  // The client puts this one part elsewhere than others.
  const header = row === false ? undefined : (row.headers ?? row.bodyParts?.values().next().value);
  return header === undefined || header.length === 0 ? null : header;
}

async function fetchTogether(line: ImapLine, mails: readonly ListedMail[]): Promise<FetchMessageObject[]> {
  const range = mails.map(({ uid }) => uid).join(',');
  return line.ask(line.client.fetchAll(range, { uid: true, source: { start: 0, maxLength: CHUNK_BYTES } }, { uid: true }), CHUNK_MS_MAX);
}

async function fetchInChunks(line: ImapLine, { uid, sizeBytes }: ListedMail): Promise<FetchedMail> {
  if (sizeBytes !== null && sizeBytes > MAIL_LIMITS.bytesMax) return { missing: 'too_large' };
  const gathered = new GatheredBytes(sizeBytes ?? 0);
  for (let chunks = 0; chunks < CHUNKS_MAX; chunks += 1) {
    const chunk = await fetchChunk(line, uid, { start: gathered.length, maxLength: CHUNK_BYTES });
    if (chunk === 'gone') return { missing: 'gone' };
    if (chunks === 1 && chunk.equals(gathered.take()) && (await knowsNoPieces(line, uid))) return { bytes: chunk };
    const { length: chunkBytes } = chunk;
    gathered.add(chunk);
    const { length } = gathered;
    if (length > MAIL_LIMITS.bytesMax) return { missing: 'too_large' };
    // The size is what the server guesses (Exchange) or less than it asks us to believe: the end is where nothing more comes.
    const isEnd = chunkBytes === 0 || chunkBytes > CHUNK_BYTES || (chunkBytes < CHUNK_BYTES && length >= (sizeBytes ?? Infinity));
    if (isEnd && length > 0) return { bytes: gathered.take() };
    if (isEnd) break;
  }
  throw confusedServer();
}

/** Whether it answers with the whole mail whatever is asked for, beginning again at the beginning each time. */
async function knowsNoPieces(line: ImapLine, uid: number): Promise<boolean> {
  const one = await fetchChunk(line, uid, { start: 0, maxLength: 1 });
  return one !== 'gone' && one.length > 1;
}

async function fetchChunk(line: ImapLine, uid: number, piece: { start: number; maxLength: number }): Promise<Buffer | 'gone'> {
  const row = await line.ask(line.client.fetchOne(uid, { uid: true, source: piece }, { uid: true }), CHUNK_MS_MAX);
  if (row !== false && row.source !== undefined) return row.source;
  const isThere = (await uidsIn(line, { from: uid, to: uid })).length > 0;
  if (isThere) throw confusedServer();
  return 'gone';
}

function instantOf(date: Date | string | undefined): Date | null {
  const instant = date === undefined ? null : new Date(date);
  return instant === null || Number.isNaN(instant.getTime()) ? null : instant;
}
