import type { MailClass } from '#contract';
import { effectOf, type InboundMail, isAnswerProven, mayAcknowledge, readableNames } from './mail-rules.js';

const PERSON = 'sanne@mail.example';

function mail(more: Partial<InboundMail['mail']> = {}, content: Partial<InboundMail['content']> = {}): InboundMail {
  return {
    personId: PERSON,
    origin: 'live',
    content: { text: 'Hello.', mailHeaders: { from: { address: PERSON, name: null } }, ...content },
    mail: {
      mailClass: 'human',
      mayAutoAnswer: true,
      replyAddress: PERSON,
      authentication: { verdict: 'pass', by: 'dkim', domain: 'mail.example' },
      ...more,
    },
  } as InboundMail;
}

describe('what a mail does', () => {
  const effect = (mailClass: MailClass, opens: boolean) => effectOf(mail({ mailClass }), { opens, isQuarantined: false });

  it.each<[MailClass, boolean, boolean]>([
    ['human', true, true],
    ['calendar', true, true],
    ['list', true, false],
    ['auto_generated', true, false],
    ['auto_reply', false, false],
    ['bounce', false, false],
    ['receipt', false, false],
    ['complaint', false, false],
  ])('of the class %s speaks when it opens a conversation: %s, and in one that people have: %s', (mailClass, opening, within) => {
    expect([effect(mailClass, true).speaks, effect(mailClass, false).speaks]).toEqual([opening, within]);
  });

  it('is told to nobody when no person speaks, when it is forged, and when it is from the past', () => {
    expect(effect('auto_reply', false).isQuiet).toBe(true);
    expect(effectOf(mail(), { opens: true, isQuarantined: true }).isQuiet).toBe(true);
    expect(effectOf({ ...mail(), origin: 'gap' }, { opens: true, isQuarantined: false }).isQuiet).toBe(true);
    expect(effect('human', true).isQuiet).toBe(false);
  });
});

describe('an acknowledgement', () => {
  it('is for people who can be answered and are believed', () => {
    expect(mayAcknowledge(mail())).toBe(true);
    const never: Partial<InboundMail['mail']>[] = [
      { mailClass: 'calendar' },
      { mayAutoAnswer: false },
      { replyAddress: null },
      { isOurLoop: true },
      { authentication: { verdict: 'fail', by: null, domain: null } },
      { authentication: { verdict: 'temperror', by: null, domain: null } },
    ];
    for (const more of never) expect(mayAcknowledge(mail(more))).toBe(false);
  });

  it('is proven to reach the sender only where the very address is vouched for', () => {
    expect(isAnswerProven(mail())).toBe(true);
    expect(isAnswerProven(mail({ replyAddress: PERSON.toUpperCase() }))).toBe(true);
    expect(isAnswerProven(mail({ replyAddress: 'victim@other.example' }))).toBe(false);
    expect(isAnswerProven(mail({ authentication: { verdict: 'none', by: null, domain: null } }))).toBe(false);
    // A web form's mail is from the form; the person is only who it says.
    expect(isAnswerProven(mail({}, { mailHeaders: { from: { address: 'form@shop.example', name: null } } }))).toBe(false);
    expect(isAnswerProven(mail({}, { mailHeaders: null }))).toBe(false);
  });
});

describe('the names somebody could pass for', () => {
  it('are read as a person reads them: without what cannot be seen, in letters that look the same', () => {
    for (const name of ['Anna Vos', ' ANNA   vos', 'Аnnа Vоѕ', 'Anna\u200b Vos', 'Ａnna Vos', '\u202eAnna Vos']) {
      expect(readableNames(name)).toContain('anna vos');
    }
    expect(readableNames(' \u200b ')).toEqual([]);
  });
});
