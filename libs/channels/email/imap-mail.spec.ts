import fc from 'fast-check';
import { inGroups, type ListedMail } from './imap-mail.js';

const listed = fc
  .array(fc.oneof(fc.nat(70_000), fc.nat(60_000_000), fc.constant(null)), { maxLength: 200 })
  .map((sizes) => sizes.map((sizeBytes, at): ListedMail => ({ uid: at + 1, sizeBytes, arrivedAt: null })));

describe('mails that are fetched in one answer', () => {
  it('are all of them, in order, and each group is many small ones or one alone', () => {
    fc.assert(
      fc.property(listed, (mails) => {
        const groups = inGroups(mails, false);
        expect(groups.flat()).toEqual(mails);
        for (const group of groups.filter(({ length }) => length > 1)) {
          expect(group.length).toBeLessThanOrEqual(20);
          expect(group.every(({ sizeBytes }) => sizeBytes !== null && sizeBytes <= 65_536)).toBe(true);
          expect(group.reduce((sum, { sizeBytes }) => sum + sizeBytes!, 0)).toBeLessThanOrEqual(512 * 1024);
        }
      }),
    );
  });

  it('are one by one once a mail has made trouble', () => {
    fc.assert(
      fc.property(listed, (mails) => {
        expect(inGroups(mails, true)).toEqual(mails.map((mail) => [mail]));
      }),
    );
  });
});
