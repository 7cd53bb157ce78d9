import type { InboundMessage, InboundUnsend } from '../inbound.js';
import { ownMessageId } from './own-metadata.js';
import { readAttachments } from './read-attachments.js';
import { readOrder } from './read-forms.js';
import { referralOf } from './read-referral.js';
import { messageOf, type Told, unsupported } from './told.js';
import { digestId, type Fields, id, isObject, isTrue, list, mid, object, rawOf, text } from './vendor-json.js';

/** Something was said: by the person, or from the page by whichever program (an echo). Or taken back. */
export function readMessage(message: Fields, told: Told): InboundMessage | InboundUnsend {
  const externalId = mid(message['mid']);
  if (isTrue(message['is_deleted'])) return externalId === null ? unsupported('message_deleted', told) : unsend(externalId, told);
  const order = message['order'] ?? told.event['order'];
  const referral = referralOf(message['referral'] ?? told.event['referral']);
  if (isObject(order)) return { ...readOrder(order, told, message), referral };
  const attachments = readAttachments(list(message['attachments']));
  const said = text(message['text']) ?? '';
  if (said === '' && attachments.length === 0) return { ...unsupported(emptyName(message), told), referral };
  return messageOf(told, {
    kind: 'text',
    externalId: externalId ?? digestId('message', told.event),
    replyToExternalId: mid(object(message['reply_to'])['mid']),
    ownMessageId: told.isFromPage ? ownMessageId(message['metadata']) : null,
    appId: told.isFromPage ? id(message['app_id']) : null,
    content: { text: said, detail: text(object(message['quick_reply'])['payload']), attachments },
    referral,
    raw: attachments.some(({ kind }) => kind === 'unsupported') ? rawOf(told.event) : null,
  });
}

/** A pressed button or menu entry. On standby Meta leaves the payload out; older ones have no id. */
export function readPostback(postback: Fields, told: Told): InboundMessage {
  const title = text(postback['title']);
  const payload = text(postback['payload']);
  const { routeId, personId, event } = told;
  return messageOf(told, {
    kind: 'postback',
    direction: 'in',
    externalId: mid(postback['mid']) ?? digestId('postback', routeId, personId, event['timestamp'] ?? null, payload ?? title),
    content: { text: title ?? payload ?? '', detail: payload },
    referral: referralOf(postback['referral'] ?? event['referral']),
  });
}

function unsend(externalId: string, { routeId, personId, isStandby, at }: Told): InboundUnsend {
  return { type: 'unsend', routeId, personId, isStandby, externalId, unsentAt: at };
}

function emptyName(message: Fields): string {
  return isTrue(message['is_unsupported']) ? 'message_unsupported' : 'message_empty';
}
