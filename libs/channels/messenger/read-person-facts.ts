import type { InboundFact, InboundMessage } from '../inbound.js';
import { type Told, unsupported } from './told.js';
import { digestId, type Fields, rawOf, text } from './vendor-json.js';

/**
 * The person lets the page write for a purpose, or no longer. Kinds: a plugin or a checkbox on a web page, one single notification,
 * notifications about a topic.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_optins; documentation writes STOP
 *          NOTIFICATIONS with a space, programs in the field have seen it with an underscore
 */
export function readOptin(optin: Fields, told: Told): InboundFact {
  const isStop = /^stop[ _-]?notifications$/i.test(text(optin['notification_messages_status']) ?? '');
  return fact(isStop ? 'opted_out' : 'opted_in', optin, told);
}

export function readOptout(optout: Fields, told: Told): InboundFact {
  return fact('opted_out', optout, told);
}

export function readAccountLinking(linking: Fields, told: Told): InboundFact | InboundMessage {
  const status = text(linking['status']);
  if (status !== 'linked' && status !== 'unlinked') return unsupported('account_linking', told);
  return fact(status === 'linked' ? 'account_linked' : 'account_unlinked', linking, told);
}

function fact(kind: InboundFact['kind'], value: Fields, { event, routeId, personId, isStandby, at }: Told): InboundFact {
  return {
    type: 'fact',
    kind,
    routeId,
    personId,
    isStandby,
    externalId: digestId(kind, event),
    happenedAt: at,
    content: { text: text(value['title']) ?? '', detail: text(value['type']) },
    raw: rawOf(event),
  };
}
