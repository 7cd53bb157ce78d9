import type { BounceReason } from './bounce-phrases.js';
import {
  judgeFailure,
  saysFull,
  saysOfAddress,
  saysOfText,
  smtpCodeIn,
  statusIn,
  type BounceKind,
  type Failure,
} from './bounce-verdict.js';
import { bareUsersInProse, recipientsInProse, withoutReturnedMail } from './bounce-prose.js';
import { htmlToText } from './html-text.js';
import { addressesInLines, plainAddress } from './mail-address.js';
import { oneLine } from './mail-words.js';
import { messageIdsIn } from './message-ids.js';
import { fieldOf, reportGroups, typedValue, type ReportGroup } from './report-fields.js';

/*
 * What a bounce says: who was not reached, why, and which mail it was.
 *
 * Three sources, the best first: the machine-readable part (RFC 3464), also where a broken mail shows it as text; the header
 * X-Failed-Recipients; and the words written for people. A bounce is no proof of anything: anybody can write one. `messageIds` are
 * candidates, and whoever acts on them must find a token of ours among them first.
 */

/** One part of a report, decoded. */
export interface ReportPart {
  /** Lower case. */
  mediaType: string;
  text: string;
}

/** What of a mail the readers of reports look at. */
export interface ReportSource {
  /** Header values by lower-case name, unfolded. */
  all(name: string): readonly string[];
  fromAddress: string | null;
  parts: readonly ReportPart[];
}

export interface BouncedRecipient {
  /** The address that failed in the end; where mail was forwarded on, not the one we wrote to. */
  address: string;
  /** The address we wrote to, where the report tells both. */
  originalAddress: string | null;
  /** failed, delayed, delivered, relayed, expanded; null when the report is words only. */
  action: string | null;
  /** Enhanced code, 5.1.1. */
  status: string | null;
  smtpCode: number | null;
  /** What the other server said: one line, hostile, at most 500 characters. */
  diagnostic: string | null;
  kind: BounceKind;
  reason: BounceReason;
}

export interface BounceReport {
  /** The worst of the recipients. */
  kind: BounceKind;
  reason: BounceReason;
  /** Each once; empty where the report names nobody. */
  recipients: BouncedRecipient[];
  /** Candidates for the mail that bounced, without brackets, the likeliest first, at most 50. Proves nothing by itself. */
  messageIds: string[];
}

const RECIPIENTS_MAX = 100;
const DIAGNOSTIC_CHARS_MAX = 500;
const MESSAGE_IDS_MAX = 50;
/** A report that names more than this is a list, and we send to few at a time. */
const PROSE_CHARS_MAX = 100_000;

const WORST_FIRST: readonly BounceKind[] = ['hard', 'blocked', 'soft', 'delayed', 'delivered'];
const STATUS_TYPES = new Set(['message/delivery-status', 'message/global-delivery-status']);
/** What comes back of the mail itself. */
export const RETURNED_TYPES: ReadonlySet<string> = new Set([
  ...['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers', 'message/partial', 'message/external-body'],
]);

/**
 * Read a mail that was classed as a bounce.
 *
 * Limits   100 recipients, 50 ids, 100,000 characters of words; linear
 * Source   RFC 3464, RFC 3462 (text/rfc822-headers), RFC 6533 (global), RFC 5321 4.5.5 (null sender)
 */
export function readBounce(mail: ReportSource): BounceReport {
  const prose = proseOf(mail.parts);
  const lines = withoutReturnedMail(prose);
  const isDelayed = saysDelayed(mail.all('subject').join(' '), lines);
  const inProse = recipientsInProse(lines, strangers(mail));
  const reported = reportedRecipients(mail.parts, lines);
  const recipients = reported.length > 0 ? reported : proseRecipients(mail, inProse, { lines, isDelayed });
  const worst = WORST_FIRST.map((kind) => recipients.find((one) => one.kind === kind)).find((one) => one !== undefined);
  const verdict = worst ?? judged(lines.join('\n'), isDelayed ? 'delayed' : null);
  return { kind: verdict.kind, reason: verdict.reason, recipients, messageIds: candidateIds(mail) };
}

function proseOf(parts: readonly ReportPart[]): string {
  const stop = parts.findIndex(({ mediaType }) => STATUS_TYPES.has(mediaType) || RETURNED_TYPES.has(mediaType));
  const before = stop <= 0 ? parts : parts.slice(0, stop);
  const plain = before.filter(({ mediaType }) => mediaType === 'text/plain').map(({ text }) => text);
  const html = before
    .filter(({ mediaType }) => mediaType === 'text/html')
    .map(({ text }) => htmlToText(text.slice(0, PROSE_CHARS_MAX)).text);
  const words = plain.some((text) => text.trim() !== '') ? plain : html;
  return words.join('\n').slice(0, PROSE_CHARS_MAX);
}

