import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ConnectedMailbox, ConnectMailbox } from '#contract';
import type { TenantId } from '#platform';
import { ConnectionService } from '../connection.service.js';

const KEY_BYTES = 15;
const SECRET_BYTES = 32;

/** Connecting mailboxes. */
@Injectable()
export class MailboxService {
  constructor(private readonly connections: ConnectionService) {}

  /**
   * Connect a mailbox. Its mail comes in at the webhook of its key, signed with the secret that is shown here and never again, or over
   * SMTP by its address. Connecting it again makes a new key and secret.
   *
   * Errors   conflict `connected_elsewhere`
   */
  async connect(tenantId: TenantId, { address, name, smtp }: ConnectMailbox): Promise<ConnectedMailbox> {
    const mailboxKey = randomBytes(KEY_BYTES).toString('hex');
    const inboundSecret = randomBytes(SECRET_BYTES).toString('base64url');
    const externalId = address.toLowerCase();
    const connection = await this.connections.connect(tenantId, {
      channel: 'email',
      externalId,
      name: name ?? address,
      secrets: { inboundSecret, ...(smtp && 'url' in smtp ? { smtpUrl: smtp.url } : {}) },
      routes: [
        { kind: 'email', externalId: mailboxKey },
        { kind: 'email-address', externalId },
      ],
    });
    return { connection, mailboxKey, inboundSecret, webhookPath: `/webhooks/email/${mailboxKey}` };
  }
}
