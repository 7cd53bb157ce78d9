import { providerOfDomain, providerOfMx } from './guess-providers.js';

describe('the providers we know', () => {
  it.each([
    ['gmail.com', 'Google', 'imap.gmail.com'],
    ['hotmail.nl', 'Microsoft', 'outlook.office365.com'],
    ['ziggo.nl', 'Ziggo', 'imap.ziggo.nl'],
    ['gmx.de', 'GMX', 'imap.gmx.net'],
  ])('have %s of their own', (domain, name, host) => {
    expect(providerOfDomain(domain)).toMatchObject({ name, imap: { host, port: 993, security: 'tls' } });
  });

  it.each([
    ['aspmx.l.google.com.', 'Google'],
    ['SMTP.google.com', 'Google'],
    ['firm-nl.mail.protection.outlook.com', 'Microsoft'],
    ['firm-nl.n-v1.mx.microsoft', 'Microsoft'],
    ['mx.transip.email', 'TransIP'],
    ['mx00.ionos.de', 'IONOS'],
    ['smtpin.rzone.de', 'STRATO'],
    ['in1-smtp.messagingengine.com', 'Fastmail'],
    ['mx-aol.mail.gm0.yahoodns.net', 'AOL'],
    ['mta7.am0.yahoodns.net', 'Yahoo'],
  ])('are told by %s', (mx, name) => {
    expect(providerOfMx([mx])?.name).toBe(name);
  });

  it('are not told by a host that only looks like theirs', () => {
    for (const mx of ['google.com.evil.example', 'notgoogle.com', 'mail.protection.outlook.com.evil.example', 'mx.firm.example', '']) {
      expect(providerOfMx([mx])).toBeNull();
    }
    expect(providerOfDomain('gmail.com.evil.example')).toBeNull();
  });

  it('whose mailboxes are sealed are said to have no way in', () => {
    expect(providerOfDomain('proton.me')).toMatchObject({ imap: null, name: expect.stringContaining('Bridge') as string });
  });
});
