import type { DeliveryState } from '#contract';
import type { BouncedAddress } from '#channels';
import { DEAD_CODES, DELAYED_SENTENCE } from './bounce-words.js';
import type { RecipientRow } from './mail-recipient.js';

/*
 * What a message's recipients make of it. The message is a function of its recipients' rows, and a row only moves forward: so reports may
 * come in any order, and more than once.
 */

export interface SentMessage {
  state: DeliveryState;
  code: string | null;
  reason: string | null;
  /** The person answered this very message: it has arrived, whatever a report says. */
  isAnswered: boolean;
}

/** What is to be shown; null: as before. */
export interface Shown {
  state: DeliveryState;
  code: string | null;
  reason: string | null;
}

/** The code of a note that somebody in copy did not get it. Refused at once, the mail server's own word stands there. */
export const COPY_BOUNCED = 'copy_bounced';
const COPY_REFUSED = 'copy_refused';
const DELAYED = 'delayed';
export const BOUNCED_PREFIX = 'bounced_';
const REASON_CHARS_MAX = 500;

/** Reports are about what has left us. Waiting to be sent again, a message has nothing to do with reports on an earlier try. */
const REPORTED_ON: ReadonlySet<DeliveryState> = new Set(['sending', 'sent', 'delivered', 'read', 'unknown', 'failed']);

/** What the recipients make of the message. `mayShowDelivered`: the tenant keeps receipts. */
export function shownOf(message: SentMessage, recipients: readonly RecipientRow[], mayShowDelivered: boolean): Shown | null {
  const { state, code, reason, isAnswered } = message;
  const isByReport = code !== null && (code === DELAYED || code === COPY_BOUNCED || code.startsWith(BOUNCED_PREFIX));
  // It failed before it left, or its fate was told by our own mail server: no report knows better.
  if (!REPORTED_ON.has(state) || (state === 'failed' && !isByReport)) return null;
  const main = recipients.filter(({ role }) => role === 'to');
  const failed = recipients.filter(({ outcome }) => outcome === 'failed');
  const isLost = main.length > 0 && main.every(({ outcome }) => outcome === 'failed');
  const sentences = failed.map((recipient) => recipient.reason ?? '').filter((sentence) => sentence !== '');
  if (isLost) {
    const shown = { code: `${BOUNCED_PREFIX}${main[0]!.code ?? 'undetermined'}`, reason: joined(sentences) };
    return differs(message, { state: isAnswered || state === 'read' ? state : 'failed', ...shown });
  }
  const hasArrived = main.length > 0 && main.every(({ outcome }) => outcome === 'delivered');
  const reached = hasArrived && mayShowDelivered && state === 'sent' ? 'delivered' : state;
  if (failed.length > 0) {
    if (code !== COPY_REFUSED) return differs(message, { state: reached, code: COPY_BOUNCED, reason: joined(sentences) });
    const missing = sentences.filter((sentence) => !(reason ?? '').includes(sentence));
    return differs(message, { state: reached, code, reason: joined([reason ?? '', ...missing]) });
  }
  if (state !== 'read' && code !== COPY_REFUSED && main.some(({ outcome }) => outcome === 'delayed')) {
    return differs(message, { state, code: DELAYED, reason: DELAYED_SENTENCE });
  }
  return differs(message, { state: reached, ...(isByReport ? { code: null, reason: null } : { code, reason }) });
}

/** What a report makes of a recipient: it moves on from delayed to delivered to failed, never back. Null: nothing new. */
export function movedOn(row: RecipientRow, said: Pick<BouncedAddress, 'kind' | 'code'>): RecipientRow['outcome'] {
  const outcome = said.kind === 'delayed' ? 'delayed' : said.kind === 'delivered' ? 'delivered' : 'failed';
  if (rank(outcome) > rank(row.outcome)) return outcome;
  // Of two reasons the one that ends the address is the one to know.
  return outcome === 'failed' && DEAD_CODES.has(said.code) && !DEAD_CODES.has(row.code ?? '') ? outcome : null;
}

const RANKS = ['delayed', 'delivered', 'failed'] as const;

function rank(outcome: RecipientRow['outcome']): number {
  return outcome === null ? -1 : RANKS.indexOf(outcome);
}

function joined(sentences: string[]): string {
  return sentences.join(' ').slice(0, REASON_CHARS_MAX).toWellFormed();
}

function differs({ state, code, reason }: SentMessage, shown: Shown): Shown | null {
  return state === shown.state && code === shown.code && reason === shown.reason ? null : shown;
}
