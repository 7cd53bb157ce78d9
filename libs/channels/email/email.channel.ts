import { Injectable } from '@nestjs/common';
import { REPLY_ATTACHMENTS_MAX, REPLY_LENGTH_MAX, type ReplyLimits, type ReplyWindow } from '#contract';
import { SecretBox, type TenantTx } from '#platform';
import {
  type Channel,
  ChannelError,
  type Hold,
  type OpenConnection,
  type OutboundMessage,
  type ReplyPart,
  type Said,
  type Sent,
} from '../channel.js';
import type { Delivery } from '../delivery-log.service.js';
import type { InboundEvent } from '../inbound.js';
import { cidsIn } from './cid-pictures.js';
import { htmlToText } from './html-text.js';
import { mintMessageId, type TokenSeal } from './mail-token.js';
import { MailboxSender } from './mailbox-sender.service.js';
import { mailOf, spelled } from './outbound-mail.js';
import { InboundMail } from './read-inbound.js';
import { sanitiseMailHtml } from './safe-html.js';
import type { SentMail } from './smtp-sender.js';

/** All files of one mail together: in MIME they grow by a third, and many relays stop at 25 MB. */
const ATTACHMENT_BYTES_MAX = 18 * 1024 * 1024;

@Injectable()
export class EmailChannel implements Channel {
  readonly kind = 'email';

  constructor(
    private readonly secrets: SecretBox,
    private readonly inbound: InboundMail,
    private readonly sender: MailboxSender,
  ) {}

  limits(): ReplyLimits {
    return {
      partLengthMax: null,
      textLengthMax: REPLY_LENGTH_MAX,
      attachmentsMax: REPLY_ATTACHMENTS_MAX,
      attachmentBytesMax: ATTACHMENT_BYTES_MAX,
      quickRepliesMax: 0,
      cc: true,
      html: true,
      forward: true,
    };
  }

  split({ text, fileCount }: { text: string; fileCount: number }): ReplyPart[] {
    return [{ text, files: Array.from({ length: fileCount }, (_, position) => position), isLast: true }];
  }

  read(delivery: Delivery): Promise<InboundEvent[]> {
    return this.inbound.read(delivery);
  }

  replyWindow(): ReplyWindow {
    return { state: 'always' };
  }

  externalIdOf({ tenantId, id, externalId }: OpenConnection, message: { messageId: string; conversationId: string }): string {
    return mintMessageId(this.sealOf(tenantId, id), message, domainOf(externalId));
  }

  hold(tx: TenantTx, connection: OpenConnection, addresses: readonly string[]): Promise<Hold | null> {
    return this.sender.hold(tx, connection, addresses);
  }

  tidy(written: string): { html: string; text: string; pictures: string[] } {
    const html = sanitiseMailHtml(written);
    return { html, text: htmlToText(html).text, pictures: cidsIn(html) };
  }

  spell(said: Said): { fullText: string; html: string | null } {
    return spelled(said);
  }

  async send(connection: OpenConnection, message: OutboundMessage): Promise<Sent> {
    const messageId = this.externalIdOf(connection, message);
    const mail = await mailOf(connection, message, { seal: this.sealOf(connection.tenantId, connection.id), messageId });
    return { externalId: messageId, ...outcomeOf(await this.sender.send(connection, mail), message) };
  }

  profile(): Promise<null> {
    return Promise.resolve(null);
  }

  media(): Promise<null> {
    return Promise.resolve(null);
  }

  private sealOf(tenantId: string, connectionId: string): TokenSeal {
    return { key: this.secrets.derive('mail tokens'), tenantId: tenantId, mailboxId: connectionId };
  }
}

/**
 * Whom the server refused while it took the mail for others: for good, or for now. Errors: ChannelError when it is for good, and the one
 * the mail is for.
 */
function outcomeOf({ rejected }: SentMail, { to, forward }: OutboundMessage): Pick<Sent, 'problem' | 'left'> {
  const isForNow = ({ code }: SentMail['rejected'][number]) => code !== null && code >= 400 && code < 500;
  const left = rejected.filter(isForNow).map(({ address }) => address);
  const refused = rejected.filter((one) => !isForNow(one)).map(({ address }) => address);
  if (forward === null && refused.includes(to)) {
    throw new ChannelError('give_up', 'recipient_refused', 'The mail server refused the contact’s address. Those in copy have got it.');
  }
  const reason = `The mail server refused ${refused.join(', ')}. The others have got it.`;
  return { ...(left.length === 0 ? {} : { left }), ...(refused.length === 0 ? {} : { problem: { code: 'copy_refused', reason } }) };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
