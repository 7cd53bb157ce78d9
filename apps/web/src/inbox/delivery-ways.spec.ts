import type { MessageDelivery } from '#contract';
import { waysOn } from './delivery-ways.js';

/** The button beside a message that did not arrive is the one that helps; nothing is offered that would only fail again or arrive twice. */
describe('the ways on from a delivery', () => {
  const delivery = (change: Partial<MessageDelivery>): MessageDelivery => ({
    state: 'failed',
    at: '2026-01-01T12:00:00.000Z',
    reason: null,
    code: null,
    remedy: 'give_up',
    ...change,
  });

  it('are none for what is on its way or arrived', () => {
    for (const state of ['queued', 'sending', 'sent', 'delivered', 'read'] as const) expect(waysOn(delivery({ state }), true)).toEqual([]);
    expect(waysOn(delivery({ state: 'sent', code: 'copy_refused' }), true)).toEqual([]);
  });

  it('lead to the connection for what waits for it', () => {
    expect(waysOn(delivery({ state: 'queued', code: 'waiting_for_reconnection' }), true)).toEqual(['connection']);
    expect(waysOn(delivery({ state: 'queued', code: 'page_paused' }), true)).toEqual([]);
  });

  it('ask a person about what may have arrived', () => {
    expect(waysOn(delivery({ state: 'unknown', code: 'maybe_sent', remedy: 'unknown' }), true)).toEqual(['arrived', 'resend']);
  });

  it('send again what failed for a reason that can pass', () => {
    expect(waysOn(delivery({ code: 'person_unreachable' }), true)).toEqual(['resend', 'edit']);
    expect(waysOn(delivery({ code: 'part_before_failed' }), true)).toEqual(['resend', 'edit']);
    expect(waysOn(delivery({ code: 'needs_reconnecting', remedy: 'reconnect' }), true)).toEqual(['connection', 'resend']);
  });

  it('send again what came back for a reason that can pass', () => {
    expect(waysOn(delivery({ code: 'bounced_mailbox_full' }), true)).toEqual(['resend', 'edit']);
  });

  it('never send again what was refused for what it is', () => {
    expect(waysOn(delivery({ code: 'not_accepted' }), true)).toEqual(['edit']);
    expect(waysOn(delivery({ code: 'private_reply_used' }), true)).toEqual(['edit']);
    expect(waysOn(delivery({ code: 'bounced_user_unknown' }), true)).toEqual(['edit']);
  });

  it('send again after the window closed only when it is open once more', () => {
    expect(waysOn(delivery({ code: 'reply_window_closed' }), false)).toEqual(['edit']);
    expect(waysOn(delivery({ code: 'reply_window_closed' }), true)).toEqual(['resend', 'edit']);
  });
});
