import { BOUNCE_PHRASES, type BounceReason } from './bounce-phrases.js';

/*
 * Why a mail was not delivered, and what follows from it.
 *
 * Words first, then the enhanced status code, then the SMTP code: three quarters of the 5.x codes in real bounces say nothing about the
 * address (full, too large, refused for a policy, a missing PTR record), and a live address must not be given up for a stranger's filter.
 *
 * Source   RFC 3463 and the IANA registry of enhanced status codes; RFC 5321 4.2.3
 */

/**
 * `hard`: nobody is there, and will not be tomorrow. `soft`: not now. `blocked`: the address may be right, but this mail, or we, were
 * refused. `delayed`: still being tried. `delivered`: a report that it arrived or was passed on.
 */
export type BounceKind = 'hard' | 'soft' | 'blocked' | 'delayed' | 'delivered';

export interface BounceVerdict {
  kind: BounceKind;
  reason: BounceReason;
}

const KINDS: Readonly<Record<BounceReason, 'hard' | 'soft' | 'blocked'>> = {
  user_unknown: 'hard',
  host_unknown: 'hard',
  moved: 'hard',
  disabled: 'hard',
  mailbox_full: 'soft',
  too_large: 'blocked',
  rate: 'soft',
  expired: 'soft',
  network: 'soft',
  system: 'soft',
  loop: 'soft',
  spam: 'blocked',
  virus: 'blocked',
  reputation: 'blocked',
  authentication: 'blocked',
  sender_refused: 'blocked',
  relay_refused: 'blocked',
  policy: 'blocked',
  syntax: 'soft',
  undetermined: 'soft',
};

/** Codes that mean the same wherever they are written. The key is without its first digit. */
const STATUS_REASONS: Readonly<Record<string, BounceReason>> = {
  '1.1': 'user_unknown',
  '1.2': 'host_unknown',
  '1.3': 'user_unknown',
  '1.6': 'moved',
  '1.7': 'sender_refused',
  '1.8': 'sender_refused',
  '1.10': 'user_unknown',
  '2.1': 'disabled',
  '2.2': 'mailbox_full',
  '2.3': 'too_large',
  '3.1': 'mailbox_full',
  '3.2': 'system',
  '3.4': 'too_large',
  '4.1': 'network',
  '4.2': 'network',
  '4.6': 'loop',
  '4.7': 'expired',
  '7.25': 'reputation',
  '7.26': 'authentication',
};
const SUBJECT_REASONS: Readonly<Record<string, BounceReason>> = {
  '3': 'system',
  '4': 'network',
  '5': 'syntax',
  '6': 'policy',
  '7': 'policy',
};

export interface Failure {
  /** As RFC 3464 names it, lower case; null when the report does not say. */
  action: string | null;
  /** Enhanced code such as 5.1.1. */
  status: string | null;
  smtpCode: number | null;
  /** What the other server said. */
  said: string;
  /** Whom it is about; absent where nobody is named. */
  address?: string;
  /** `said` is the answer of a server and not the words of a notice, though no code stands in it. */
  isAnswer?: boolean;
  /** Somewhere else the notice says that the answer was one to RCPT. */
  isAboutAddress?: boolean;
  /** The answer came after the text of the mail, when the address had been taken already. */
  isAboutText?: boolean;
  /** Somewhere else the notice says that there is no room for the mail. */
  isSaidFull?: boolean;
}

/** Looked at of what a server said. */
const SAID_CHARS_MAX = 4_000;

/**
 * What a failure means.
 *
 * Limits   linear: each phrase is looked for once in the first 4,000 characters
 */
export function judgeFailure(failure: Failure): BounceVerdict {
  const { action, status, smtpCode } = failure;
  if (action !== null && DONE.has(action)) return { kind: 'delivered', reason: 'undetermined' };
  const reason = reasonOf(failure);
  if (action === 'delayed') return { kind: 'delayed', reason };
  if (status?.startsWith('2.') === true && action !== 'failed') return { kind: 'delivered', reason };
  if (reason !== 'undetermined') return { kind: isForNow(failure, reason) ? 'soft' : KINDS[reason], reason };
  const isRefused = status?.startsWith('5.') === true || (smtpCode !== null && smtpCode >= 500);
  return { kind: isRefused ? 'blocked' : 'soft', reason };
}

/** What can be taken back: whoever is locked out pays, or asks, and is back. */
const MAY_COME_BACK = /\b(?:suspended|suspension|frozen|locked|inactive|temporar(?:y|ily))\b/i;

/** An address is given up for good only for what is said of it for sure, and for good. */
function isForNow(failure: Failure, reason: BounceReason): boolean {
  return reason === 'disabled' ? MAY_COME_BACK.test(failure.said) : reason === 'user_unknown' && isDoubtful(failure);
}

/**
 * "550 User unknown" without a word about whom: servers that take every address say so once they have read the mail, and mean that they do
 * not want it. Sure is what has the code of an address, answers RCPT, names the address, or is the notice's own word.
 */
