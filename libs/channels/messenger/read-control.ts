import type { InboundControl, InboundRestriction, InboundSelfTest } from '../inbound.js';
import type { Told } from './told.js';
import { type Fields, id, isObject, text } from './vendor-json.js';

const REASON_LENGTH_MAX = 1000;
const NONCE_LENGTH_MAX = 200;

/**
 * Who has the thread now, where several apps share a page.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/conversation-routing; ids come as numbers, as texts, as null, or not
 */
export function readPassed({ new_owner_app_id: owner }: Fields, told: Told, ownAppId: string): InboundControl {
  return held(id(owner), told, ownAppId);
}

/** Taken: by the named app, or, where none is named, by one that nobody names. */
export function readTaken({ new_owner_app_id: owner }: Fields, told: Told, ownAppId: string): InboundControl {
  const appId = id(owner);
  return appId === null ? control('other_app', null, told) : held(appId, told, ownAppId);
}

/** An app asks to be given the thread. Null when that app is ours. */
export function readRequested({ requested_owner_app_id: asking }: Fields, told: Told, ownAppId: string): InboundControl | null {
  const appId = id(asking);
  return appId !== null && appId === ownAppId ? null : control('requested', appId, told);
}

/** Passed to nobody means that whoever answers first may. */
function held(appId: string | null, told: Told, ownAppId: string): InboundControl {
  return control(appId === null || appId === ownAppId ? 'us' : 'other_app', appId, told);
}

function control(change: InboundControl['change'], appId: string | null, { routeId, personId, isStandby, at }: Told): InboundControl {
  return { type: 'control', routeId, personId, isStandby, change, appId, changedAt: at };
}

/** The page is warned, blocked, or free again. About no person. Null when the event says nothing of the kind. */
export function readRestriction(event: Fields, routeId: string, at: Date): InboundRestriction | null {
  const enforcement = event['policy_enforcement'] ?? event['policy-enforcement'];
  if (!isObject(enforcement)) return null;
  const said = text(enforcement['action'])?.toLowerCase();
  const reason = text(enforcement['reason'])?.slice(0, REASON_LENGTH_MAX).toWellFormed() ?? null;
  // A word we do not know is worth looking at, and no reason to stop.
  const action = said === 'block' || said === 'unblock' ? said : 'warning';
  return { type: 'restriction', routeId, personId: '', isStandby: false, action, reason, actedAt: at };
}

/** Our own question, come back through the public address. */
export function readSelfTest(event: Fields, routeId: string): InboundSelfTest | null {
  const nonce = text(event['omnidesk_self_test']);
  if (nonce === null || nonce.length > NONCE_LENGTH_MAX) return null;
  return { type: 'self_test', routeId, personId: '', isStandby: false, nonce };
}
