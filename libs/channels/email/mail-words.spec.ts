import fc from 'fast-check';
import { displayName, oneLine, safeFileName, storableText } from './mail-words.js';

describe('strings of hostile origin', () => {
  it('become text a database can store', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const stored = storableText(text);
        expect(stored).not.toMatch(/[\u0000\r]/);
        expect(stored.isWellFormed()).toBe(true);
      }),
    );
    expect(storableText('a\u0000b\ud800c\r\nd')).toBe('ab\ufffdc\nd');
  });

  it('become one line of a name in which nothing hides', () => {
    expect(displayName('Anna\u202egro.knab\u202c \u200bde\r\nVries', 100)).toBe('Annagro.knab de Vries');
    expect(oneLine('a'.repeat(20), 5)).toBe('aaaaa');
  });

  it.each([
    ['../../etc/cron.d/x', 'x'],
    ['C:\\Users\\anna\\bon.pdf', 'bon.pdf'],
    ['\u200b.htaccess', 'htaccess'],
    ['..', 'attachment-1'],
    ['', 'attachment-1'],
    ['a\u0000b\nc.pdf', 'a b c.pdf'],
    ['con.txt', '_con.txt'],
    ['a"b<c>|d?.pdf', 'a_b_c__d_.pdf'],
    [`${'x'.repeat(400)}.pdf`, `${'x'.repeat(146)}.pdf`],
  ])('become a file name without a path: %j', (name, safe) => {
    expect(safeFileName(name, 'attachment-1')).toBe(safe);
  });

  it('become a bare file name whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const safe = safeFileName(name, 'attachment-1');
        expect(safe).toMatch(/^[^/\\]+$/u);
        expect(safe.startsWith('.')).toBe(false);
        expect(safe.length).toBeLessThanOrEqual(150);
      }),
    );
  });
});
