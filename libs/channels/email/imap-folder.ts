import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, DAY_MS, type Log, releaseBytes, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import type { MailEnvelope } from '../delivery-log.service.js';
import type { IntakeService } from '../intake.service.js';
import type { FolderCursor, FolderCursors, MailboxKey } from './imap-cursors.js';
import type { ImapLine } from './imap-line.js';
import { fetchHeader, type FetchedMail, fetchMails, inGroups, type ListedMail, listMails, uidsIn } from './imap-mail.js';

/*
 * Reading one folder. Its cursor says up to which number every mail is kept; what is above is fetched in order, put into the log of
 * deliveries, and only then does the cursor move. So whatever is cut off, and wherever, the next look begins at the first mail that is not
 * kept for certain, and fetches at most one answer's mails twice: those are recognised when they are read, as the same mail in two folders
 * is. Nothing depends on flags, dates or positions, which others change while we look.
 *
 * When the server numbers its mails anew, or the folder is looked at for the first time, numbers say nothing about what is new. Then what is
 * there is looked through once for what reached the server since we were asked to watch it, in the same steps.
 *
 * A mail that cannot be fetched stops the folder, so each try is counted, and from the first on mails are fetched one by one. After three
 * tries its header is fetched first, to be kept in its place if the rest fails again, and after six what is known of it; either way it is
 * set aside where people see it.
 */

/** Of which each is asked about once. */
const LISTED_AT_ONCE_MAX = 100;
const WHOLE_TRIES_MAX = 3;
const HEADER_TRIES_MAX = 6;
/** A search by day goes by the server's own calendar: two days more hold every time zone. */
const SEARCH_MARGIN_MS = 2 * DAY_MS;
/** What waits to be read is the queue of all tenants. A mailbox with a long past must not stand in front of everybody's present. */
const WAITING_MS_MAX = 30 * SECOND_MS;
const LOOK_AGAIN_MS = 500;

export interface FolderReading {
  mailbox: MailboxKey;
  cursors: FolderCursors;
  intake: Pick<IntakeService, 'keep'>;
  /** More mail waits to be read than is good for those whose mail comes in now. */
  isBusy: () => Promise<boolean>;
  clock: Clock;
  log: Log;
  /** Ends the reading between two steps. */
  signal: AbortSignal;
  /** Of a folder that is looked at for the first time: since when its mail is ours. */
  startedAt: Date;
}

export interface FolderLook {
  taken: number;
  /** When the newest mail that was taken had reached the server. */
  newestArrivedAt: Date | null;
}

/** Take everything new of a folder. Errors: ChannelError of the server; whatever the database throws */
export async function readFolder(line: ImapLine, path: string, reading: FolderReading): Promise<FolderLook> {
  const look: FolderLook = { taken: 0, newestArrivedAt: null };
  // Opened for reading only, so that no mark is changed by us, not even the one that it is new.
  const { uidValidity, uidNext } = await line.ask(line.client.mailboxOpen(path, { readOnly: true }));
  let cursor = await cursorFor(line, path, { uidValidity, uidNext }, reading);
  while (!reading.signal.aborted) {
    const { rescanToUid } = cursor;
    const uids = await newUids(line, cursor);
    cursor = await readAll(line, { cursor, uids, isSingly: cursor.failing !== null }, { reading, look });
    if (rescanToUid === null || reading.signal.aborted) break;
    cursor = await reading.cursors.advance(cursor, rescanToUid);
  }
  return look;
}

async function cursorFor(
  line: ImapLine,
  path: string,
  { uidValidity, uidNext }: { uidValidity: bigint; uidNext: number },
  { cursors, startedAt, log, mailbox }: FolderReading,
): Promise<FolderCursor> {
  const known = await cursors.find(path);
  // A number below what we have read cannot be the next one: another server with the same validity by chance.
  const isSame = known?.uidValidity === uidValidity && !(uidNext > 0 && uidNext <= known.lastUid);
  if (known !== null && isSame) return known;
  if (known !== null) log.warn('mail_folder_renumbered', { ...mailbox });
  const lastUid = uidNext > 0 ? uidNext - 1 : ((await uidsIn(line, { from: 1, to: null })).at(-1) ?? 0);
  return cursors.begin(path, { uidValidity, rescanToUid: lastUid, startedAt: known?.startedAt ?? startedAt });
}

async function newUids(line: ImapLine, { lastUid, rescanToUid, startedAt }: FolderCursor): Promise<number[]> {
  const from = lastUid + 1;
  if (rescanToUid === null) return uidsIn(line, { from, to: null });
  if (from > rescanToUid) return [];
  return uidsIn(line, { from, to: rescanToUid, since: new Date(startedAt.getTime() - SEARCH_MARGIN_MS) });
}

interface Stretch {
  cursor: FolderCursor;
  uids: readonly number[];
  isSingly: boolean;
}

async function readAll(
  line: ImapLine,
  { cursor: start, uids, isSingly }: Stretch,
  { reading, look }: { reading: FolderReading; look: FolderLook },
): Promise<FolderCursor> {
  let cursor = start;
  const atOnceMax = isSingly ? 1 : LISTED_AT_ONCE_MAX;
  for (let at = 0; at < uids.length && !reading.signal.aborted; at += atOnceMax) {
    await roomForMore(reading);
    const asked = uids.slice(at, at + atOnceMax);
    const isStuck = cursor.failing?.uid === asked[0] && cursor.failing!.tries >= WHOLE_TRIES_MAX;
    if (isStuck) await keepStuck(line, { cursor, uid: asked[0]! }, reading);
    const listed = isStuck ? [] : await counted(cursor, asked[0]!, reading, () => listMails(line, asked));
    for (const group of inGroups(listed.filter(isOurs(cursor)), isSingly)) {
      if (reading.signal.aborted) return cursor;
      const kept = await keepGroup(line, { cursor, group }, reading);
      look.taken += kept.length;
      look.newestArrivedAt = newest([look.newestArrivedAt, ...kept.map(({ arrivedAt }) => arrivedAt)]);
      cursor = await reading.cursors.advance(cursor, group.at(-1)!.uid);
    }
    // What is gone, or was there before us, has been dealt with.
    cursor = await reading.cursors.advance(cursor, asked.at(-1)!);
  }
  return cursor;
}

