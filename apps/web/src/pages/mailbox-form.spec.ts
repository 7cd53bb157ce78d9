import { ConnectMailbox, type GuessedMailbox } from '#contract';
import { connectionOf, EMPTY_MAILBOX, filledIn, type MailboxValues, missingIn, usualPort, wantsAppPassword } from './mailbox-form.js';

const found: GuessedMailbox = {
  source: 'autoconfig',
  provider: 'Example',
  imap: { host: 'imap.spaak.example', port: 143, security: 'starttls' },
  smtp: { host: 'smtp.spaak.example', port: 587, security: 'starttls' },
  user: 'help@spaak.example',
  login: null,
};
const typed: MailboxValues = { ...filledIn({ ...EMPTY_MAILBOX, address: ' help@spaak.example ' }, found), password: ' secret ' };

/** What an admin fills in is what the server is asked for: no more, and nothing else. */
describe('the form for a mailbox', () => {
  it('asks for exactly what the contract takes, whatever the way', () => {
    for (const way of ['imap', 'webhook'] as const) ConnectMailbox.parse(connectionOf(typed, way));
    ConnectMailbox.parse(connectionOf(typed, 'login', '00000000-0000-7000-8000-000000000000'));
  });

  it('signs in for sending as for fetching, unless another name is given, and leaves a password as it was typed', () => {
    expect(connectionOf(typed, 'imap')).toMatchObject({
      address: 'help@spaak.example',
      imap: { host: 'imap.spaak.example', port: 143, security: 'starttls', user: 'help@spaak.example', password: ' secret ' },
      smtp: { host: 'smtp.spaak.example', user: 'help@spaak.example', password: ' secret ' },
    });
    const other = { ...typed, hasOtherUser: true, smtpUser: 'relay', smtpPassword: 'other' };
    expect(connectionOf(other, 'imap').smtp).toMatchObject({ user: 'relay', password: 'other' });
  });

  it('never sends the mailbox’s password along for mail that is brought to us', () => {
    expect(JSON.stringify(connectionOf(typed, 'webhook'))).not.toContain('secret');
  });

  it('leaves the outgoing server to the installation where none is wanted', () => {
    expect(connectionOf({ ...typed, hasSmtp: false }, 'webhook')).toEqual({ address: 'help@spaak.example', inbound: { provider: 'raw' } });
  });

  it('says which field is missing, by the way that was chosen', () => {
    expect(missingIn(EMPTY_MAILBOX, 'imap')).toBe('address');
    expect(missingIn({ ...typed, password: '' }, 'imap')).toBe('password');
    expect(missingIn({ ...typed, password: '' }, 'webhook')).toBeNull();
    expect(missingIn({ ...typed, provider: 'mailgun' }, 'webhook')).toBe('key');
    expect(missingIn({ ...typed, provider: 'postmark' }, 'webhook')).toBeNull();
  });

  it('knows the usual ports, and who wants a password made for programs', () => {
    expect([usualPort('imap', 'tls'), usualPort('smtp', 'tls'), usualPort('smtp', 'starttls')]).toEqual(['993', '465', '587']);
    expect([wantsAppPassword('Google'), wantsAppPassword('Example'), wantsAppPassword(null)]).toEqual([true, false, false]);
  });
});