/** Addresses that stand in every notice and did not fail. */
function strangers(mail: ReportSource): Set<string> {
  const lines = ['from', 'to', 'return-path', 'reply-to', 'sender'].flatMap((name) => mail.all(name));
  return new Set([...addressesInLines(lines), mail.fromAddress ?? ''].map((address) => address.toLowerCase()));
}

/** The recipients of the machine-readable part; of a report whose parts were flattened into text, those found there. */
function reportedRecipients(parts: readonly ReportPart[], lines: readonly string[]): BouncedRecipient[] {
  const status = parts.filter(({ mediaType }) => STATUS_TYPES.has(mediaType)).map(({ text }) => text);
  const flattened = parts.map(({ text }) => text).filter((text) => /^[ \t]{0,10}(?:final|original)-recipient\s{0,5}:/im.test(text));
  const groups = (status.length > 0 ? status : flattened).flatMap((text) => reportGroups(text));
  const named = new Set(groups.map((group) => addressIn(group)?.toLowerCase()).filter((address) => address !== undefined));
  const elsewhere = saidElsewhere(lines, status.join('\n').slice(0, PROSE_CHARS_MAX), named.size);
  const found = new Map<string, BouncedRecipient>();
  for (const group of groups) {
    const recipient = reportedRecipient(group, lines.join('\n'), elsewhere);
    if (recipient === null) continue;
    const key = recipient.address.toLowerCase();
    const known = found.get(key);
    const isWorse = known !== undefined && WORST_FIRST.indexOf(recipient.kind) < WORST_FIRST.indexOf(known.kind);
    if ((known === undefined && found.size < RECIPIENTS_MAX) || isWorse) found.set(key, recipient);
  }
  return [...found.values()];
}

function addressIn(group: ReportGroup): string | null {
  const fields = ['final-recipient', 'x-actual-recipient', 'original-recipient'].map((name) => recipientAddress(fieldOf(group, name)));
  return fields.find((address) => address !== null) ?? null;
}

function reportedRecipient(group: ReportGroup, prose: string, elsewhere: Elsewhere): BouncedRecipient | null {
  const original = recipientAddress(fieldOf(group, 'original-recipient'));
  const address = addressIn(group);
  if (address === null) return null;
  const action = /^[a-z]{1,20}/i.exec(fieldOf(group, 'action'))?.[0]?.toLowerCase() ?? null;
  const spoken = [...(group.get('diagnostic-code') ?? []), ...(group.get('x-diagnostic-code') ?? [])].map(typedValue).join(' ');
  const stated = statusIn(fieldOf(group, 'status'));
  // "5.0.0" says only that it failed; the answer of the other server often says more.
  const isGeneral = stated === null || /^\d\.0\.0$/.test(stated);
  const status = isGeneral ? (statusIn(spoken) ?? stated) : stated;
  const said = spoken !== '' ? `${spoken} ${fieldOf(group, 'status').replace(/^[\d.]+/, '')}` : nearby(prose, address);
  const smtpCode = smtpCodeIn(spoken === '' ? said : spoken);
  const [around, isAnswer] = [nearby(prose, address), spoken !== ''];
  const isAboutText = saysOfText(said) || saysOfText(around) || elsewhere.isAboutText === true;
  const isAboutAddress = saysOfAddress(around) || elsewhere.isAboutAddress === true;
  return {
    address,
    originalAddress: original !== null && original.toLowerCase() !== address.toLowerCase() ? original : null,
    action,
    status,
    smtpCode,
    diagnostic: oneLine(said, DIAGNOSTIC_CHARS_MAX) || null,
    ...judgeFailure({ ...elsewhere, action, status, smtpCode, said, address, isAnswer, isAboutText, isAboutAddress }),
  };
}