function isDoubtful({ status, smtpCode, said, address, isAnswer, isAboutAddress }: Failure): boolean {
  const [, subject = '', detail = ''] = (status ?? '').split('.');
  const byStatus = STATUS_REASONS[`${subject}.${detail}`];
  if (byStatus !== undefined && ADDRESS_REASONS.has(byStatus)) return false;
  if (isAboutAddress === true || saysOfAddress(said) || (isAnswer !== true && smtpCode === null)) return false;
  const text = said.slice(0, SAID_CHARS_MAX);
  const answer = text.slice(SMTP_CODE.exec(text)?.index ?? 0).toLowerCase();
  return address === undefined || !answer.includes(address.toLowerCase());
}

const DONE: ReadonlySet<string> = new Set(['delivered', 'relayed', 'expanded', 'deliverable']);

function reasonOf(failure: Failure): BounceReason {
  const reason = plainReasonOf(failure.status, failure.said);
  if (!ADDRESS_REASONS.has(reason)) return reason;
  // "No such domain" said of the sender is no news about the recipient.
  if (/(?:after|in reply to) mail from/i.test(failure.said)) return 'sender_refused';
  if (failure.isAboutText === true) return 'policy';
  // Where a notice says both, nobody is given up for the harder word.
  if (failure.isSaidFull === true && reason === 'user_unknown') return 'mailbox_full';
  // A name that cannot be found today may be found tomorrow; the sending server says which by the first digit.
  const isTemporary = failure.status?.startsWith('4.') === true || /try again/i.test(failure.said);
  return reason === 'host_unknown' && isTemporary ? 'network' : reason;
}

function plainReasonOf(status: string | null, said: string): BounceReason {
  const [first = '', subject = '', detail = ''] = (status ?? '').split('.');
  const byStatus = STATUS_REASONS[`${subject}.${detail}`];
  const byWords = reasonInWords(said);
  // A general word ("rejected", "timeout") must not overrule a code that says more.
  const isVague = byWords === null || VAGUE.has(byWords);
  if (!isVague) return byWords;
  if (byStatus !== undefined && (first === '5' || !ADDRESS_REASONS.has(byStatus))) return byStatus;
  return byWords ?? SUBJECT_REASONS[subject] ?? 'undetermined';
}

const VAGUE: ReadonlySet<BounceReason> = new Set(['policy', 'system', 'network', 'expired', 'syntax']);
const ADDRESS_REASONS: ReadonlySet<BounceReason> = new Set(['user_unknown', 'host_unknown', 'moved', 'disabled']);

function reasonInWords(said: string): BounceReason | null {
  const text = said.slice(0, SAID_CHARS_MAX).toLowerCase().replaceAll(/\s+/g, ' ').replaceAll('’', "'");
  for (const [reason, phrases] of BOUNCE_PHRASES) if (phrases.some((phrase) => hasPhrase(text, phrase))) return reason;
  return null;
}

/** Shorter ones are words of their own: "dns", "rbl", "uce". */
const WORD_CHARS_MAX = 5;

/** "locked" does not stand in "blocked", nor "uce" in "reduce". */
function hasPhrase(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const isBegun = at === 0 || !isLetter(text[at - 1]);
    if (isBegun && (phrase.length > WORD_CHARS_MAX || !isLetter(text[at + phrase.length]))) return true;
  }
  return false;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /\p{L}/u.test(character);
}

const HEDGED = /\b(?:may|might|maybe|perhaps|possibl[ey]|could|can|either|or|if|usually|reasons?|causes?|examples?|e\.g)\b/i;

/** The other server took the address, read the mail, and refused then: whatever it says, it is not about the address. */
export function saysOfText(said: string): boolean {
  return /in reply to (?:the )?(?:end of )?data|(?:after|in reply to) (?:the )?end of (?:data|message)|after i sent the message|did not like our final data/i.test(
    said,
  );
}

/** The answer was given when the address was named, before there was a text. */
export function saysOfAddress(said: string): boolean {
  return /\brcpt(?:\b|_)|recipient command|does not like recipient|recipient address rejected|rejected address/i.test(said);
}

/** A line that says that a mailbox or a disk is full, and not merely that this happens. */
export function saysFull(lines: readonly string[]): boolean {
  return lines.some((line) => reasonInWords(line) === 'mailbox_full' && !HEDGED.test(line));
}

const STATUS = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)/;

/** The first enhanced status code in a text, such as 5.1.1; null without one. IP addresses are none. */
export function statusIn(text: string): string | null {
  const match = STATUS.exec(text.slice(0, SAID_CHARS_MAX));
  return match === null ? null : `${match[1]}.${Number(match[2])}.${Number(match[3])}`;
}

const SMTP_CODE = /(?<![\w.#[@/-])([45]\d\d)(?=[ \-#:,)\]'\"]|$)/m;

/** The first answer code of an SMTP server in a text, 400–599; null without one. */
export function smtpCodeIn(text: string): number | null {
  const match = SMTP_CODE.exec(text.slice(0, SAID_CHARS_MAX));
  return match === null ? null : Number(match[1]);
}
