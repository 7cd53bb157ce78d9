import { Inject, Injectable } from '@nestjs/common';
import type { Connection, DoctorLine } from '#contract';
import { Clock, CONFIG, type Config, Log, SECOND_MS } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import { line, looked, unknown } from '../doctor-line.js';
import { mailResolver } from './mail-dns.js';
import { dkimLine, dmarcLine, ownDkimLine, spfLine, type TextLookup, textLookup } from './mail-domain.js';
import { MailRelay } from './mail-relay.js';
import { MailTokens } from './mail-tokens.service.js';
import { mailInLine, plusAddressingLine } from './mailbox-health-line.js';
import { MailNotSent } from './smtp-remedy.js';
import { smtpPlaceOf } from './smtp-server.js';

const LOOK_TIMEOUT_MS = 12 * SECOND_MS;
const SMTP_TIMEOUTS = { connectMs: 5 * SECOND_MS, greetingMs: 5 * SECOND_MS, silenceMs: 5 * SECOND_MS };

/** Looks at a mailbox: does mail come in, can it go out, and will receivers believe it? */
@Injectable()
export class MailboxDoctor {
  private readonly txt: TextLookup;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly relay: MailRelay,
    private readonly tokens: MailTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.txt = textLookup(mailResolver(config, clock));
  }

  /** Every line at once, each within twelve seconds; what cannot be looked at is unknown. */
  async look(connection: Connection, open: OpenConnection): Promise<DoctorLine[]> {
    const { mailbox } = connection;
    if (mailbox === null) return [];
    const domain = connection.externalId.slice(connection.externalId.lastIndexOf('@') + 1);
    const { dkim, login } = mailbox;
    return Promise.all([
      Promise.resolve(mailInLine(connection, mailbox, this.clock.now())),
      looked('mail_out', LOOK_TIMEOUT_MS, () => this.mailOut(open)),
      ...(login === null ? [] : [looked('mail_login', LOOK_TIMEOUT_MS, () => this.login(open))]),
      Promise.resolve(plusAddressingLine(mailbox)),
      this.ofDomain('spf', () => spfLine(domain, this.txt, this.relayHostOf(open))),
      dkim === null ? this.ofDomain('dkim', () => dkimLine(domain, this.txt)) : Promise.resolve(ownDkimLine(domain, dkim)),
      this.ofDomain('dmarc', () => dmarcLine(domain, this.txt)),
    ]);
  }

  private async mailOut(open: OpenConnection): Promise<DoctorLine> {
    try {
      const relay = await this.relay.of(open);
      if (relay === null) {
        const message = 'This mailbox has no outgoing mail server, and the installation has none either: answers cannot be sent.';
        return line('mail_out', 'bad', 'no_outgoing_mail', { message, remedy: 'reconnect' });
      }
      await this.relay.verify(relay, SMTP_TIMEOUTS);
      return line('mail_out', 'good', 'mail_server_answers', { message: 'The outgoing mail server answers and lets us in.' });
    } catch (error) {
      if (!(error instanceof MailNotSent) && !(error instanceof ChannelError)) throw error;
      if (error.remedy === 'try_later') {
        const message = 'The outgoing mail server cannot be reached, or does not take mail right now.';
        return line('mail_out', 'bad', error.code, { message });
      }
      const message =
        'The outgoing mail server does not let us in: its address, its certificate, the user name or the password is not right.';
      return line('mail_out', 'bad', error.code, { message, remedy: 'reconnect' });
    }
  }

  private async login({ tenantId, id }: OpenConnection): Promise<DoctorLine> {
    try {
      await this.tokens.accessToken(tenantId, id);
      return line('mail_login', 'good', 'login_good', { message: 'The mail provider lets Omnidesk in.' });
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      const { remedy, code, reason: message } = error;
      if (remedy === 'reconnect') return line('mail_login', 'bad', code, { message, remedy: 'reconnect' });
      return line('mail_login', 'bad', code, { message, ...(code === 'mail_login_not_set_up' ? { remedy: 'operator' as const } : {}) });
    }
  }

  /** By which host its mail goes out; null where we do not know. */
  private relayHostOf({ secrets, mailbox }: OpenConnection): string | null {
    try {
      const url = secrets['smtpUrl'];
      if (url === undefined && mailbox?.login != null) return this.tokens.placesOf(mailbox.login).smtp.host;
      const relay = url ?? this.config.smtpUrl;
      return relay === null ? null : smtpPlaceOf({ url: relay }).host;
    } catch (error) {
      // That an address of a server cannot be read is what the line about outgoing mail says.
      if (error instanceof MailNotSent || error instanceof ChannelError) return null;
      throw error;
    }
  }

  private ofDomain(check: 'spf' | 'dkim' | 'dmarc', look: () => Promise<DoctorLine>): Promise<DoctorLine> {
    return looked(check, LOOK_TIMEOUT_MS, async () => {
      try {
        return await look();
      } catch (error) {
        this.log.warn('mail_domain_not_looked_up', { kind: check, code: (error as NodeJS.ErrnoException).code ?? null });
        return unknown(check, 'dns_unavailable', 'The domain’s records could not be looked up right now.');
      }
    });
  }
}