function recipientAddress(value: string): string | null {
  return plainAddress(
    typedValue(value)
      .replace(/^[<"'\s]+/, '')
      .replace(/[>"'\s].*$/s, ''),
  );
}

/** A report without a diagnosis: what the words of the notice say of that address. */
function nearby(prose: string, address: string): string {
  const at = prose.toLowerCase().indexOf(address.toLowerCase());
  return at < 0 ? prose.slice(0, 2_000) : prose.slice(at, at + 1_000);
}

function proseRecipients(
  mail: ReportSource,
  inProse: readonly { address: string; said: string }[],
  { lines, isDelayed }: { lines: readonly string[]; isDelayed: boolean },
): BouncedRecipient[] {
  const failed = addressesInLines(mail.all('x-failed-recipients'));
  const whole = lines.join('\n');
  const named = failed.map((address) => ({
    address,
    said: inProse.find((one) => one.address.toLowerCase() === address.toLowerCase())?.said ?? whole,
  }));
  const [sure = inProse] = [named, inProse].filter((found) => found.length > 0);
  const guessed = (): string[] => [returnedTo(mail), usersOfReporter(mail, lines)].find((found) => found.length > 0) ?? [];
  const chosen = sure.length > 0 ? sure : guessed().map((address) => ({ address, said: whole }));
  const elsewhere = saidElsewhere(lines, '', chosen.length);
  return chosen.slice(0, RECIPIENTS_MAX).map(({ address, said }) => {
    const action = isDelayed ? 'delayed' : null;
    const own = judged(said, action, { ...elsewhere, address });
    // What stands at the address may say nothing ("The following address failed:"); then the whole notice is asked.
    const verdict = own.reason === 'undetermined' ? judged(whole, action, { ...elsewhere, address }) : own;
    return {
      address,
      originalAddress: null,
      action,
      status: statusIn(said) ?? statusIn(whole),
      smtpCode: smtpCodeIn(said) ?? smtpCodeIn(whole),
      diagnostic: oneLine(said, DIAGNOSTIC_CHARS_MAX) || null,
      ...verdict,
    };
  });
}

function judged(said: string, action: string | null, elsewhere: Elsewhere = {}): { kind: BounceKind; reason: BounceReason } {
  const isAboutText = saysOfText(said) || elsewhere.isAboutText === true;
  return judgeFailure({ ...elsewhere, action, status: statusIn(said), smtpCode: smtpCodeIn(said), said, isAboutText });
}

type Elsewhere = Pick<Failure, 'isAboutText' | 'isAboutAddress' | 'isSaidFull' | 'address'>;

/** What the rest of a notice says of its recipient. Of several, nobody can tell whom it means. */
function saidElsewhere(lines: readonly string[], report: string, recipientCount: number): Elsewhere {
  if (recipientCount !== 1) return {};
  const all = `${lines.join('\n')}\n${report}`;
  return { isAboutText: saysOfText(all), isAboutAddress: saysOfAddress(all), isSaidFull: saysFull(lines) };
}

const DELAYED =
  /not yet (?:been )?delivered|has not been delivered yet|will (?:continue|keep) (?:to )?(?:try|attempt)|delivery attempts will (?:continue|be)|still (?:being )?(?:tried|trying)|will be retried|(?:message|delivery|mail)[^.\n]{0,60} (?:been |is )?(?:delayed|postponed|deferred)|delayed (?:mail|\d)|warning: (?:message|could not send)|only a warning|do not need to resend|delivery status notification ?\(delay|will retry|continue to attempt delivery|keep trying/i;
const GIVEN_UP =
  /permanent|giv(?:e|en|ing) up|fatal error|returned to sender|no further (?:delivery )?attempts|delivery (?:has )?failed|could not be delivered for \d/i;

function saysDelayed(subject: string, lines: readonly string[]): boolean {
  const text = lines.slice(0, 60).join('\n');
  return DELAYED.test(`${subject}\n${text}`) && !GIVEN_UP.test(text);
}

/** The one address the returned mail was written to. */
function returnedTo(mail: ReportSource): string[] {
  const returned = mail.parts.find(({ mediaType }) => RETURNED_TYPES.has(mediaType));
  const head =
    returned?.text ??
    mail.parts
      .map(({ text }) => text)
      .join('\n')
      .slice(0, PROSE_CHARS_MAX);
  const line = /^to:[ \t]{0,5}(.{1,1000})$/im.exec(head)?.[1] ?? '';
  const found = addressesInLines([line]).filter((address) => !strangers(mail).has(address.toLowerCase()));
  return found.length === 1 ? found : [];
}

/** Users that a server names without a domain are its own. */
function usersOfReporter(mail: ReportSource, lines: readonly string[]): string[] {
  const domain = /^mailer-daemon@([^@]+\.[^@]+)$/i.exec(mail.fromAddress ?? '')?.[1]?.toLowerCase();
  return domain === undefined ? [] : bareUsersInProse(lines).flatMap((user) => plainAddress(`${user}@${domain}`) ?? []);
}

const ID_IN_TEXT = /<([^\s<>@]{1,250}@[^\s<>@]{1,250})>/g;

/** Ids of the returned mail first, then everything in any part that looks like one: providers put the original where they please. */
function candidateIds(mail: ReportSource): string[] {
  const ids = new Set<string>();
  const add = (id: string): void => {
    if (ids.size < MESSAGE_IDS_MAX) ids.add(id);
  };
  const texts = mail.parts.toSorted((a, b) => Number(RETURNED_TYPES.has(b.mediaType)) - Number(RETURNED_TYPES.has(a.mediaType)));
  for (const { text } of texts) {
    for (const match of text.matchAll(/^[> \t]{0,10}(?:x-)?(?:original-)?message-id:((?:[ \t]{0,20}\n?[ \t]{1,20})?[^\n]{1,1000})/gim))
      messageIdsIn(match[1] ?? '').forEach(add);
  }
  [...mail.all('in-reply-to'), ...mail.all('references')].flatMap((value) => messageIdsIn(value)).forEach(add);
  for (const { text } of texts) for (const match of text.matchAll(ID_IN_TEXT)) add(match[1] ?? '');
  return [...ids];
}
