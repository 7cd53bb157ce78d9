import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '#platform';
import type { OpenConnection } from '../channel.js';
import { resolveMailHost } from './mail-host.js';
import { MailTokens } from './mail-tokens.service.js';
import { SmtpSender, type SmtpServer, type SmtpTimeouts } from './smtp-sender.js';

/** By which server a mailbox sends. `isOwn`: its tenant's, not the installation's. */
export interface Relay {
  server: SmtpServer;
  isOwn: boolean;
}

/** The outgoing mail servers, to be reached and signed in at: what is sent goes by `MailboxSender`. */
@Injectable()
export class MailRelay implements OnApplicationShutdown {
  private readonly ofTenants: SmtpSender;
  /** The operator named his own server, wherever it stands. */
  private readonly ofInstallation = new SmtpSender();

  constructor(
    private readonly tokens: MailTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.ofTenants = new SmtpSender({ findHost: (host) => resolveMailHost(host, config) });
  }

  onApplicationShutdown(): void {
    this.ofTenants.close();
    this.ofInstallation.close();
  }

  /** By what a mailbox sends; null when there is nothing. Errors: ChannelError where its provider gives no access. */
  async of({ tenantId, id, secrets, mailbox }: OpenConnection): Promise<Relay | null> {
    const { smtpUrl } = secrets;
    if (smtpUrl !== undefined) return { server: { url: smtpUrl }, isOwn: true };
    if (mailbox !== null && mailbox.login !== null) {
      const { user, token, smtp } = await this.tokens.accessToken(tenantId, id);
      return { server: { place: smtp, user, accessToken: token }, isOwn: true };
    }
    return this.config.smtpUrl === null ? null : { server: { url: this.config.smtpUrl }, isOwn: false };
  }

  /** Reach the server, sign in, and send nothing. Errors: MailNotSent. */
  async verify({ server, isOwn }: Relay, timeouts: Partial<SmtpTimeouts> = {}): Promise<void> {
    await (isOwn ? this.ofTenants : this.ofInstallation).verify(server, timeouts);
  }
}
