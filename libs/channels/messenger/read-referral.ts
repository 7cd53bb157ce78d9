import type { InboundMessage, InboundReferral, InboundReferralFacts } from '../inbound.js';
import { webAddress } from './read-attachments.js';
import { readLead } from './read-forms.js';
import type { Told } from './told.js';
import { type Fields, id, isObject, object, text } from './vendor-json.js';

/** Meta's limit for a link's own text is 250; ads may carry more. */
const REF_LENGTH_MAX = 1000;
const TITLE_LENGTH_MAX = 300;

const SOURCES: Partial<Record<string, InboundReferralFacts['source']>> = {
  SHORTLINK: 'link',
  ADS: 'ad',
  AD: 'ad',
  MESSENGER_CODE: 'code',
  CUSTOMER_CHAT_PLUGIN: 'plugin',
  CHAT_PLUGIN: 'plugin',
  DISCOVER_TAB: 'discover',
};

/**
 * How a person came to the page. Null where nothing is said of it.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messaging_referrals; for people in Europe Meta
 *          leaves `source` out
 */
export function referralOf(value: unknown): InboundReferralFacts | null {
  if (!isObject(value)) return null;
  const ad = object(value['ads_context_data']);
  const source = text(value['source']);
  return {
    source: source === null ? 'unknown' : (SOURCES[source.toUpperCase()] ?? 'other'),
    ref: text(value['ref'])?.slice(0, REF_LENGTH_MAX).toWellFormed() ?? null,
    adId: id(value['ad_id']),
    title: (text(ad['ad_title']) ?? text(object(value['product'])['title']))?.slice(0, TITLE_LENGTH_MAX).toWellFormed() ?? null,
    url: webAddress(value['referer_uri']) ?? webAddress(value['origin_domain']) ?? postAddress(ad['post_id']),
  };
}

/** The person came back to the thread. It is no message, unless an ad's questions were answered on the way. */
export function readReferral(value: Fields, told: Told): InboundReferral | InboundMessage | null {
  const referral = referralOf(value);
  const answers = readLead(object(value['lead'] ?? told.event['lead']), told);
  if (answers) return { ...answers, referral };
  const { routeId, personId, isStandby, at } = told;
  return referral && { type: 'referral', routeId, personId, isStandby, referral, cameAt: at };
}

function postAddress(value: unknown): string | null {
  const post = id(value);
  return post !== null && /^[\d_]+$/.test(post) ? `https://www.facebook.com/${post}` : null;
}
