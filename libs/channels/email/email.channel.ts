import { AssertionError } from 'node:assert/strict';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { REPLY_ATTACHMENTS_MAX, REPLY_LENGTH_MAX, type ReplyLimits, type ReplyWindow } from '#contract';
import { CONFIG, type Config, SecretBox } from '#platform';
import type { RecordableAttachment } from '#policies';
import { type Channel, ChannelError, type OpenConnection, type OutboundMessage, type ReplyPart, type Sent } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import type { Delivery } from '../delivery-log.service.js';
import { type InboundEvent, type InboundMessage, UnreadableDelivery } from '../inbound.js';
import { type ComposedMail, composeMail } from './compose-mail.js';
import { findTokens, mintMessageId, type TokenSeal } from './mail-token.js';
import { type MailAttachment, type ParsedMail, UnreadableMail } from './parsed-mail.js';
import { MailReader } from './read-mail.js';
import { MailNotSent } from './smtp-remedy.js';
import { type SentMail, SmtpSender } from './smtp-sender.js';

/** All files of one mail together: in MIME they grow by a third, and many relays stop at 25 MB. */
const ATTACHMENT_BYTES_MAX = 18 * 1024 * 1024;
/** The hour in the quotation's line. A tenant's own zone comes with its settings. */
const QUOTE_TIME_ZONE = 'Europe/Amsterdam';

/** A mail is known by its Message-ID and a hash of what it says: another mail that reuses the id must not be taken for a copy. */
const HASH_MARK = ' ';
const HASH_CHARS = 16;

@Injectable()
export class EmailChannel implements Channel, OnApplicationShutdown {
  readonly kind = 'email';
  private readonly reader = new MailReader();
  private readonly sender = new SmtpSender();

  constructor(
    private readonly secrets: SecretBox,
    private readonly connections: ConnectionService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.reader.close();
    this.sender.close();
  }

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

  async read(delivery: Delivery): Promise<InboundEvent[]> {
    const { tenantId, connectionId } = delivery;
    if (tenantId === null || connectionId === null) throw new UnreadableDelivery('no_mailbox');
    try {
      const mail = await this.reader.read(delivery.body);
      const ownAddress = await this.connections.externalIdOf({ tenantId, connectionId: connectionId as ConnectionId });
      return [inbound(mail, delivery, { seal: this.sealOf(tenantId, connectionId), ownAddress })];
    } catch (error) {
      if (error instanceof UnreadableMail) throw new UnreadableDelivery(error.code);
      throw error;
    }
  }

  replyWindow(): ReplyWindow {
    return { state: 'always' };
  }

  externalIdOf({ tenantId, id, externalId }: OpenConnection, message: { messageId: string; conversationId: string }): string {
    return mintMessageId(this.sealOf(tenantId, id), message, domainOf(externalId));
  }

  async send(connection: OpenConnection, message: OutboundMessage): Promise<Sent> {
    const url = connection.secrets['smtpUrl'] ?? this.config.smtpUrl;
    if (url === null) throw noRelay();
    const messageId = this.externalIdOf(connection, message);
    const mail = await this.compose(connection, message, messageId);
    try {
      return { externalId: messageId, ...problemOf(await this.sender.send({ url, ...mail }), message.to) };
    } catch (error) {
      if (error instanceof MailNotSent) throw asChannelError(error);
      throw error;
    }
  }

  profile(): Promise<null> {
    return Promise.resolve(null);
  }

  media(): Promise<null> {
    return Promise.resolve(null);
  }

  private async compose(connection: OpenConnection, message: OutboundMessage, messageId: string): Promise<ComposedMail> {
    const thread = message.earlierExternalIds.map(messageIdOf);
    const answers = message.answersExternalId === null ? null : messageIdOf(message.answersExternalId);
    return composeMail({
      from: { address: connection.externalId, name: message.agent.name },
      to: [{ address: message.to, name: message.toName }],
      cc: message.cc.map((address) => ({ address, name: null })),
      replyTo: null,
      subject: message.subject,
      messageId,
      inReplyTo: answers ?? thread.at(-1) ?? null,
      thread,
      date: message.createdAt,
      text: message.text,
      attachments: await Promise.all(message.files.map(async ({ name, mediaType, read }) => ({ name, mediaType, content: await read() }))),
      ...(message.writtenBy === 'rule' ? { automatic: 'auto-replied' as const } : {}),
      original: message.answered && {
        author: message.answered.authorName,
        sentAt: message.answered.sentAt,
        text: message.answered.text,
        language: 'nl',
        timeZone: QUOTE_TIME_ZONE,
      },
    }).catch((error: unknown) => {
      // An address of the contact's own making cannot stand in a header. Trying again makes it no better.
      if (error instanceof AssertionError)
        throw new ChannelError('give_up', 'bad_address', 'This is not an address that mail can be sent to.');
      throw error;
    });
  }

