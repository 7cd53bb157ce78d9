import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BouncedAddress } from '#channels';
import { failureSentence } from './bounce-words.js';
import { movedOn, type SentMessage, shownOf } from './mail-outcome.js';
import type { RecipientRow } from './mail-recipient.js';

const ANNA = 'anna@customer.example';
const BOB = 'bob@customer.example';

function recipient(address: string, role: RecipientRow['role']): RecipientRow {
  return { digest: createHash('sha256').update(address).digest(), role, outcome: null, code: null, reason: null };
}

function report(kind: BouncedAddress['kind'], code: string): BouncedAddress {
  return { address: ANNA, kind, code, diagnostic: null };
}

/** As the service does it: each report moves one recipient, and the message is shown anew. */
function after(message: SentMessage, recipients: RecipientRow[], reports: { at: number; said: BouncedAddress }[]): SentMessage {
  const rows = recipients.map((row) => ({ ...row }));
  let shown = message;
  for (const { at, said } of reports) {
    const row = rows[at]!;
    const outcome = movedOn(row, said);
    if (outcome !== null) {
      const failed = outcome === 'failed';
      const who = row.role === 'to' ? null : BOB;
      Object.assign(row, { outcome, code: failed ? said.code : null, reason: failed ? failureSentence(who, said) : null });
    }
    shown = { ...shown, ...shownOf(shown, rows, true) };
  }
  return shown;
}

const SENT: SentMessage = { state: 'sent', code: null, reason: null, isAnswered: false };
const ONE = [recipient(ANNA, 'to')];
const WITH_COPY = [recipient(ANNA, 'to'), recipient(BOB, 'copy')];

describe('what reports make of a message', () => {
  it('is the same in whichever order they come, and however often', () => {
    const said = fc.oneof(
      fc.constantFrom(report('delayed', 'network'), report('delivered', 'undetermined')),
      fc.constantFrom(report('hard', 'user_unknown'), report('soft', 'mailbox_full')),
    );
    const reports = fc.array(fc.record({ at: fc.constantFrom(0, 1), said }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(reports, fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }), (list, luck) => {
        const ordered = after(SENT, WITH_COPY, list);
        const shuffled = [...list, ...list].map((one, index) => ({ one, by: luck[index]! })).sort((a, b) => a.by - b.by);
        const again = after(
          SENT,
          WITH_COPY,
          shuffled.map(({ one }) => one),
        );
        expect(again).toEqual(ordered);
      }),
    );
  });

  it('says in words why it failed, and a late word of delay changes nothing', () => {
    const failed = after(SENT, ONE, [{ at: 0, said: report('hard', 'user_unknown') }]);
    expect(failed).toMatchObject({
      state: 'failed',
      code: 'bounced_user_unknown',
      reason: 'Not delivered: the address does not exist.',
    });
    expect(after(failed, [{ ...ONE[0]!, outcome: 'failed', code: 'user_unknown', reason: failed.reason }], [])).toEqual(failed);
    const both = [
      { at: 0, said: report('hard', 'user_unknown') },
      { at: 0, said: report('delayed', 'network') },
    ];
    expect(after(SENT, ONE, both)).toEqual(failed);
  });

  it('takes a delay away once it has arrived', () => {
    const delayed = after(SENT, ONE, [{ at: 0, said: report('delayed', 'network') }]);
    expect(delayed).toMatchObject({ state: 'sent', code: 'delayed' });
    const arrived = [report('delayed', 'network'), report('delivered', 'undetermined')].map((said) => ({ at: 0, said }));
    expect(after(SENT, ONE, arrived)).toMatchObject({ state: 'delivered', code: null, reason: null });
  });

  it('notes who in copy did not get it, without calling the message lost', () => {
    const shown = after(SENT, WITH_COPY, [{ at: 1, said: report('soft', 'mailbox_full') }]);
    expect(shown).toMatchObject({ state: 'sent', code: 'copy_bounced', reason: `${BOB} did not get it: the mailbox is full.` });
  });

  it('keeps what the mail server said of others when it took the mail, and adds to it', () => {
    const refused: SentMessage = { ...SENT, code: 'copy_refused', reason: 'The mail server refused eve@customer.example.' };
    const once = after(refused, WITH_COPY, [{ at: 1, said: report('soft', 'mailbox_full') }]);
    expect(once).toMatchObject({ state: 'sent', code: 'copy_refused' });
    expect(once.reason).toBe(`The mail server refused eve@customer.example. ${BOB} did not get it: the mailbox is full.`);
  });

  it('leaves alone what was answered, what was read and what has not left yet', () => {
    const hard = [{ at: 0, said: report('hard', 'user_unknown') }];
    expect(after({ ...SENT, isAnswered: true }, ONE, hard)).toMatchObject({ state: 'sent', code: 'bounced_user_unknown' });
    expect(after({ ...SENT, state: 'read' }, ONE, hard)).toMatchObject({ state: 'read', code: 'bounced_user_unknown' });
    const waiting: SentMessage = { ...SENT, state: 'queued' };
    expect(after(waiting, ONE, hard)).toEqual(waiting);
    const refused: SentMessage = { ...SENT, state: 'failed', code: 'smtp_550', reason: 'The mail server refused it.' };
    expect(after(refused, ONE, hard)).toEqual(refused);
  });

  it('shows what the other server said as one short line in which nothing hides', () => {
    const said = { code: 'blocked', diagnostic: `550 no\r\nBcc: x\u202egnp.exe\u0000${'!'.repeat(1000)}` };
    const sentence = failureSentence(null, said);
    expect(sentence).not.toMatch(/[\r\n\u202e\0]/);
    expect(sentence).toContain('It said: 550 no Bcc: x gnp.exe');
    expect(sentence.length).toBeLessThan(350);
  });
});
