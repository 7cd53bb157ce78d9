import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config, Clock, Log } from '#platform';
import { composeMail } from './compose-mail.js';
import { MailNotSent } from './smtp-remedy.js';
import { SmtpSender } from './smtp-sender.js';

const LOCAL_PART = 'omnidesk';
const ID_CHARS = 32;
const ADDRESS = /^[^\s<>"(),:;\\@\p{Cc}]+@[^\s<>"(),;\\@\p{Cc}]+$/u;

export interface InstallationMailText {
  to: { address: string; name: string };
  subject: string;
  text: string;
  /** The same text for the same occasion has the same id, so that a mail sent twice is one mail. */
  occasion: string;
}

/** Mail from the installation itself to the people who use it, by the operator's own mail server. */
@Injectable()
export class InstallationMail implements OnApplicationShutdown {
  private readonly sender = new SmtpSender();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationShutdown(): void {
    this.sender.close();
  }

  /** False where the operator named no mail server: then nothing can be sent. */
  get isPossible(): boolean {
    return this.config.smtpUrl !== null;
  }

  /**
   * Send one mail.
   *
   * Errors   MailNotSent with `try_later`. What no repeat will cure is in the log and not thrown; nor is what may have been sent
   */
  async send({ to, subject, text, occasion }: InstallationMailText): Promise<void> {
    const { smtpUrl, publicUrl } = this.config;
    if (smtpUrl === null) return;
    const host = new URL(publicUrl).hostname;
    const domain = isIP(host.replace(/^\[|\]$/g, '')) === 0 ? host : 'omnidesk.invalid';
    const mail = await composeMail({
      from: { address: senderOf(smtpUrl) ?? `${LOCAL_PART}@${domain}`, name: 'Omnidesk' },
      to: [to],
      cc: [],
      replyTo: null,
      subject,
      messageId: `${createHash('sha256').update(`${occasion} ${to.address}`).digest('hex').slice(0, ID_CHARS)}@${domain}`,
      inReplyTo: null,
      thread: [],
      date: this.clock.now(),
      text,
      original: null,
      automatic: 'auto-generated',
    });
    try {
      await this.sender.send({ url: smtpUrl, ...mail });
    } catch (error) {
      if (!(error instanceof MailNotSent) || error.remedy === 'try_later') throw error;
      this.log.warn('installation_mail_not_sent', { code: error.code });
    }
  }
}

/** Many mail servers take mail only from the address one signs in with. */
function senderOf(smtpUrl: string): string | null {
  const user = decodeURIComponent(new URL(smtpUrl).username);
  return ADDRESS.test(user) ? user : null;
}
