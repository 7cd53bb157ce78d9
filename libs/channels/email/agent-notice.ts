import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, Log, type TenantId } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import { type MailboxMail, MailboxSender } from './mailbox-sender.service.js';

const ID_CHARS = 32;

/** A mail to an agent about a conversation. */
export interface AgentNotice {
  to: { address: string; name: string };
  subject: string;
  text: string;
  /** Where an answer to it goes (`AgentTokens.mint`); null: it cannot be answered. */
  replyTo: string | null;
  /** The same for the same occasion, so that a mail sent twice is one mail. */
  occasion: string;
}

/** What became of a notice. `refused`: no repeat will help. A date: nothing was tried, because mail of the mailbox has to wait until then. */
export type NoticeFate = 'sent' | 'refused' | { waitsUntil: Date };

/**
 * Mail from a tenant's mailbox to its own agents, signed and paced like all that the mailbox sends. It says that a machine wrote it, so that
 * no machine answers.
 */
@Injectable()
export class AgentNotices {
  constructor(
    private readonly sender: MailboxSender,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Send one mail by the mailbox's own mail server. What may have been sent counts as sent.
   *
   * Errors   ChannelError with `try_later`: the server does not take it now
   */
  async send(connection: OpenConnection, notice: AgentNotice): Promise<NoticeFate> {
    const hold = await this.db.inTenant(connection.tenantId as TenantId, (tx) => this.sender.hold(tx, connection, [notice.to.address]));
    if (hold !== null) return { waitsUntil: new Date(this.clock.now().getTime() + hold.error.retryAfterMs!) };
    try {
      await this.sender.send(connection, this.mailOf(connection, notice));
      return 'sent';
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy === 'try_later') throw error;
      if (error.remedy === 'unknown') return 'sent';
      this.log.warn('agent_notice_not_sent', { connectionId: connection.id, code: error.code });
      return 'refused';
    }
  }

  private mailOf({ externalId: mailbox, name }: OpenConnection, { to, subject, text, replyTo, occasion }: AgentNotice): MailboxMail {
    const id = createHash('sha256').update(`agent notice ${occasion} ${to.address}`).digest('hex').slice(0, ID_CHARS);
    return {
      from: { address: mailbox, name },
      to: [to],
      cc: [],
      replyTo,
      subject,
      messageId: `${id}${mailbox.slice(mailbox.lastIndexOf('@'))}`,
      inReplyTo: null,
      thread: [],
      date: this.clock.now(),
      text,
      original: null,
      automatic: 'auto-generated',
    };
  }
}
