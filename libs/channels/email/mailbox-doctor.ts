import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Connection, DoctorLine } from '#contract';
import { Clock, CONFIG, type Config, DAY_MS, Log, SECOND_MS } from '#platform';
import type { OpenConnection } from '../channel.js';
import { line, looked, unknown } from '../doctor-line.js';
import { dkimLine, dmarcLine, spfLine, type TextLookup, textLookup } from './mail-domain.js';
import { MailNotSent } from './smtp-remedy.js';
import { SmtpSender } from './smtp-sender.js';

const LOOK_TIMEOUT_MS = 12 * SECOND_MS;
const SMTP_TIMEOUTS = { connectMs: 5 * SECOND_MS, greetingMs: 5 * SECOND_MS, silenceMs: 5 * SECOND_MS };
const QUIET_MS = 7 * DAY_MS;

/** Looks at a mailbox: does mail come in, can it go out, and will receivers believe it? */
@Injectable()
export class MailboxDoctor implements OnApplicationShutdown {
  private readonly sender = new SmtpSender();
  private readonly txt: TextLookup = textLookup();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationShutdown(): void {
    this.sender.close();
  }

  /** Every line at once, each within twelve seconds; what cannot be looked at is unknown. */
  async look(connection: Connection, { secrets }: OpenConnection): Promise<DoctorLine[]> {
    const domain = connection.externalId.slice(connection.externalId.lastIndexOf('@') + 1);
    return Promise.all([
      Promise.resolve(this.mailIn(connection)),
      looked('mail_out', LOOK_TIMEOUT_MS, () => this.mailOut(secrets['smtpUrl'] ?? this.config.smtpUrl)),
      this.ofDomain('spf', () => spfLine(domain, this.txt)),
      this.ofDomain('dkim', () => dkimLine(domain, this.txt)),
      this.ofDomain('dmarc', () => dmarcLine(domain, this.txt)),
    ]);
  }

  private mailIn({ lastReceivedAt }: Connection): DoctorLine {
    if (lastReceivedAt === null) {
      const message = 'No mail has come in yet. Send one to the address, and see that it is forwarded here.';
      return line('mail_in', 'warning', 'nothing_yet', { message });
    }
    if (this.clock.now().getTime() - new Date(lastReceivedAt).getTime() > QUIET_MS) {
      const message = `The last mail came in on ${lastReceivedAt.slice(0, 10)}. If customers have written since, look at the forwarding.`;
      return line('mail_in', 'warning', 'quiet', { message });
    }
    return line('mail_in', 'good', 'heard_lately', { message: 'Mail has come in during the last week.' });
  }

  private async mailOut(url: string | null): Promise<DoctorLine> {
    if (url === null) {
      const message = 'This mailbox has no outgoing mail server, and the installation has none either: answers cannot be sent.';
      return line('mail_out', 'bad', 'no_outgoing_mail', { message, remedy: 'reconnect' });
    }
    try {
      await this.sender.verify(url, SMTP_TIMEOUTS);
      return line('mail_out', 'good', 'mail_server_answers', { message: 'The outgoing mail server answers and lets us in.' });
    } catch (error) {
      if (!(error instanceof MailNotSent)) throw error;
      if (error.remedy === 'try_later') {
        const message = 'The outgoing mail server cannot be reached, or does not take mail right now.';
        return line('mail_out', 'bad', error.code, { message });
      }
      const message =
        'The outgoing mail server does not let us in: its address, its certificate, the user name or the password is not right.';
      return line('mail_out', 'bad', error.code, { message, remedy: 'reconnect' });
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
