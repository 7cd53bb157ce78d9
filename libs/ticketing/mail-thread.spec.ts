import fc from 'fast-check';
import { DAY_MS } from '#platform';
import type { RetentionRuleId } from '#policies';
import type { ConversationId } from './ids.js';
import { chooseThread, type ThreadCandidate } from './mail-thread.js';

const NOW = new Date('2026-11-03T09:00:00Z');
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

const candidates = fc.uniqueArray(
  fc.record({
    via: fc.constantFrom('token' as const, 'reference' as const, 'number' as const),
    position: fc.nat(3),
    id: fc.uuid().map((id) => id as ConversationId),
    status: fc.constantFrom('open' as const, 'pending' as const, 'closed' as const),
    closedAt: fc.constantFrom(null, ago(1), ago(40)),
    lastMessageAt: fc.constantFrom(ago(2), ago(50)),
    subject: fc.constantFrom('My bike', 'An invoice', ''),
    retentionRuleId: fc.constant('rule' as RetentionRuleId),
    isQuarantined: fc.boolean(),
    isParticipant: fc.boolean(),
  }),
  { selector: ({ id }) => id, maxLength: 6 },
) satisfies fc.Arbitrary<ThreadCandidate[]>;
const mail = fc.record({
  verdict: fc.constantFrom('pass' as const, 'fail' as const, 'none' as const, 'temperror' as const),
  subject: fc.constantFrom('Re: My bike', 'Something else', ''),
  at: fc.constant(NOW),
});
const choice = fc.record({ candidates, mail });

/** Whatever a mail names, these hold: they keep strangers and forgers out of other people's conversations. */
describe('the choice of a thread', () => {
  it('lets nobody in by what proves nothing: not who takes no part, not a forger, and never into quarantine', () => {
    fc.assert(
      fc.property(choice, ({ candidates: found, mail: one }) => {
        const chosen = chooseThread(found, one);
        if (chosen.kind === 'open') return;
        const { via, position, isParticipant, isQuarantined } = chosen.conversation;
        if (via === 'token' && position === 0) return;
        expect({ isParticipant, isQuarantined, verdict: one.verdict === 'fail' }).toEqual({
          isParticipant: true,
          isQuarantined: false,
          verdict: false,
        });
      }),
    );
  });

  it('calls a stranger one, and nobody else', () => {
    fc.assert(
      fc.property(choice, ({ candidates: found, mail: one }) => {
        const chosen = chooseThread(found, one);
        if (chosen.kind === 'append') expect(chosen.isFromStranger).toBe(!chosen.conversation.isParticipant);
      }),
    );
  });

  it('says that a conversation goes on only of the person who had it, and points at quarantine never by a hint', () => {
    fc.assert(
      fc.property(choice, ({ candidates: found, mail: one }) => {
        const chosen = chooseThread(found, one);
        if (chosen.kind === 'append') return;
        expect(chosen.related.length).toBeLessThanOrEqual(3);
        for (const { id, how } of chosen.related) {
          const named = found.find((candidate) => candidate.id === id)!;
          if (how === 'continues') expect([named.isParticipant, one.verdict === 'fail']).toEqual([true, false]);
          else if (named.via !== 'token') expect(named.isQuarantined).toBe(false);
        }
      }),
    );
  });

  it('chooses the same in whatever order things were found', () => {
    fc.assert(
      fc.property(choice, ({ candidates: found, mail: one }) => {
        const distinct = found.filter(
          (candidate, at) => found.findIndex(({ via, position }) => via === candidate.via && position === candidate.position) === at,
        );
        expect(chooseThread(distinct.toReversed(), one)).toEqual(chooseThread(distinct, one));
      }),
    );
  });
});
