import fc from 'fast-check';
import { Refusal } from '#platform';
import { imapServerOf } from './imap-server.js';
import { mailUrl, readMailUrl } from './mail-server-url.js';
import { smtpPlaceOf } from './smtp-server.js';

const refusal = (make: () => string): Refusal => {
  try {
    make();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('the address of a mail server', () => {
  it('is made from parts so that any user name and password come out of it as they went in', () => {
    const parts = fc.record({
      host: fc.constantFrom('mail.example.com', '192.0.2.1', '2001:db8::1', 'MAIL.Example.com', 'bücher.example'),
      port: fc.integer({ min: 1, max: 65_535 }),
      security: fc.constantFrom('tls' as const, 'starttls' as const),
      user: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      password: fc.string({ maxLength: 60, unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(parts, (given) => {
        const imap = imapServerOf(mailUrl('imap', given));
        expect(imap).toMatchObject({ port: given.port, security: given.security, user: given.user, secret: { password: given.password } });
        const smtp = smtpPlaceOf({ url: mailUrl('smtp', given) });
        expect(smtp).toMatchObject({ port: given.port, secure: given.security === 'tls', user: given.user });
        expect(smtp.secret).toEqual({ password: given.password });
        expect(smtp.host).toBe(imap.host);
      }),
    );
  });

  it('leads to the host that was given and to no other, whatever is typed in its place', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), (host) => {
        let url: string;
        try {
          url = mailUrl('imap', { host, port: 993, security: 'tls', user: 'anna', password: 'secret' });
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        const read = imapServerOf(url);
        expect(read).toMatchObject({ port: 993, user: 'anna', secret: { password: 'secret' } });
        expect(read.host).toMatch(/^[a-z0-9._:-]+$/);
      }),
    );
  });

  it.each([
    'mail.example@evil.example',
    'mail.example:25/',
    'mail.example/path',
    'a b',
    '',
    '-',
    'mail..example',
    'mail.example#x',
    '[::1',
  ])('is not %s', (host) => {
    const given = { host, port: 993, security: 'tls' as const, user: 'a', password: 'b' };
    expect(refusal(() => mailUrl('imap', given))).toMatchObject({ code: 'imap_refused', fields: [{ path: 'imap' }] });
  });

  it('may be given whole, and is then read once and written anew', () => {
    expect(mailUrl('smtp', { url: 'smtps://anna%40firm.example:p%23w@smtp.firm.example' })).toBe(
      'smtps://anna%40firm.example:p%23w@smtp.firm.example:465',
    );
    expect(mailUrl('imap', { url: 'imap://anna:pw@imap.firm.example' })).toBe('imap://anna:pw@imap.firm.example:143');
    expect(mailUrl('smtp', { url: 'smtp://127.0.0.1:2525' })).toBe('smtp://127.0.0.1:2525');
  });

  it('of one kind is not taken for the other', () => {
    expect(refusal(() => mailUrl('smtp', { url: 'imaps://a:b@mail.example' }))).toMatchObject({ code: 'smtp_refused' });
    expect(refusal(() => mailUrl('imap', { url: 'smtps://a:b@mail.example' }))).toMatchObject({ code: 'imap_refused' });
  });

  it('goes without encryption to this very machine and nowhere else', () => {
    const given = { port: 143, security: 'none' as const, user: 'a', password: 'b' };
    expect(mailUrl('imap', { ...given, host: '127.0.0.1' })).toBe('imap://a:b@127.0.0.1:143');
    expect(refusal(() => mailUrl('imap', { ...given, host: 'mail.example' })).message).toContain('TLS');
  });

  it('never comes back in the refusal, for a password is in it', () => {
    for (const url of ['imaps://anna:hunter2%@mail.example', 'imaps://anna:hunter2@mail.example%00', 'imaps://:hunter2@']) {
      const { message, fields } = refusal(() => mailUrl('imap', { url }));
      expect(JSON.stringify([message, fields])).not.toContain('hunter2');
    }
  });

  it('is nothing where it cannot be read', () => {
    fc.assert(fc.property(fc.string(), (text) => void readMailUrl(text)));
    for (const text of ['', 'imaps://', 'http://mail.example', 'imaps://%ff:b@mail.example']) expect(readMailUrl(text)).toBeNull();
  });
});