  private sealOf(tenantId: string, connectionId: string): TokenSeal {
    return { key: this.secrets.derive('mail tokens'), tenantId: tenantId, mailboxId: connectionId };
  }
}

/** Whom the server refused while it took the mail for others. Errors: ChannelError when it is the contact who did not get it. */
function problemOf({ rejected }: SentMail, to: string): Pick<Sent, 'problem'> {
  if (rejected.length === 0) return {};
  const addresses = rejected.map(({ address }) => address);
  if (addresses.includes(to)) {
    throw new ChannelError('give_up', 'recipient_refused', 'The mail server refused the contact’s address. Those in copy have got it.');
  }
  return { problem: { code: 'copy_refused', reason: `The mail server refused ${addresses.join(', ')}. The others have got it.` } };
}

function inbound(
  mail: ParsedMail,
  delivery: Delivery,
  { seal, ownAddress }: { seal: TokenSeal; ownAddress: string | null },
): InboundMessage {
  const sender = mail.from ?? { address: 'unknown@invalid', name: null };
  return {
    type: 'message',
    origin: 'live',
    routeId: delivery.connectionId!,
    personId: sender.address.toLowerCase(),
    isStandby: false,
    direction: 'in',
    kind: 'text',
    externalId: `${mail.messageId}${HASH_MARK}${mail.contentHash.slice(0, HASH_CHARS)}`,
    replyToExternalId: mail.inReplyTo[0] ?? null,
    ownMessageId: null,
    appId: null,
    // A sender's clock may say anything; the order of a thread is the order in which it reached us.
    sentAt: delivery.receivedAt,
    content: {
      text: mail.split.reply,
      fullText: mail.split.quoted === null ? null : mail.text,
      html: mail.safeHtml,
      subject: mail.subject,
      cc: [...mail.to, ...mail.cc]
        .map(({ address }) => address)
        .filter((address) => address !== sender.address && address.toLowerCase() !== ownAddress),
      senderName: sender.name ?? sender.address,
      attachments: mail.attachments.map(asRecordable),
    },
    mail: {
      token: findTokens(seal, mail)[0] ?? null,
      references: [...mail.inReplyTo, ...mail.references.toReversed()],
      subjectNumber: null,
      replyAddress: mail.replyTo[0]?.address ?? sender.address,
      mailClass: mail.mailClass,
      authentication: { verdict: 'none', by: null, domain: null },
      mayAutoAnswer: mail.mayAutoAnswer,
      forwarded: null,
      flags: mail.flags,
    },
    referral: null,
    formerPersonId: null,
    raw: null,
  };
}

function asRecordable({ name, mediaType, content, cid, inline }: MailAttachment): RecordableAttachment {
  const kind = mediaType.startsWith('image/')
    ? 'image'
    : mediaType.startsWith('audio/')
      ? 'audio'
      : mediaType.startsWith('video/')
        ? 'video'
        : 'file';
  return { kind, name, mediaType, sourceUrl: null, content, contentId: inline ? cid : null };
}

function asChannelError({ remedy, code, response }: MailNotSent): ChannelError {
  switch (remedy) {
    case 'try_later':
      return new ChannelError(remedy, code, 'The mail server does not take it right now. It is tried again.');
    case 'reconnect':
      return new ChannelError(remedy, code, 'The mail server no longer accepts the user name or password of this mailbox.');
    case 'unknown':
      return new ChannelError(remedy, code, 'The connection was lost while the mail server answered. It may have been sent.');
    case 'give_up':
      return new ChannelError(remedy, code, `The mail server refused it${response === null ? '' : `: ${response}`}`);
    default:
      throw new Error(`unreachable: ${remedy satisfies never}`);
  }
}

function noRelay(): ChannelError {
  return new ChannelError(
    'reconnect',
    'no_outgoing_mail',
    'This mailbox has no outgoing mail server. An admin can add one under Connections.',
  );
}

function messageIdOf(externalId: string): string {
  return externalId.split(HASH_MARK)[0]!;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