/** While a folder is looked through, only what reached the server since we watch it; a server's clock has whole seconds. */
function isOurs({ rescanToUid, startedAt }: FolderCursor): (mail: ListedMail) => boolean {
  const sinceMs = Math.floor(startedAt.getTime() / SECOND_MS) * SECOND_MS;
  return ({ uid, arrivedAt }) => rescanToUid === null || uid > rescanToUid || arrivedAt === null || arrivedAt.getTime() >= sinceMs;
}

async function keepGroup(
  line: ImapLine,
  { cursor, group }: { cursor: FolderCursor; group: readonly ListedMail[] },
  reading: FolderReading,
): Promise<ListedMail[]> {
  const fetched = await counted(cursor, group[0]!.uid, reading, () => fetchMails(line, group));
  const kept = group.filter(({ uid }) => isThere(fetched.get(uid)));
  // One after the other, because they are read in the order in which they were kept.
  for (const mail of kept) {
    const found = fetched.get(mail.uid)!;
    if ('bytes' in found) await keep(reading, found.bytes, envelopeOf(cursor, mail));
    else await setAside({ cursor, mail, code: 'too_large', header: await fetchHeader(line, mail.uid) }, reading);
  }
  return kept;
}

/** What a mail ran into is counted against it, but for what says nothing about it: a crowded server, and failures of our own. */
async function counted<T>(cursor: FolderCursor, uid: number, { cursors }: FolderReading, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isItsFault(error)) await cursors.countFailure(cursor, uid);
    throw error;
  }
}

function isItsFault(error: unknown): boolean {
  return error instanceof ChannelError && error.code !== 'throttled';
}

function isThere(found: FetchedMail | undefined): boolean {
  return found !== undefined && !('missing' in found && found.missing === 'gone');
}

/** The last tries for a mail that could not be fetched: with its header in hand once more the whole, else the header in its place. */
async function keepStuck(line: ImapLine, { cursor, uid }: { cursor: FolderCursor; uid: number }, reading: FolderReading): Promise<void> {
  const mail: ListedMail = { uid, sizeBytes: null, arrivedAt: null };
  const isHopeless = cursor.failing!.tries >= HEADER_TRIES_MAX;
  const header = isHopeless ? null : await counted(cursor, uid, reading, () => fetchHeader(line, uid));
  const whole = isHopeless ? null : await lastTry(line, mail);
  if (whole !== null) await keep(reading, whole, envelopeOf(cursor, mail));
  else await setAside({ cursor, mail, code: 'not_fetched', header }, reading);
}

async function lastTry(line: ImapLine, mail: ListedMail): Promise<Buffer | null> {
  try {
    const found = (await fetchMails(line, [mail])).get(mail.uid);
    return found !== undefined && 'bytes' in found ? found.bytes : null;
  } catch (error) {
    if (isItsFault(error)) return null;
    throw error;
  }
}

/** Keep in a mail's place its header, so that it is not silently lost; and where even that cannot be had, that there is one. */
async function setAside(
  { cursor, mail, code, header }: { cursor: FolderCursor; mail: ListedMail; code: 'too_large' | 'not_fetched'; header: Buffer | null },
  reading: FolderReading,
): Promise<void> {
  const { sizeBytes } = mail;
  reading.log.warn('mail_not_fetched', { ...reading.mailbox, code, sizeBytes });
  const envelope = { ...envelopeOf(cursor, mail), incomplete: { code, uid: mail.uid, sizeBytes } };
  await keep(reading, header ?? placeholder(cursor, mail), envelope);
}

/** What is known of a mail that cannot be had, in the form of a header, and different for each such mail. */
function placeholder({ path, uidValidity }: FolderCursor, { uid, sizeBytes, arrivedAt }: ListedMail): Buffer {
  const lines = [
    `X-Imap-Folder: ${encodeURIComponent(path)}`,
    `X-Imap-Uid: ${uidValidity.toString()}/${String(uid)}`,
    ...(sizeBytes === null ? [] : [`X-Imap-Size: ${String(sizeBytes)}`]),
    ...(arrivedAt === null ? [] : [`Date: ${arrivedAt.toUTCString().replace('GMT', '+0000')}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

function envelopeOf({ path }: FolderCursor, { arrivedAt }: ListedMail): MailEnvelope {
  return { via: 'imap', folder: path, ...(arrivedAt === null ? {} : { arrivedAt: arrivedAt.toISOString() }) };
}

async function keep({ intake, mailbox }: FolderReading, body: Buffer, envelope: MailEnvelope): Promise<void> {
  await intake.keep({ channel: 'email', body, tenantId: mailbox.tenantId, connectionId: mailbox.connectionId, envelope });
  releaseBytes(body);
}

async function roomForMore({ isBusy, signal }: FolderReading): Promise<void> {
  const giveUpAtMs = performance.now() + WAITING_MS_MAX;
  while (!signal.aborted && performance.now() < giveUpAtMs && (await isBusy())) {
    await pause(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

function newest(instants: readonly (Date | null)[]): Date | null {
  return instants.reduce((best, instant) => (best === null || (instant !== null && instant > best) ? instant : best), null);
}
