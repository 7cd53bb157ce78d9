import type { ReplyWindow } from '#contract';
import { couldAnswerUntilMs, windowAt } from './reply-window-state.js';

const HOUR_MS = 3_600_000;
const at = (hours: number) => Date.UTC(2026, 0, 1) + hours * HOUR_MS;
const instant = (hours: number) => new Date(at(hours)).toISOString();

/** A window that closes while somebody looks at it closes on the screen too, and into what comes after it. */
describe('a reply window while time passes', () => {
  const open: ReplyWindow = { state: 'open', closesAt: instant(24), humanAgentUntil: null };
  const late: ReplyWindow = { state: 'open', closesAt: instant(24), humanAgentUntil: instant(168) };

  it('stays what it is until it closes', () => {
    expect(windowAt(open, at(23.9))).toBe(open);
    expect(windowAt({ state: 'always' }, at(9_999))).toEqual({ state: 'always' });
  });

  it('closes for want of the permission where a person could still have answered', () => {
    expect(windowAt(open, at(24))).toEqual({ state: 'closed', closedAt: instant(24), reason: 'human_agent_missing' });
  });

  it('goes over into the time for people, and then is over', () => {
    expect(windowAt(late, at(25))).toEqual({ state: 'human_agent', closesAt: instant(168) });
    expect(windowAt(late, at(168))).toEqual({ state: 'closed', closedAt: instant(168), reason: 'over' });
  });

  it('tells until when a person could have answered, as long as that helps', () => {
    const closed = windowAt(open, at(30));
    expect(couldAnswerUntilMs(closed, at(30))).toBe(at(168));
    expect(couldAnswerUntilMs(closed, at(169))).toBeNull();
    expect(couldAnswerUntilMs({ state: 'closed', closedAt: null, reason: 'never_wrote' }, at(30))).toBeNull();
  });
});
