import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Locale } from '#contract';
import { AgentService, TenantService } from '#accounts';
import { Channels, type ConnectionId, ConnectionService, type OpenConnection } from '#channels';
import { Jobs } from '#jobs';
import { Clock, Database, Log, newId, SecretBox, type TenantId, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import { Feed } from '#realtime';
import { Acknowledge } from './auto-reply-order.js';
import { countAutomaticMail } from './automatic-mail.js';
import type { ConversationId, MessageId } from './ids.js';
import { addMessage, PLAIN } from './message.js';
import { Outbox } from './outbox.js';
import { orderSending } from './send-order.js';
import { suppressionOf } from './suppression.js';

/** What stands around the admin's own text. Nothing of what the sender wrote is in it, nor in the subject. */
const WORDS: Record<Locale, { subject: (number: string) => string; number: (number: string) => string }> = {
  en: { subject: (number) => `We have received your message [#${number}]`, number: (number) => `Your number: ${number}` },
  nl: { subject: (number) => `Wij hebben uw bericht ontvangen [#${number}]`, number: (number) => `Uw nummer: ${number}` },
};

/** Addresses behind which no person reads. */
const MACHINES = /^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|abuse)(?:[+@._-])/i;

interface Opening {
  connectionId: ConnectionId;
  number: string;
  to: string;
  isAnswered: boolean;
}

/**
 * The one acknowledgement that a new conversation's writer gets, where the admin of the mailbox wants that. Decided and stored by a job, so
 * that taking in a mail never waits for it; sent as everything is, through the outbox.
 */
@Injectable()
export class AutoReplyJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly feed: Feed,
    private readonly policies: PolicyService,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly agents: AgentService,
    private readonly tenants: TenantService,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(Acknowledge, async ({ tenantId, conversationId, messageId, isProven }) => {
      const asked = { conversationId: conversationId as ConversationId, messageId: messageId as MessageId, isProven };
      await this.acknowledge(tenantId as TenantId, asked);
    });
  }

  private async acknowledge(tenantId: TenantId, asked: Asked): Promise<void> {
    const opening = await this.db.inTenant(tenantId, (tx) => openingOf(tx, asked));
    if (!opening || opening.isAnswered || MACHINES.test(opening.to)) return;
    // A mailbox of anybody's on this installation would answer itself.
    for (const address of new Set([opening.to.toLowerCase(), withoutTag(opening.to.toLowerCase())])) {
      if ((await this.connections.routeOf('email-address', address)) !== null) return;
    }
    await this.db.inTenant(tenantId, (tx) => this.write(tx, asked));
  }

  private async write(tx: TenantTx, asked: Asked): Promise<void> {
    await tx.query('select 1 from conversation where id = $1 for update', [asked.conversationId]);
    // Whatever happened since: it may be answered, erased, or stopped by now.
    const opening = await openingOf(tx, asked);
    if (!opening || opening.isAnswered || (await suppressionOf(tx, opening.to)) !== null) return;
    if (!(await this.tenants.isActive(tx))) return;
    const connection = await this.connections.open(tx, opening.connectionId);
    const { on, text } = connection.mailbox?.settings.autoReply ?? { on: false, text: '' };
    const isSendable = (await this.connections.stateOf(tx, opening.connectionId)) !== 'disconnected';
    if (!on || text.trim() === '' || !isSendable) return;
    const counted = { to: opening.to, connectionId: opening.connectionId, isProven: asked.isProven };
    if (!(await countAutomaticMail(tx, this.secrets, counted, this.clock.now()))) {
      this.log.warn('auto_reply_held_back', { conversationId: asked.conversationId });
      return;
    }
    await this.store(tx, asked.conversationId, { connection, opening, text });
  }

  private async store(
    tx: TenantTx,
    conversationId: ConversationId,
    { connection, opening, text }: { connection: OpenConnection; opening: Opening; text: string },
  ): Promise<void> {
    const { number, to } = opening;
    const now = this.clock.now();
    const id = newId<MessageId>(now);
    const [owner] = await this.agents.admins(tx);
    const words = WORDS[owner?.locale ?? 'en'];
    const content = { text: `${text.trim()}\n\n${words.number(number)}`, subject: words.subject(number) };
    const message = {
      ...PLAIN,
      id,
      conversationId,
      connectionId: connection.id,
      direction: 'out' as const,
      kind: 'text' as const,
      author: { kind: 'system' as const },
      externalId: this.channels.of('email').externalIdOf(connection, { messageId: id, conversationId }),
      delivery: 'queued' as const,
      sentAt: now,
      mail: { class: 'auto_reply' as const, authentication: null, flags: [] },
    };
    const policies = await this.policies.inForce(tx);
    await addMessage(
      tx,
      message,
      policies.recorder.record({ ...content, mailHeaders: { from: null, to: [{ address: to, name: null }], forwardedBy: null } }, 'email'),
      now,
    );
    const sent = { ...content, to, cc: [], writtenBy: 'rule' as const, automatic: true };
    await this.outbox.put(tx, id, { content: sent, reply: { id, position: 0 }, blobs: [] }, now);
    await orderSending(this.jobs, tx, conversationId);
    this.feed.append(tx, { type: 'message_added', conversationId, messageId: id, quiet: true });
  }
}

interface Asked {
  conversationId: ConversationId;
  messageId: MessageId;
  isProven: boolean;
}

/** What the mail was that opened the conversation; null when nothing may go out for it any more. */
async function openingOf(tx: TenantTx, { conversationId, messageId }: Asked): Promise<Opening | null> {
  const [row] = await tx.query<Opening>(
    `select message.connection_id as "connectionId", conversation.number, message.reply_address as "to",
       exists (select 1 from message said where said.conversation_id = conversation.id and said.direction = 'out') as "isAnswered"
     from conversation join message on message.tenant_id = conversation.tenant_id and message.conversation_id = conversation.id
     where conversation.id = $1 and message.id = $2 and message.reply_address is not null
       and conversation.quarantined_at is null and conversation.loop_stopped_at is null`,
    [conversationId, messageId],
  );
  return row ?? null;
}

/** `name+anything@domain` is the mailbox `name@domain` with most servers. */
function withoutTag(address: string): string {
  return address.replace(/\+[^@]*(?=@)/, '');
}
