import type { SrvRecord } from 'node:dns';
import { domainToASCII } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import type { GuessedMailbox, GuessMailbox, MailSecurity, MailServerPlace } from '#contract';
import { Clock, CONFIG, type Config, Egress, Log, SECOND_MS } from '#platform';
import { autoconfigured, type AutoconfiguredMail, type FetchFile, fetchOverHttps } from './guess-autoconfig.js';
import { type KnownProvider, providerOfDomain, providerOfMx } from './guess-providers.js';
import { mailResolver, type MailResolver } from './mail-dns.js';
import { MailLoginService } from './mail-login.service.js';

/** All sources together: who waits for it looks at a spinner, and can type it in as well. */
const GUESS_MS_MAX = 8 * SECOND_MS;

interface Servers {
  imap: MailServerPlace | null;
  smtp: MailServerPlace | null;
}

/**
 * Guesses the servers of an address, so that people need not look them up.
 *
 * The providers' own domains are known without asking anybody. For other domains every source is asked at once, and the best one that
 * answers wins: an MX of a provider that signs people in itself, because the mail surely is there and a web host's leftover file is
 * common; the domain's own file; its SRV records; an MX of another provider we know.
 */
@Injectable()
export class MailboxGuess {
  private readonly resolve: MailResolver;
  private readonly fetchFile: FetchFile;

  constructor(
    private readonly logins: MailLoginService,
    private readonly log: Log,
    @Inject(CONFIG) config: Config,
    clock: Clock,
    egress: Egress,
  ) {
    this.resolve = mailResolver(config, clock);
    this.fetchFile = fetchOverHttps(egress);
  }

  /** Signs in nowhere, and tells nobody more than the domain. Limits: 8 s. */
  async guess({ address }: GuessMailbox): Promise<GuessedMailbox> {
    const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1).toLowerCase());
    const own = providerOfDomain(domain);
    if (own !== null) return this.ofProvider('provider', own, address);
    if (domain === '') return nothing(address);
    const [mx, file, srv] = await Promise.all([
      this.inTime('mx', this.mxOf(domain)),
      this.inTime('autoconfig', autoconfigured(address, domain, this.fetchFile)),
      this.inTime('srv', srvOf(domain, this.resolve)),
    ]);
    if (mx !== null && mx.login !== null) return this.ofProvider('mx', mx, address);
    if (file !== null) return ofFile(file);
    if (srv !== null) return { ...nothing(address), source: 'srv', ...srv };
    return mx === null ? nothing(address) : this.ofProvider('mx', mx, address);
  }

  private async mxOf(domain: string): Promise<KnownProvider | null> {
    const records = await this.resolve(domain, 'MX');
    return providerOfMx(records.toSorted((one, other) => one.priority - other.priority).map(({ exchange }) => exchange));
  }

  private ofProvider(source: 'provider' | 'mx', { name, imap, smtp, login }: KnownProvider, address: string): GuessedMailbox {
    return { source, provider: name, imap, smtp, user: address, login: login !== null && this.logins.isPossible(login) ? login : null };
  }

  /** A source that fails or is slow says nothing; the others go on. */
  private async inTime<T>(kind: string, look: Promise<T | null>): Promise<T | null> {
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(() => resolve(null), GUESS_MS_MAX);
    try {
      return await Promise.race([look, late]);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException | null)?.code ?? null;
      if (code !== 'ENOTFOUND' && code !== 'ENODATA') this.log.info('mail_guess_source_silent', { kind, code });
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Source: RFC 6186, 3; RFC 8314, 5.1 */
async function srvOf(domain: string, resolve: MailResolver): Promise<Servers | null> {
  const ask = async (service: string, security: MailSecurity) => {
    const records = await resolve(`_${service}._tcp.${domain}`, 'SRV').catch(() => []);
    return placeOf(records, security);
  };
  const [imaps, imap, submissions, submission] = await Promise.all([
    ask('imaps', 'tls'),
    ask('imap', 'starttls'),
    ask('submissions', 'tls'),
    ask('submission', 'starttls'),
  ]);
  const found = { imap: imaps ?? imap, smtp: submissions ?? submission };
  return found.imap === null ? null : found;
}

/** The most wanted of them. A lone dot says that there is none. */
function placeOf(records: readonly SrvRecord[], security: MailSecurity): MailServerPlace | null {
  const [best] = records.toSorted((one, other) => one.priority - other.priority || other.weight - one.weight);
  const host = best?.name.toLowerCase().replace(/\.$/, '') ?? '';
  return best === undefined || host === '' || best.port === 0 ? null : { host, port: best.port, security };
}

function ofFile({ provider, imap, smtp, user }: AutoconfiguredMail): GuessedMailbox {
  return { source: 'autoconfig', provider, imap, smtp, user, login: null };
}

function nothing(address: string): GuessedMailbox {
  return { source: null, provider: null, imap: null, smtp: null, user: address, login: null };
}
