import type { InboundMessage } from '../inbound.js';
import { digestId, type Fields, mid, object, rawOf } from './vendor-json.js';

/** One event of Meta's about a person, with what its envelope says of it. */
export interface Told {
  event: Fields;
  routeId: string;
  personId: string;
  /** A name of the same person from before Meta knew him or her. */
  formerPersonId: string | null;
  /** The page is who did it. */
  isFromPage: boolean;
  isStandby: boolean;
  at: Date;
}

type Said = Pick<InboundMessage, 'kind' | 'externalId' | 'content'> & Partial<InboundMessage>;

/** A message as most are; `said` is what this one says. */
export function messageOf(told: Told, said: Said): InboundMessage {
  return {
    type: 'message',
    origin: 'live',
    routeId: told.routeId,
    personId: told.personId,
    isStandby: told.isStandby,
    direction: told.isFromPage ? 'out' : 'in',
    replyToExternalId: null,
    ownMessageId: null,
    appId: null,
    sentAt: told.at,
    mail: null,
    referral: null,
    formerPersonId: told.formerPersonId,
    raw: null,
    ...said,
  };
}

/** A visible line for what somebody did and we do not show: it is named, and its text kept as far as the policy lets. */
export function unsupported(name: string, told: Told): InboundMessage {
  return messageOf(told, {
    kind: 'unsupported',
    externalId: mid(object(told.event['message'])['mid']) ?? digestId(name, told.event),
    content: { text: '', detail: name },
    raw: rawOf(told.event),
  });
}
