import fc from 'fast-check';
import type { ReplyWindow } from '#contract';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '#platform';
import { mayTryHumanAgent, messagingTypeFor, messengerReplyWindow } from './reply-window.js';

const lastInboundAt = new Date('2026-03-01T12:00:00.000Z');
const at = ({ days = 0, hours = 0, minutes = 0 }) => new Date(lastInboundAt.getTime() + ((days * 24 + hours) * 60 + minutes) * MINUTE_MS);

type Writer = 'human' | 'rule';
type Expected = [state: ReplyWindow['state'], type: string | null, reason?: string];

const told = (window: ReplyWindow) => (window.state === 'closed' ? window.reason : undefined);
const typed = (facts: Parameters<typeof messagingTypeFor>[0]) => {
  const type = messagingTypeFor(facts);
  return type && ('tag' in type ? type.tag : type.messaging_type);
};

describe('the window in which a page may answer', () => {
  it.each<[string, Date, Writer, boolean, Expected]>([
    ['23:59 h', at({ hours: 23, minutes: 59 }), 'human', true, ['open', 'RESPONSE']],
    ['23:59 h', at({ hours: 23, minutes: 59 }), 'human', false, ['open', 'RESPONSE']],
    ['23:59 h', at({ hours: 23, minutes: 59 }), 'rule', true, ['open', 'RESPONSE']],
    ['23:59 h', at({ hours: 23, minutes: 59 }), 'rule', false, ['open', 'RESPONSE']],
    ['24:01 h', at({ hours: 24, minutes: 1 }), 'human', true, ['human_agent', 'HUMAN_AGENT']],
    ['24:01 h', at({ hours: 24, minutes: 1 }), 'human', false, ['closed', null, 'human_agent_missing']],
    ['24:01 h', at({ hours: 24, minutes: 1 }), 'rule', true, ['closed', null, 'over']],
    ['24:01 h', at({ hours: 24, minutes: 1 }), 'rule', false, ['closed', null, 'over']],
    ['6 d 23 h', at({ days: 6, hours: 23 }), 'human', true, ['human_agent', 'HUMAN_AGENT']],
    ['6 d 23 h', at({ days: 6, hours: 23 }), 'human', false, ['closed', null, 'human_agent_missing']],
    ['6 d 23 h', at({ days: 6, hours: 23 }), 'rule', true, ['closed', null, 'over']],
    ['6 d 23 h', at({ days: 6, hours: 23 }), 'rule', false, ['closed', null, 'over']],
    ['7 d 1 h', at({ days: 7, hours: 1 }), 'human', true, ['closed', null, 'over']],
    ['7 d 1 h', at({ days: 7, hours: 1 }), 'human', false, ['closed', null, 'over']],
    ['7 d 1 h', at({ days: 7, hours: 1 }), 'rule', true, ['closed', null, 'over']],
    ['7 d 1 h', at({ days: 7, hours: 1 }), 'rule', false, ['closed', null, 'over']],
  ])('%s after the person acted (%p), what a %s writes, granted: %p', (_age, now, writtenBy, humanAgent, [state, type, reason]) => {
    const facts = { lastInboundAt, now, writtenBy, humanAgent };
    const window = messengerReplyWindow(facts);
    expect([window.state, typed(facts), told(window)]).toEqual([state, type, reason]);
  });

  it('says until when, and what a person may still do after that', () => {
    const facts = { lastInboundAt, now: at({ hours: 1 }), writtenBy: 'human' as const, humanAgent: true };
    expect(messengerReplyWindow(facts)).toEqual({
      state: 'open',
      closesAt: '2026-03-02T11:59:30.000Z',
      humanAgentUntil: '2026-03-08T11:59:30.000Z',
    });
    expect(messengerReplyWindow({ ...facts, humanAgent: false })).toMatchObject({ state: 'open', humanAgentUntil: null });
    expect(messengerReplyWindow({ ...facts, now: at({ days: 8 }) })).toMatchObject({ closedAt: '2026-03-08T11:59:30.000Z' });
    expect(messengerReplyWindow({ ...facts, now: at({ days: 8 }), humanAgent: false })).toMatchObject({
      closedAt: '2026-03-02T11:59:30.000Z',
    });
  });

  it('closes at the very instant that it names', () => {
    const facts = { lastInboundAt, writtenBy: 'human' as const, humanAgent: false };
    const closesAt = new Date('2026-03-02T11:59:30.000Z').getTime();
    expect(messengerReplyWindow({ ...facts, now: new Date(closesAt - 1) }).state).toBe('open');
    expect(messengerReplyWindow({ ...facts, now: new Date(closesAt) }).state).toBe('closed');
  });

  it('was never open for somebody who never wrote, whoever writes', () => {
    for (const writtenBy of ['human', 'rule'] as const) {
      const facts = { lastInboundAt: null, now: at({}), writtenBy, humanAgent: true };
      expect(messengerReplyWindow(facts)).toEqual({ state: 'closed', closedAt: null, reason: 'never_wrote' });
      expect(messagingTypeFor(facts)).toBeNull();
      expect(mayTryHumanAgent(facts)).toBe(false);
    }
  });

  it('never lets an answer leave that Facebook would call late, and never lets a rule use the tag of people', () => {
    const ages = fc.integer({ min: 0, max: 9 * DAY_MS });
    fc.assert(
      fc.property(ages, fc.constantFrom<Writer>('human', 'rule'), fc.boolean(), (ageMs, writtenBy, humanAgent) => {
        const facts = { lastInboundAt, now: new Date(lastInboundAt.getTime() + ageMs), writtenBy, humanAgent };
        const type = typed(facts);
        if (type === 'RESPONSE') expect(ageMs).toBeLessThan(DAY_MS - 29 * SECOND_MS);
        if (type === 'HUMAN_AGENT') {
          expect({ writtenBy, humanAgent }).toEqual({ writtenBy: 'human', humanAgent: true });
          expect(ageMs).toBeLessThan(7 * DAY_MS - 29 * SECOND_MS);
        }
        if (mayTryHumanAgent(facts)) expect(writtenBy).toBe('human');
        expect(type === null).toBe(messengerReplyWindow(facts).state === 'closed');
      }),
    );
  });
});
