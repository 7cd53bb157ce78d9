import type { ReportPart, ReportSource } from './bounce.js';
import { addressesInLines, plainAddress } from './mail-address.js';
import { oneLine } from './mail-words.js';
import { messageIdsIn } from './message-ids.js';
import { fieldOf, reportGroups, typedValue, type ReportGroup } from './report-fields.js';

/*
 * Two reports besides bounces: that a mail was read (RFC 8098), and that somebody called it unwanted (RFC 5965). Neither proves anything:
 * the ids in them are candidates, as in a bounce.
 */

/** A read receipt. */
export interface ReadReceipt {
  /** Of the mail that was read, without brackets; null when the receipt does not say. A candidate: proves nothing by itself. */
  messageId: string | null;
  /** Who read it, as the receipt claims. */
  recipient: string | null;
  /** `displayed` is what "read" means; a mail that was deleted unread is no reading. */
  disposition: 'displayed' | 'deleted' | 'dispatched' | 'processed' | 'unknown';
  /** False when a machine sent it without asking anyone. */
  isManual: boolean;
}

/** An abuse report. */
export interface MailComplaint {
  /** abuse, fraud, virus, not-spam, auth-failure, opt-out …: as sent, lower case. */
  type: string;
  /** Who complained, where the provider does not hide it. */
  recipients: string[];
  /** Candidates for the mail that was complained about, at most 50. */
  messageIds: string[];
  /** False for `not-spam` and for reports about failed authentication: no person objects there. */
  isObjection: boolean;
}

const DISPOSITIONS = ['displayed', 'deleted', 'dispatched', 'processed'] as const;
const MESSAGE_IDS_MAX = 50;
const RECIPIENTS_MAX = 20;

/** Read a mail that was classed as a receipt. */
export function readReceipt(mail: ReportSource): ReadReceipt {
  const group = groupWith(mail.parts, 'disposition');
  const disposition = fieldOf(group, 'disposition').toLowerCase();
  const type = disposition.slice(disposition.indexOf(';') + 1);
  const ids = [fieldOf(group, 'original-message-id'), ...mail.all('in-reply-to'), ...mail.all('references')].flatMap((value) =>
    messageIdsIn(value),
  );
  return {
    messageId: ids[0] ?? null,
    recipient: addressIn(fieldOf(group, 'final-recipient')) ?? addressIn(fieldOf(group, 'original-recipient')) ?? mail.fromAddress,
    disposition: DISPOSITIONS.find((one) => type.includes(one)) ?? 'unknown',
    isManual: disposition.startsWith('manual-action'),
  };
}

/** Read a mail that was classed as a complaint. */
export function readComplaint(mail: ReportSource): MailComplaint {
  const group = groupWith(mail.parts, 'feedback-type');
  const type = oneLine(fieldOf(group, 'feedback-type').toLowerCase(), 40) || 'abuse';
  const returned = mail.parts.filter(({ mediaType }) => mediaType === 'message/rfc822' || mediaType === 'text/rfc822-headers');
  const named = ['original-rcpt-to', 'removal-recipient', 'redacted-address'].flatMap((name) => group.get(name) ?? []);
  const headers = returned.map(({ text }) => /^to:[ \t]{0,5}([^\n]{1,1000})$/im.exec(text)?.[1] ?? '');
  const recipients = addressesInLines(named).length > 0 ? addressesInLines(named) : addressesInLines(headers);
  const ids = mail.parts.flatMap(({ text }) =>
    [...text.matchAll(/^(?:original-)?message-id:[ \t\n]{0,10}([^\n]{1,1000})/gim)].flatMap((match) => messageIdsIn(match[1] ?? '')),
  );
  return {
    type,
    recipients: recipients.slice(0, RECIPIENTS_MAX),
    messageIds: [...new Set(ids)].slice(0, MESSAGE_IDS_MAX),
    isObjection: !['not-spam', 'auth-failure', 'dmarc'].includes(type),
  };
}

/** The first group that has the field, wherever a mail program put it. */
function groupWith(parts: readonly ReportPart[], name: string): ReportGroup {
  const reports = parts.toSorted((a, b) => Number(isReport(b)) - Number(isReport(a)));
  for (const { text } of reports) {
    const group = reportGroups(text).find((one) => one.has(name));
    if (group !== undefined) return group;
  }
  return new Map();
}

function isReport({ mediaType }: ReportPart): boolean {
  return mediaType === 'message/feedback-report' || mediaType.endsWith('disposition-notification');
}

function addressIn(value: string): string | null {
  return plainAddress(typedValue(value).replaceAll(/[<>]/g, ''));
}
