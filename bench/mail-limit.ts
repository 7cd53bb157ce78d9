import { MailAuthenticator } from '../libs/channels/email/mail-authenticator.js';
import { mailResolver } from '../libs/channels/email/mail-dns.js';
import { MailReader } from '../libs/channels/email/read-mail.js';
import type { MailToPost } from './mail-house.js';

/** How many are read at once by the server. */
const AT_ONCE = 100;

/** How many of these a second can be read and authenticated by the threads of a server that does nothing else with them. */
export async function authenticationRate(mails: readonly MailToPost[], dnsServer: string): Promise<number> {
  const reader = new MailReader();
  const authenticator = new MailAuthenticator();
  const options = { authservIds: [], trustedSealers: [], resolve: mailResolver({ dnsServers: [dnsServer] }) };
  const both = ({ raw }: MailToPost) => Promise.all([reader.read(raw), authenticator.authenticate(raw, options)]);
  try {
    // A server has its threads already.
    await Promise.all(mails.slice(0, AT_ONCE).map(both));
    const startedAt = performance.now();
    for (let at = 0; at < mails.length; at += AT_ONCE) await Promise.all(mails.slice(at, at + AT_ONCE).map(both));
    return mails.length / ((performance.now() - startedAt) / 1000);
  } finally {
    await Promise.all([reader.close(), authenticator.close()]);
  }
}
