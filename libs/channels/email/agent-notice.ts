import { AssertionError } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Log } from '#platform';
import { ChannelError, type OpenConnection, type Remedy } from '../channel.js';
import { composeMail } from './compose-mail.js';
import { MailRelay } from './mail-relay.js';
import { MailNotSent } from './smtp-remedy.js';

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

/** Mail from a tenant's mailbox to its own agents. It says that a machine wrote it, so that no machine answers. */
@Injectable()
export class AgentNotices {
  constructor(
    private readonly relay: MailRelay,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Send one mail by the mailbox's own mail server. False when it was refused and no repeat will help. What may have been sent counts as
   * sent.
   *
   * Errors   MailNotSent or ChannelError with `try_later`
   */
  async send(connection: OpenConnection, notice: AgentNotice): Promise<boolean> {
    try {
      const relay = await this.relay.of(connection);
      if (relay === null) throw new ChannelError('reconnect', 'no_outgoing_mail', 'This mailbox has no outgoing mail server.');
      await this.relay.send(relay, await this.compose(connection, notice));
      return true;
    } catch (error) {
      const { remedy, code } = whatToDo(error);
      if (remedy === 'try_later') throw error;
      if (remedy !== 'unknown') this.log.warn('agent_notice_not_sent', { connectionId: connection.id, code });
      return remedy === 'unknown';
    }
  }

  private compose({ externalId: mailbox, name }: OpenConnection, { to, subject, text, replyTo, occasion }: AgentNotice) {
    const id = createHash('sha256').update(`agent notice ${occasion} ${to.address}`).digest('hex').slice(0, ID_CHARS);
    return composeMail({
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
    });
  }
}

function whatToDo(error: unknown): { remedy: Remedy; code: string } {
  if (error instanceof MailNotSent || error instanceof ChannelError) return error;
  // An agent's address that cannot stand in a header.
  if (error instanceof AssertionError) return { remedy: 'give_up', code: 'bad_address' };
  throw error;
}
