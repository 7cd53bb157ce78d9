import { type TrialFailure, trialProblem } from './trial-sentences.js';

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
    expect(trialProblem(failure({ host })).message).toContain(words);
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
    expect(trialProblem(failure({ code })).message).toContain(words);
  });

  it('speaks of the other server and its ports where that one was tried', () => {
    const { path, message: sentence } = trialProblem(failure({ direction: 'smtp', code: 'timed_out' }));
    expect(path).toBe('smtp');
    expect(sentence).toContain('outgoing');
    expect(sentence).toContain('587 with STARTTLS');
  });

  it('tells who signed in with a provider what to switch on there', () => {
    expect(trialProblem(failure({ login: 'google' })).message).toContain('Switch on IMAP');
    expect(trialProblem(failure({ login: 'microsoft', direction: 'smtp', code: 'smtp_535' })).message).toContain('Authenticated SMTP');
  });
});
