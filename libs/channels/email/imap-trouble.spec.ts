import fc from 'fast-check';
import { ChannelError } from '../channel.js';
import { imapTrouble } from './imap-trouble.js';

const said = (fields: object) => imapTrouble(Object.assign(new Error('Command failed'), fields));
const refusal = (responseText: string, serverResponseCode?: string) =>
  said({ authenticationFailed: true, responseStatus: 'NO', responseText, ...(serverResponseCode ? { serverResponseCode } : {}) });

describe('what an IMAP server’s no means', () => {
  it('asks people to sign in again when a user name, password or token is refused', () => {
    for (const trouble of [
      refusal('Invalid credentials (Failure)', 'AUTHENTICATIONFAILED'),
      refusal('LOGIN failed.'),
      refusal('AUTHENTICATE failed.'),
      refusal('Application-specific password required', 'ALERT'),
      // Its code says what it is, whatever its words are.
      refusal('Try again later', 'AUTHENTICATIONFAILED'),
    ]) {
      expect(trouble).toMatchObject({ remedy: 'reconnect', code: 'sign_in_refused' });
    }
  });

  it('takes a crowd for a crowd, and stays away for longer, however it is said', () => {
    for (const trouble of [
      refusal('Too many simultaneous connections. (Failure)', 'ALERT'),
      refusal('Account exceeded command or bandwidth limits. (Failure)', 'OVERQUOTA'),
      refusal('Temporary authentication failure.', 'UNAVAILABLE'),
      said({ responseStatus: 'NO', responseText: 'Maximum number of connections from user+IP exceeded', serverResponseCode: 'LIMIT' }),
      said({ responseStatus: 'BAD', responseText: 'User is throttled' }),
      said({ code: 'NoConnection', reason: 'Too many connections' }),
    ]) {
      expect(trouble).toMatchObject({ remedy: 'try_later', code: 'throttled', retryAfterMs: 300_000 });
    }
    expect(said({ code: 'ETHROTTLE', throttleReset: 600_000 }).retryAfterMs).toBe(600_000);
    expect(said({ code: 'ETHROTTLE', throttleReset: 1e12 }).retryAfterMs).toBe(3_600_000);
  });

  it('tells a wrong certificate from no encryption, and both from a server that is not there', () => {
    for (const code of [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ]) {
      expect(said({ code, tlsFailed: true })).toMatchObject({ code: 'certificate_wrong', remedy: 'try_later' });
    }
    expect(said({ tlsFailed: true })).toMatchObject({ code: 'tls_missing' });
    expect(said({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' })).toMatchObject({ code: 'tls_missing' });
    for (const code of ['ECONNREFUSED', 'CONNECT_TIMEOUT', 'ENETUNREACH'])
      expect(said({ code })).toMatchObject({ code: 'server_unreachable' });
  });

  it('gives up on a folder that is gone, and on nothing else', () => {
    expect(said({ mailboxMissing: true, responseStatus: 'NO' })).toMatchObject({ code: 'no_such_folder', remedy: 'give_up' });
    expect(said({ responseStatus: 'NO', responseText: 'Internal error' })).toMatchObject({ code: 'server_confused', remedy: 'try_later' });
    expect(said({ code: 'ECONNRESET' })).toMatchObject({ code: 'connection_lost', remedy: 'try_later' });
  });

  it('shows a server’s own words without anything that deceives, and never all of them', () => {
    expect(refusal('Use an app\u202epassword\r\n\x1b[31m').reason).toBe(
      'The mail server refused the user name or password: “Use an app password [31m”.',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), fc.string(), (responseText, code) => {
        const trouble = said({ responseStatus: 'NO', responseText, code });
        expect(trouble).toBeInstanceOf(ChannelError);
        expect(trouble.reason.length).toBeLessThan(300);
        expect(trouble.reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('makes a remedy of whatever is thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}]) expect(imapTrouble(thrown)).toMatchObject({ remedy: 'try_later' });
  });
});
