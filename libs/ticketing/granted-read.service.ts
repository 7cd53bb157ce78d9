import { Injectable } from '@nestjs/common';
import { type Actor, type AgentId, type OperatorActor, operatorAuditedAs, OperatorGrants, type SessionId } from '#accounts';
import { Audit } from '#audit';
import type { AuditAct, Conversation, ConversationQuery, ConversationRow, Message, Page } from '#contract';
import { Database, isUuid, notFound, Refusal, type TenantId } from '#platform';
import type { ConversationId } from './ids.js';
import { ReadService } from './read.service.js';

/** No agent has it: what is "mine" for an operator is nothing. */
const NO_AGENT = '00000000-0000-0000-0000-000000000000' as AgentId;

/**
 * What a tenant keeps, shown to an operator by that tenant's own grant. The grant is asked for before anything is read and once more, in the
 * transaction that writes the view into the tenant's audit, before anything is shown: a view that is not written down is not given.
 * Without a grant a tenant's conversations do not exist.
 */
@Injectable()
export class GrantedRead {
  constructor(
    private readonly db: Database,
    private readonly grants: OperatorGrants,
    private readonly audit: Audit,
    private readonly reads: ReadService,
  ) {}

  /** Errors: not_found, also without a grant. */
  list(operator: OperatorActor, tenantId: string, query: ConversationQuery): Promise<Page<ConversationRow>> {
    return this.view(operator, tenantId, { act: 'operator_read_list' }, (reader) => this.reads.list(reader, query));
  }

  /** Errors: not_found, also without a grant. */
  conversation(operator: OperatorActor, tenantId: string, id: ConversationId): Promise<Conversation> {
    return this.view(operator, tenantId, { act: 'operator_read_conversation', id, part: 'head' }, (reader) =>
      this.reads.conversation(reader, id),
    );
  }

  /** Errors: not_found, also without a grant. */
  messages(
    operator: OperatorActor,
    tenantId: string,
    id: ConversationId,
    page: { cursor?: string; limit: number },
  ): Promise<Page<Message>> {
    return this.view(operator, tenantId, { act: 'operator_read_conversation', id, part: 'messages' }, (reader) =>
      this.reads.messages(reader, id, page),
    );
  }

  private async view<T>(operator: OperatorActor, tenantId: string, seen: Seen, read: (reader: Actor) => Promise<T>): Promise<T> {
    if (!isUuid(tenantId)) throw notFound();
    try {
      const granted = await this.db.inTenant(tenantId as TenantId, (tx) => this.grants.live(tx));
      if (!granted) throw notFound();
      const shown = await read(readerOf(tenantId as TenantId));
      await this.db.inTenant(tenantId as TenantId, async (tx) => {
        const grant = await this.grants.live(tx);
        if (!grant) throw notFound();
        const facts = { grantId: grant.id, ...(seen.part === undefined ? {} : { part: seen.part }) };
        const about = seen.id === undefined ? { kind: 'tenant', id: tenantId } : { kind: 'conversation', id: seen.id };
        this.audit.append(tx, { act: seen.act, by: operatorAuditedAs(operator), about, facts });
        const by = { act: seen.act, by: operatorAuditedAs(operator), about: { kind: 'tenant', id: tenantId } };
        this.audit.appendToInstallation(tx, by);
      });
      return shown;
    } catch (error) {
      if (error instanceof Refusal) await this.refused(operator, tenantId);
      throw error;
    }
  }

  private async refused(operator: OperatorActor, tenantId: string): Promise<void> {
    const about = { kind: 'tenant', id: tenantId };
    await this.audit.record('installation', { act: 'operator_read_refused', by: operatorAuditedAs(operator), about });
  }
}

interface Seen {
  act: AuditAct;
  id?: string;
  part?: string;
}

/** Reads, and can do nothing else; is no agent of the tenant's. */
function readerOf(tenantId: TenantId): Actor {
  return {
    tenantId,
    tenantName: '',
    agentId: NO_AGENT,
    sessionId: '' as SessionId,
    name: '',
    email: '',
    role: 'privacy_officer',
    roleId: null,
    permissions: new Set(['conversation:read']),
    connections: null,
    state: 'live',
    provedAt: null,
    provedAllAt: null,
    hasPassword: false,
    secondFactors: [],
    enrolBy: null,
    locale: 'en',
    signature: '',
  };
}
