import fc from 'fast-check';
import { bareSubject, isOtherSubject } from './mail-subject.js';

/** Whether an answer stays in its thread may hang on the subject, and everybody's program writes it another way. */
describe('the subject of a mail', () => {
  it.each([
    'Re: My bike',
    'RE: Re: my  bike',
    'Antw: Re[2]: My bike',
    'AW: WG: My bike',
    'Fwd: [External] My bike [#12]',
    '[help-list] Re: My bike',
    'Re：My bike',
    'Re : My bike',
  ])('is the same in "%s" as in the mail that it answers', (subject) => {
    expect(isOtherSubject(subject, 'My bike')).toBe(false);
  });

  it.each(['My car', 'Note: my bike', 'Re: My bike is stolen', '[#12] Order'])('is another in "%s"', (subject) => {
    expect(isOtherSubject(subject, 'My bike')).toBe(true);
  });

  it('says nothing where nobody wrote one, or nobody kept it', () => {
    expect(isOtherSubject('', 'My bike')).toBe(false);
    expect(isOtherSubject('Re: My bike', '')).toBe(false);
    expect(isOtherSubject('Re:', 'My bike')).toBe(false);
  });

  it('is taken as it is when it is nothing but a tag', () => {
    expect(bareSubject('[External]')).toBe('[external]');
  });

  it('comes out the same however often the marks are taken off, whatever it holds', () => {
    const part = fc.constantFrom('Re: ', 'FW: ', '[x] ', '[', ']', ': ', 'a', ' ', 'Re[3]: ');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 300 }).map((parts) => parts.join('')),
        ),
        (subject) => {
          const once = bareSubject(subject);
          expect(bareSubject(once)).toBe(once);
        },
      ),
    );
  });
});
