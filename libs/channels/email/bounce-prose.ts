import { plainAddress } from './mail-address.js';

/*
 * Bounces written for people only: half of all. Which addresses failed, and what was said of each, is found line by line; nothing is
 * looked for behind the place where the mail that came back begins.
 */

const LINES_MAX = 2_000;
const LINE_CHARS_MAX = 1_000;
const RECIPIENTS_MAX = 100;
/** What is said of an address stands this close below it. */
const SAID_LINES_MAX = 12;

export interface ProseRecipient {
  address: string;
  /** The line of the address and what stands below it, up to the next address. */
  said: string;
}

/** How the place is announced where the returned mail begins. */
const RETURNED =
  /original (?:message|mail|e-mail)(?: headers?)?(?: follows?| is| attached|:|\s*-)|copy of (?:the|your) (?:original )?(?:message|mail)|headers? of the (?:original )?message|(?:message|mail) headers? follow|below this line|(?:start of |^-+\s*)(?:the )?(?:returned|undelivered) (?:message|mail)|unsent message|message text follows|text of the original|lines of (?:the|your) original message|bounced e-?mail:|your message follows|message header:?$/i;
const HEADER_OF_RETURNED = /^(?:received: (?:from|by|\()|return-path:|dkim-signature:|message-id: ?<|mime-version:|x-originating-ip:)/i;

/** The part of a notice that speaks about the delivery, without the mail that came back. */
export function withoutReturnedMail(text: string): string[] {
  const lines = text.split('\n', LINES_MAX).map((line) => line.slice(0, LINE_CHARS_MAX));
  const end = lines.findIndex((line, index) => {
    const trimmed = line.trim();
    if (HEADER_OF_RETURNED.test(trimmed)) return index > 0 || trimmed.toLowerCase().startsWith('received:');
    return index > 0 && trimmed.length <= 120 && RETURNED.test(trimmed) && !/\bnot\b/i.test(trimmed);
  });
  return end < 0 ? lines : lines.slice(0, end);
}

const ADDRESS = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}/g;
/** Lines that name an address which did not fail: the sender, somebody to ask. */
const OTHERS =
  /^\W{0,5}(?:from|sender|reply-to|cc|subject|return-path|message-?id|mail from|envelope-from|x-|date|sent|received|by)\b[^:]{0,20}:|mail from:|\b(?:contact|reply to|e-?mail to|send (?:a )?(?:mail|e-?mail|message)|questions|assistance|abuse|help|forward this|write to|please (?:reply|mail|send|visit|see)|your address)\b|\bfrom <|\bsender\b/i;
/** Words that stand before an address which failed. */
const LABELS =
  /^\W{0,5}(?:unknown user|user|recipients?|final-recipient|failed recipients?|failed address|address|rcpt to|target mail address|could not (?:be )?deliver(?:ed)?(?: (?:message|mail))? to|delivery (?:to|failed for)|invalid recipient|your message to|undeliverable to|mailbox|the following recipients?[^:]{0,60}|unable to deliver (?:message )?to|failed to deliver to|no such (?:user|recipient)|addressed to|message to|mail to|to the following[^:]{0,40}|bounced address|original-recipient|e-?mail address|ontvanger|empfänger|destinataire|destinatario)\W/i;
const TO_LINE = /^\W{0,5}(?:to|for|an|aan)\W/i;
const GENERATED = /\b(?:generated|expanded|redirected) from:?\s/i;

interface Sighting {
  line: number;
  address: string;
  /** How sure the line makes it: says so, merely names it, or is the To of the mail that failed. */
  rank: 0 | 1 | 2;
}

/**
 * The addresses a notice says were not reached, in order, each once.
 *
 * Shape    `lines` from `withoutReturnedMail`; `notThese` in lower case: who sent the notice, and to whom
 * Limits   100 addresses; linear
 */
export function recipientsInProse(lines: readonly string[], notThese: ReadonlySet<string>): ProseRecipient[] {
  const sightings = lines.flatMap((line, index) => sightingsIn(line, index, notThese));
  const best = Math.min(...sightings.map(({ rank }) => rank));
  const chosen = sightings.filter(({ rank }) => rank === best);
  const found = new Map<string, ProseRecipient>();
  for (const [index, { line, address }] of chosen.entries()) {
    const key = address.toLowerCase();
    if (found.has(key) || found.size >= RECIPIENTS_MAX) continue;
    const next = chosen
      .slice(index + 1, index + 1 + SAID_LINES_MAX)
      .find((other) => other.address.toLowerCase() !== key && other.line > line);
    const end = Math.min(line + SAID_LINES_MAX, next?.line ?? lines.length);
    found.set(key, { address, said: lines.slice(line, end).join('\n') });
  }
  return [...found.values()];
}

