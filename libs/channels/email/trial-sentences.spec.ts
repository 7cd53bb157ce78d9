import { type TrialFailure, trialSentence } from './trial-sentences.js';

const failure = (part: Partial<TrialFailure>): TrialFailure => ({
  direction: 'imap',
  host: 'mail.firm.example',
  login: null,
  code: 'sign_in_refused',
  words: null,
  ...part,
});

describe('what an admin is told of a server that does not let us in', () => {
  it.each([
    ['imap.gmail.com', 'app password'],
    ['outlook.office365.com', 'Sign in with Microsoft'],
    ['imap.mail.yahoo.com', 'app password'],
    ['imap.mail.me.com', 'app-specific password'],
    ['imap.fastmail.com', 'app password'],
    ['imap.web.de', 'allow IMAP'],
    ['mail.firm.example', 'user name'],
    ['imap.gmail.com.evil.example', 'user name'],
  ])('names what %s wants instead of a password', (host, words) => {
    expect(trialSentence(failure({ host }))).toContain(words);
  });

  it.each([
    ['certificate_wrong', 'certificate'],
    ['tls_missing', 'STARTTLS'],
    ['server_unreachable', '993 with TLS'],
    ['server_unknown', 'spelled'],
    ['server_not_allowed', 'private network'],
    ['throttled', 'Try again'],
    ['never_heard_of', 'never_heard_of'],
  ])('says what to do about %s', (code, words) => {
    expect(trialSentence(failure({ code }))).toContain(words);
  });

  it('speaks of the other server and its ports where that one was tried', () => {
    const sentence = trialSentence(failure({ direction: 'smtp', code: 'timed_out' }));
    expect(sentence).toContain('outgoing');
    expect(sentence).toContain('587 with STARTTLS');
  });

  it('tells who signed in with a provider what to switch on there', () => {
    expect(trialSentence(failure({ login: 'google' }))).toContain('Switch on IMAP');
    expect(trialSentence(failure({ login: 'microsoft', direction: 'smtp', code: 'smtp_535' }))).toContain('Authenticated SMTP');
  });
});
