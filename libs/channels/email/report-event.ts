import type { BouncedAddress, InboundBounce, InboundComplaint, InboundMailRead, MailToken } from '../inbound.js';
import { UnreadableDelivery } from '../inbound.js';
import type { Delivery } from '../delivery-log.service.js';
import type { BouncedRecipient } from './bounce.js';
import { NOBODY } from './mail-author.js';
import type { ParsedMail } from './parsed-mail.js';

/**
 * What a machine's report says of a mail of ours; nothing where it says what changes nothing: that it was deleted unread, that it is no
 * unwanted mail. `token` is the proof that it is about a mail of ours.
 *
 * Errors   UnreadableDelivery `unmatched_bounce`, `unmatched_report` without a proof: anybody can write a report
 */
export function reportOf(
  mail: ParsedMail,
  delivery: Delivery,
  token: MailToken | null,
): (InboundBounce | InboundMailRead | InboundComplaint)[] {
  const { bounce, receipt, complaint } = mail;
  if (token === null) throw new UnreadableDelivery(mail.mailClass === 'bounce' ? 'unmatched_bounce' : 'unmatched_report');
  const at = delivery.receivedAt;
  const about = (person: string | null | undefined) => ({
    routeId: delivery.connectionId!,
    personId: (person ?? mail.from?.address ?? NOBODY).toLowerCase(),
    isStandby: false,
    token,
  });
  if (bounce !== null) {
    const recipients = bounce.recipients.map(asBounced);
    const { kind, reason: code } = bounce;
    return [{ type: 'bounce', ...about(recipients[0]?.address), recipients, kind, code, happenedAt: at }];
  }
  if (receipt !== null) return receipt.disposition === 'displayed' ? [{ type: 'mail_read', ...about(receipt.recipient), readAt: at }] : [];
  if (complaint?.isObjection !== true) return [];
  const addresses = complaint.recipients;
  return [{ type: 'complaint', ...about(addresses[0]), addresses, complainedAt: at }];
}

/** Whether a mail is such a report. */
export function isReport({ bounce, receipt, complaint }: ParsedMail): boolean {
  return bounce !== null || receipt !== null || complaint !== null;
}

/** Ids that a report says are those of the mail it is about: each has to prove itself. */
export function idsInReport({ bounce, receipt, complaint }: ParsedMail): string[] {
  return [...(bounce?.messageIds ?? []), ...(receipt?.messageId == null ? [] : [receipt.messageId]), ...(complaint?.messageIds ?? [])];
}

function asBounced({ address, originalAddress, kind, reason, diagnostic }: BouncedRecipient): BouncedAddress {
  return { address: originalAddress ?? address, kind, code: reason, diagnostic };
}