/** A sentence that a person does not begin with, in the languages in which such notices are written most. */
const NOTICE =
  /^[^\w>]{0,10}(?:(?:(?:your|the|this) )?(?:message|mail|e-?mail)\b[^.:]{0,80} (?:(?:could|can) ?not be|was not|has not been) delivered|(?:could not|cannot|unable to|failed to) deliver (?:(?:your|the|this|a) )?(?:message|mail|e-?mail)\b|(?:uw|je|het) (?:bericht|e-?mail)\b[^.:]{0,80} kon niet (?:worden )?(?:be|af)|ihre (?:nachricht|e-?mail)\b[^.:]{0,80} konnte nicht|votre (?:message|courriel|e-?mail)\b[^.:]{0,80} n['’ ]a pas pu|(?:su|tu|el) mensaje\b[^.:]{0,80} no (?:se )?(?:pudo|ha podido)|il (?:suo |tuo )?messaggio\b[^.:]{0,80} non (?:è stato|può essere))/i;
const NOTICE_CHARS_MAX = 10_000;
const NOTICE_LINES_MAX = 12;

/**
 * Is a text nothing but the news that a mail was not delivered? Its first words say so, and an address stands by itself below them. Who
 * passes such a notice on, or asks about one, begins with words of his own.
 */
export function isNotice(text: string): boolean {
  const lines = withoutReturnedMail(text.slice(0, NOTICE_CHARS_MAX));
  const first = lines.findIndex((line) => /\p{L}/u.test(line));
  if (first < 0 || !NOTICE.test(lines[first] ?? '')) return false;
  const below = lines.slice(first + 1, first + 1 + NOTICE_LINES_MAX);
  return below.some((line, index) => sightingsIn(line, index, new Set()).some(({ rank }) => rank === 0));
}

/** Whose mail they do not take is who wrote it, on whatever line. */
const NOT_TAKEN_FROM = /\baccept(?:ing|s|ed)? (?:any )?(?:e-?)?(?:mails?|messages?) from:? <?[^\s<>]{1,320}/gi;

/** Announced at the end of a line; the names stand below. */
const ANNOUNCED = /\bfollowing (?:recipients?|users?|address(?:es)?|mailbox(?:es)?)\b.*:$/i;
const BARE_USER = /^[ \t]{1,20}<?([A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?)>?$/;

/**
 * The users that a server of their own names without a domain: alone on indented lines, below the line that announces them.
 *
 * Shape    `lines` from `withoutReturnedMail`
 * Limits   100 users; linear
 */
export function bareUsersInProse(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => ANNOUNCED.test(line.trimEnd())) + 1;
  if (start === 0) return [];
  const users = new Set<string>();
  for (const line of lines.slice(start)) {
    const user = BARE_USER.exec(line.trimEnd())?.[1];
    if (user !== undefined && users.size < RECIPIENTS_MAX) users.add(user);
    else if (line.trim() !== '') break;
  }
  return [...users];
}

function sightingsIn(written: string, index: number, notThese: ReadonlySet<string>): Sighting[] {
  const line = written.replaceAll(NOT_TAKEN_FROM, ' ');
  if (!line.includes('@') || OTHERS.test(line)) return [];
  const addresses = [...line.matchAll(ADDRESS)].map(([found]) =>
    plainAddress(found.replace(/^(?:smtp=)?['*=]*/i, '').replace(/['*=.]+$/, '')),
  );
  const known = [...new Set(addresses.filter((address) => address !== null && !notThese.has(address.toLowerCase())))];
  const isToLine = TO_LINE.test(line);
  const isSure = !isToLine && (LABELS.test(line) || GENERATED.test(line) || isNearlyAlone(line));
  return known.map((address) => ({ line: index, address: address ?? '', rank: isToLine ? 2 : isSure ? 0 : 1 }));
}

/** Nothing but addresses on the line, or the line begins with one. */
function isNearlyAlone(line: string): boolean {
  const rest = line.replaceAll(ADDRESS, '\u0001').replaceAll(/[\s<>()[\]"'*:;,.>|#-]/g, '');
  if (/^\u0001+$/.test(rest)) return true;
  return /^\W{0,6}(?:\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?)?[<[("'*]?[^\s<@]{1,64}@[^\s>@]{1,255}(?:[>\])"'*:;,]|\.\.\.|\s*(?:\(|on |:|-|—|\u2013|failed|$))/.test(
    line,
  );
}
