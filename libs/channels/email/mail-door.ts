import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { Clock, CONFIG, type Config, Database, isPublicAddress, Log, Refusal, releaseBytes } from '#platform';
import { ConnectionService, type Route } from '../connection.service.js';
import type { MailEnvelope } from '../delivery-log.service.js';
import { IntakeService } from '../intake.service.js';
import { isSignedInbound } from './inbound-signature.js';
import { MAIL_LIMITS } from './parsed-mail.js';
import { type DoorEnvelope, type SmtpDoor, startSmtpDoor } from './smtp-door.js';

export const MAIL_BYTES_MAX = MAIL_LIMITS.bytesMax;

export interface SignatureHeaders {
  timestamp: string | undefined;
  signature: string | undefined;
}

/** What mail finds when it knocks: a signed webhook, and an SMTP door where one is configured. */
@Injectable()
export class MailDoor implements BeforeApplicationShutdown {
  private smtp: SmtpDoor | undefined;

  constructor(
    private readonly intake: IntakeService,
    private readonly connections: ConnectionService,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Keep one raw mail for the mailbox of this key. Resolves once it is committed.
   *
   * Shape    rawMail: RFC 5322 bytes, unparsed; they are the door's, and gone once they are kept
   * Limits   50 MiB
   * Errors   unauthenticated `bad_signature`, the same for a key that nobody has; invalid `empty`
   * Repeats  the same mail twice is one
   */
  async accept(mailboxKey: string, rawMail: Buffer, headers: SignatureHeaders): Promise<void> {
    const route = await this.connections.routeOf('email', mailboxKey);
    const secret = route ? await this.inboundSecretOf(route) : 'a key nobody has';
    const isSigned = isSignedInbound({ rawBody: rawMail, ...headers }, secret, this.clock.now());
    if (!route || !isSigned) throw new Refusal('unauthenticated', 'bad_signature', 'The signature does not match.');
    if (rawMail.length === 0) throw new Refusal('invalid', 'empty', 'There is no mail in this request.');
    await this.keep(rawMail, route, { via: 'webhook' });
    releaseBytes(rawMail);
  }

  /** Open the SMTP door. Gives back the port that was taken. */
  async listen({ host, port, lmtp }: { host: string; port: number; lmtp: boolean }): Promise<number> {
    const tls = this.config.smtpListenTls;
    const address = host.includes(':') ? `[${host}]` : host;
    this.smtp = await startSmtpDoor({
      listen: `${address}:${String(port)}`,
      lmtp,
      ...(tls === null ? {} : { tls: { key: await readFile(tls.keyFile, 'utf8'), cert: await readFile(tls.certificateFile, 'utf8') } }),
      isKnownRecipient: async (recipient) => (await this.recipient(recipient)) !== null,
      accept: async (raw, envelope) => {
        for (const recipient of envelope.rcptTo) {
          const route = await this.recipient(recipient);
          if (route) await this.keep(raw, route, knownFrom(envelope, lmtp));
        }
        releaseBytes(raw);
      },
      onError: (error) => {
        this.log.error('smtp_door_failed', error);
      },
    });
    return this.smtp.port;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.smtp?.close();
  }

  private async keep(body: Buffer, { tenantId, connectionId }: Route, envelope: MailEnvelope): Promise<void> {
    await this.intake.keep({ channel: 'email', body, tenantId, connectionId, envelope });
  }

  // What stands behind a plus is ours to read (a reply token), and does not make another mailbox.
  private recipient(address: string): Promise<Route | null> {
    const lower = address.toLowerCase();
    const at = lower.lastIndexOf('@');
    const plus = lower.indexOf('+');
    return this.connections.routeOf('email-address', plus > 0 && plus < at ? lower.slice(0, plus) + lower.slice(at) : lower);
  }

  private async inboundSecretOf({ tenantId, connectionId }: Route): Promise<string> {
    const secrets = await this.db.inTenant(tenantId, (tx) => this.connections.secretsFor(tx, connectionId));
    return secrets['inboundSecret'] ?? '';
  }
}

/**
 * What the door knows of a mail. The one who connected is only told where he is a stranger: a relay of one's own in front of this door is
 * not who the sender's domain lets send.
 */
function knownFrom({ mailFrom, rcptTo, remoteAddress, helo }: DoorEnvelope, lmtp: boolean): MailEnvelope {
  const isStranger = !lmtp && isPublicAddress(remoteAddress);
  return { via: lmtp ? 'lmtp' : 'smtp', mailFrom, rcptTo, ...(isStranger ? { peer: { ip: remoteAddress, helo } } : {}) };
}
