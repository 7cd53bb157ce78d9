import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type AgentNow, AgentService, may, sees, TenantService } from '#accounts';
import { AgentNotices, AgentTokens, type ConnectionId, ConnectionService, type OpenConnection } from '#channels';
import { Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, Log, type TenantId, type TenantTx } from '#platform';
import type { ConversationId, MessageId } from './ids.js';
import { type Notice, NotifyAgent, orderAgain } from './notify-agent.js';
import { noticeMail } from './notify-agent-words.js';

/** A notice that could not go for so long, because its mailbox' server takes no mail, is no news any more. */
const WAIT_MS_MAX = DAY_MS;

interface Said {
  conversationId: ConversationId;
  connectionId: ConnectionId;
  number: string;
  subject: string;
  assigneeId: string | null;
  isQuarantined: boolean;
  author: string | null;
  contact: string;
  authorAddress: string | null;
  isStranger: boolean;
  text: string;
  isWithheld: boolean;
  fileNames: string[] | null;
}

/**
 * Agents get by mail what is said in their conversations, where their mailbox's admin wants it so, and may answer that mail. It carries no
 * more than the recording policy keeps, and goes to nobody but the agent.
 */
@Injectable()
export class NotifyAgentJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly agents: AgentService,
    private readonly tenants: TenantService,
    private readonly connections: ConnectionService,
    private readonly notices: AgentNotices,
    private readonly tokens: AgentTokens,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(NotifyAgent, (payload) => this.tell(payload));
  }

  private async tell(notice: Notice): Promise<void> {
    const mail = await this.db.inTenant(notice.tenantId as TenantId, (tx) => this.compose(tx, notice));
    // To a mailbox of ours it would come back as a customer's mail.
    if (mail === null || (await this.connections.routeOf('email-address', mail.notice.to.address.toLowerCase())) !== null) return;
    const fate = await this.notices.send(mail.connection, mail.notice);
    if (typeof fate === 'object') await this.wait(notice, mail.connection.id, fate.waitsUntil);
  }

  private async wait(notice: Notice, connectionId: ConnectionId, until: Date): Promise<void> {
    const giveUpAt = notice.giveUpAt ?? new Date(this.clock.now().getTime() + WAIT_MS_MAX).toISOString();
    if (until > new Date(giveUpAt)) this.log.warn('agent_notice_not_sent', { connectionId, code: 'waited_too_long' });
    else await this.db.inTenant(notice.tenantId as TenantId, (tx) => orderAgain(tx, this.jobs, { ...notice, giveUpAt }, until));
  }

  // What has changed since it was ordered counts: an agent who has given the conversation away, or left, hears nothing of it.
  private async compose(tx: TenantTx, { messageId, agentId, why }: Notice) {
    if (!(await this.tenants.isActive(tx))) return null;
    const said = await this.find(tx, messageId as MessageId);
    const agent = await this.agents.byId(tx, agentId);
    if (!said || !agent || said.isQuarantined || said.assigneeId !== agentId || !mayHear(agent, said.connectionId)) return null;
    const connection = await this.connections.open(tx, said.connectionId);
    const state = await this.connections.stateOf(tx, said.connectionId);
    if (connection.mailbox?.settings.agentMail !== true || state === 'disconnected') return null;
    // Its writer need not be told.
    if (agent.email.toLowerCase() === said.authorAddress?.toLowerCase()) return null;
    const replyTo = await this.answerAddress(tx, connection, { agentId, conversationId: said.conversationId });
    const { subject, text } = noticeMail(agent.locale, {
      ...said,
      author: said.author ?? '',
      fileNames: (said.fileNames ?? []).filter((name) => name !== ''),
      isAssignment: why === 'assigned',
      canAnswer: replyTo !== null,
      url: `${this.config.publicUrl}/inbox/mine/${said.conversationId}`,
    });
    const to = { address: agent.email, name: agent.name };
    return { connection, notice: { to, subject, text, replyTo, occasion: `${messageId} ${why}` } };
  }

  private async answerAddress(
    tx: TenantTx,
    connection: OpenConnection,
    { agentId, conversationId }: { agentId: string; conversationId: ConversationId },
  ): Promise<string | null> {
    if (connection.mailbox?.takesPlusAddresses !== true) return null;
    return this.tokens.mint(tx, { connectionId: connection.id, agentId, conversationId }, connection.externalId);
  }

  private async find(tx: TenantTx, messageId: MessageId): Promise<Said | null> {
    const [row] = await tx.query<Said>(
      `select message.conversation_id as "conversationId", conversation.connection_id as "connectionId", conversation.number::text,
         conversation.subject, conversation.assignee_id as "assigneeId", conversation.quarantined_at is not null as "isQuarantined",
         contact.name as author, (select name from contact answered where answered.id = conversation.contact_id) as contact, message.text, message.withheld as "isWithheld", message.from_stranger as "isStranger",
         (select external_id from contact_identity known where known.contact_id = contact.id and known.channel = 'email' limit 1) as "authorAddress",
         (select array_agg(name order by position) from attachment where attachment.message_id = message.id) as "fileNames"
       from message
       join conversation on conversation.tenant_id = message.tenant_id and conversation.id = message.conversation_id
       left join contact on contact.tenant_id = message.tenant_id and contact.id = message.author_contact_id
       where message.id = $1`,
      [messageId],
    );
    return row ?? null;
  }
}

function mayHear(agent: AgentNow, connectionId: ConnectionId): boolean {
  return agent.state === 'active' && may(agent, 'conversation:read') && sees(agent, connectionId);
}
