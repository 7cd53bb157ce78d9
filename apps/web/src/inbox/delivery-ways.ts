import type { MessageDelivery } from '#contract';

/** What an agent can do about a message that did not arrive, or may not have. */
export type Way = 'resend' | 'arrived' | 'edit' | 'connection';

/** What was refused for what it is, and will be refused again. */
const HOPELESS: ReadonlySet<string> = new Set([
  'not_accepted',
  'message_deleted',
  'attachment_refused',
  'attachment_too_large',
  'comment_gone',
  'private_reply_used',
  'private_reply_over',
  // The address is dead: the very same mail would come back the very same way.
  'bounced_user_unknown',
  'bounced_host_unknown',
  'bounced_moved',
  'bounced_disabled',
]);

/** Kept, and waiting for somebody to mend the connection. */
const PARKED: ReadonlySet<string> = new Set(['waiting_for_reconnection', 'page_restricted']);

/** The ways on from a message's delivery, the best one first. `canAnswer`: an answer would be let through now. */
export function waysOn({ state, code, remedy }: MessageDelivery, canAnswer: boolean): Way[] {
  if (state === 'queued') return code !== null && PARKED.has(code) ? ['connection'] : [];
  if (state === 'unknown') return ['arrived', 'resend'];
  if (state !== 'failed') return [];
  if (code !== null && HOPELESS.has(code)) return ['edit'];
  if (code === 'reply_window_closed' && !canAnswer) return ['edit'];
  return remedy === 'reconnect' ? ['connection', 'resend'] : ['resend', 'edit'];
}
