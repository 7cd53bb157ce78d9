import { MailboxSettings } from '#contract';
import { changeOf, linesOf, problemIn, textOf } from './settings-lines.js';

const settings: MailboxSettings = {
  signature: 'Spaak Bikes\nUtrecht',
  forms: ['form@spaak.example', '@shop.example'],
  plusAddressing: 'auto',
  autoReply: { on: true, text: 'We have it.' },
  agentMail: false,
  authservIds: ['mx.example'],
  trustedSealers: ['google.com'],
};

/** What stands in the form is what is saved, line by line. */
describe('settings of a mailbox as text', () => {
  it('come back as they went', () => {
    expect(changeOf(textOf(settings))).toEqual(settings);
    MailboxSettings.parse(changeOf(textOf(settings)));
  });

  it('forgive spaces, empty lines and what is said twice', () => {
    expect(linesOf(' a.example \n\n\nb.example\na.example\n')).toEqual(['a.example', 'b.example']);
    expect(changeOf({ ...textOf(settings), trustedSealers: ' Google.COM \n' }).trustedSealers).toEqual(['google.com']);
  });

  it('say which line cannot be right', () => {
    expect(problemIn(textOf(settings))).toBeNull();
    expect(problemIn({ ...textOf(settings), forms: 'form@spaak.example\nshop.example' })).toEqual({
      field: 'forms',
      kind: 'wrong',
      line: 'shop.example',
    });
    expect(problemIn({ ...textOf(settings), trustedSealers: 'not a domain' })?.field).toBe('trustedSealers');
    expect(
      problemIn({ ...textOf(settings), authservIds: Array.from({ length: 11 }, (_, index) => `mx${index}.example`).join('\n') }),
    ).toEqual({
      field: 'authservIds',
      kind: 'many',
      max: 10,
    });
  });
});
