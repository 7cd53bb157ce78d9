import fc from 'fast-check';
import { DAY_MS, MINUTE_MS } from '#platform';
import { messengerReplyWindow } from './reply-window.js';

const lastActAt = new Date('2026-03-01T12:00:00.000Z');
const after = (hours: number, minutes: number) => new Date(lastActAt.getTime() + (hours * 60 + minutes) * MINUTE_MS);

describe('the window in which a page may answer', () => {
  it('is open 23 hours and 54 minutes after the person acted, and closed two minutes later', () => {
    expect(messengerReplyWindow(lastActAt, after(23, 54))).toEqual({ state: 'open', closesAt: '2026-03-02T11:55:00.000Z' });
    expect(messengerReplyWindow(lastActAt, after(23, 56))).toEqual({ state: 'closed', closedAt: '2026-03-02T11:55:00.000Z' });
  });

  it('closes at the very instant that it names', () => {
    expect(messengerReplyWindow(lastActAt, new Date(after(23, 55).getTime() - 1)).state).toBe('open');
    expect(messengerReplyWindow(lastActAt, after(23, 55)).state).toBe('closed');
  });

  it('was never open for somebody who never wrote', () => {
    expect(messengerReplyWindow(null, after(0, 0))).toEqual({ state: 'closed', closedAt: null });
  });

  it('never lets an answer leave that Facebook would call late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * DAY_MS }), (ms) => {
        const { state } = messengerReplyWindow(lastActAt, new Date(lastActAt.getTime() + ms));
        expect(state === 'open').toBe(ms < DAY_MS - 5 * MINUTE_MS);
      }),
    );
  });
});
