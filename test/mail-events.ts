import { createHash } from 'node:crypto';
import type { Conversation, Message, Page } from '#contract';
import type { ConnectionId, InboundMessage, MailThreading } from '#channels';
import type { Arrival } from '../libs/ticketing/arrival.js';
import { ReceiveService } from '../libs/ticketing/receive.service.js';
import { connectMailbox, type Mailbox } from './mailbox.js';
import type { Tenant, World } from './world.js';

let mails = 0;

/** What a test says of a mail that has been read; the rest is as of a person whose address is true. */
export interface ReadMail extends Partial<Omit<MailThreading, 'token' | 'authentication'>> {
  from: string;
  name?: string;
  subject?: string;
  text?: string;
  html?: string;
  /** Without brackets. */
  messageId?: string;
  /** The conversation that a token of ours names. */
  token?: string | null;
  verdict?: MailThreading['authentication']['verdict'];
  to?: string[];
  calendar?: object;
  attachments?: NonNullable<InboundMessage['content']['attachments']>;
}

/** A mail as the channel hands it over, so that who may do what can be tested apart from how a mail is read. */
export function mailEvent(mailbox: Mailbox, at: Date, mail: ReadMail): InboundMessage & { mail: MailThreading } {
  const { from, name, subject = 'My bike', text = 'Is it ready?', html, to = [mailbox.address], calendar, attachments = [] } = mail;
  const { messageId = `mail-${String(mails++)}@mail.example`, token = null, verdict = 'pass' } = mail;
  const hash = createHash('sha256').update([from, subject, text].join('\n')).digest('hex').slice(0, 16);
  return {
    type: 'message',
    origin: 'live',
    routeId: mailbox.connectionId,
    personId: from.toLowerCase(),
    isStandby: false,
    direction: 'in',
    kind: 'text',
    externalId: `${messageId} ${hash}`,
    replyToExternalId: null,
    ownMessageId: null,
    appId: null,
    sentAt: at,
    content: {
      text,
      subject,
      html: html ?? null,
      senderName: name ?? from,
      cc: to.filter((address) => address !== mailbox.address),
      mailHeaders: { from: { address: from, name: name ?? null }, to: to.map((address) => ({ address, name: null })), forwardedBy: null },
      calendar: calendar ?? null,
      attachments,
    },
    mail: {
      references: [],
      subjectNumber: null,
      replyAddress: from,
      mailClass: 'human',
      mayAutoAnswer: true,
      forwarded: null,
      flags: [],
      ...threadingOf(mail),
      token: token === null ? null : { conversationId: token, messageIdEnd: null },
      authentication: { verdict, by: verdict === 'pass' ? 'dkim' : null, domain: verdict === 'pass' ? from.split('@')[1]! : null },
    },
    referral: null,
    formerPersonId: null,
    raw: null,
  };
}

const THREADING = ['references', 'subjectNumber', 'replyAddress', 'mailClass', 'mayAutoAnswer', 'forwarded', 'flags', 'isOurLoop'] as const;

function threadingOf(mail: ReadMail): Partial<MailThreading> {
  return Object.fromEntries(THREADING.filter((name) => mail[name] !== undefined).map((name) => [name, mail[name]]));
}

/** A mailbox to which mails come that have been read already, and what agents see of them. */
export class MailDesk {
  private constructor(
    private readonly world: World,
    readonly tenant: Tenant,
    readonly mailbox: Mailbox,
  ) {}

  static async open(world: World, tenant: Tenant, address: string): Promise<MailDesk> {
    return new MailDesk(world, tenant, await connectMailbox(world, tenant, { address }));
  }

  get arrival(): Arrival {
    return { tenantId: this.tenant.id, connectionId: this.mailbox.connectionId as ConnectionId, channel: 'email' };
  }

  /** Take in a mail. True when it is a new one. */
  async take(mail: ReadMail): Promise<boolean> {
    const isNew = await this.world.get(ReceiveService).event(this.arrival, mailEvent(this.mailbox, this.world.clock.now(), mail));
    this.world.advance({ seconds: 1 });
    return isNew;
  }

  /** Take in a mail, and tell which conversation it is in. */
  async taken(mail: ReadMail): Promise<Conversation> {
    const messageId = mail.messageId ?? `taken-${String(mails++)}@mail.example`;
    await this.take({ ...mail, messageId });
    return this.conversation((await this.messageOf(messageId)).conversation_id);
  }

  /** The rows of a Message-ID: where they stand and by which id. */
  async messageOf(messageId: string): Promise<{ id: string; conversation_id: string }> {
    const [row] = await this.world.rows<{ id: string; conversation_id: string }>(
      "select id, conversation_id from message where tenant_id = $1 and split_part(external_id, ' ', 1) = $2",
      [this.tenant.id, messageId],
    );
    if (!row) throw new Error(`no message has the id ${messageId}`);
    return row;
  }

  async conversation(id: string): Promise<Conversation> {
    return (await this.tenant.owner.get<Conversation>(`/api/conversations/${id}`)).body;
  }

  async thread(id: string): Promise<Message[]> {
    return (await this.tenant.owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items;
  }

  async answer(id: string, text: string, more: object = {}): Promise<Message> {
    const { status, body } = await this.tenant.owner.post<Message>(`/api/conversations/${id}/replies`, { text, ...more });
    if (status !== 202) throw new Error(`answering gave ${String(status)}: ${JSON.stringify(body)}`);
    await this.world.drain();
    return body;
  }

  async change(id: string, change: object): Promise<void> {
    await this.tenant.owner.patch(`/api/conversations/${id}`, change);
  }

  /** Nothing of it is new to anybody any more. */
  async seen(id: string): Promise<void> {
    await this.tenant.owner.post(`/api/conversations/${id}/seen`, {});
  }
}
