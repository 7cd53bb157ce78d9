import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AgentService, TenantService } from '#accounts';
import { AgentNotices, type ConnectionId, ConnectionService } from '#channels';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, SecretBox, type TenantId, type TenantTx } from '#platform';
import { returnMail } from './notify-agent-words.js';

/** Bring back to an agent what he answered by mail and could not be sent. */
const ReturnAgentMail = defineJob({
  name: 'return-agent-mail',
  payload: z.object({ tenantId: z.uuid(), returnId: z.uuid() }),
  attemptTimeoutMs: 900_000,
});
const SweepAgentMail = defineJob({ name: 'sweep-agent-mail', payload: z.undefined(), cron: '47 3 * * *', attemptTimeoutMs: 600_000 });

/** What cannot be brought back in this time never will be. */
const KEPT_DAYS_MAX = 14;
const TEXT_CHARS_MAX = 100_000;

interface Returned {
  agentId: string;
  connectionId: ConnectionId;
  /** Why: a stable code. */
  code: string;
  text: string;
  conversationId: string;
  /** The mail it came by: what came twice goes back once. */
  externalId: string;
}

/** What agents wrote by mail and nobody got, on its way back to them. Sealed until then: no policy of the tenant's has seen it. */
@Injectable()
export class AgentMailReturnJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly agents: AgentService,
    private readonly tenants: TenantService,
    private readonly connections: ConnectionService,
    private readonly notices: AgentNotices,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(ReturnAgentMail, ({ tenantId, returnId }) => this.bringBack(tenantId as TenantId, returnId));
    this.jobs.bind(SweepAgentMail, async () => {
      const before = new Date(this.clock.now().getTime() - KEPT_DAYS_MAX * DAY_MS);
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) {
        await this.db.inTenant(id, (tx) => this.sweep(tx, before));
      }
    });
  }

  /** Send it back, if `tx` commits. */
  async order(tx: TenantTx, { agentId, connectionId, code, text, conversationId, externalId }: Returned): Promise<void> {
    // Gone altogether: there is nobody to bring it back to.
    if ((await this.agents.byId(tx, agentId)) === null) return;
    const id = idOf(`${tx.tenantId} ${connectionId} ${externalId}`);
    const content = JSON.stringify({ text: text.slice(0, TEXT_CHARS_MAX), conversationId });
    await tx.query(
      `insert into agent_mail_return (tenant_id, id, agent_id, connection_id, code, sealed_text, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, id) do nothing`,
      [tx.tenantId, id, agentId, connectionId, code, this.secrets.seal(content, contextOf(tx, id)), this.clock.now()],
    );
    await this.jobs.enqueue(tx, ReturnAgentMail, { tenantId: tx.tenantId, returnId: id });
  }

  /** All that is still here: what could not be sent for a while may be sent now. */
  async orderAll(tx: TenantTx): Promise<void> {
    const waiting = await tx.query<{ id: string }>('select id from agent_mail_return');
    for (const { id } of waiting) await this.jobs.enqueue(tx, ReturnAgentMail, { tenantId: tx.tenantId, returnId: id });
  }

  // While nothing may be sent, what an agent wrote is not too old but waiting.
  private async sweep(tx: TenantTx, before: Date): Promise<void> {
    if (await this.tenants.isActive(tx)) await tx.query('delete from agent_mail_return where created_at < $1', [before]);
  }

  private async bringBack(tenantId: TenantId, id: string): Promise<void> {
    const mail = await this.db.inTenant(tenantId, (tx) => this.compose(tx, id));
    const fate = mail === null ? 'refused' : await this.notices.send(mail.connection, mail.notice);
    // Refused for good, or held back with its tenant: it stays a while, should the job be asked for again.
    if (fate === 'refused') return;
    await this.db.inTenant(tenantId, async (tx) => {
      if (fate === 'sent') await tx.query('delete from agent_mail_return where id = $1', [id]);
      // As a job of its own: waiting for one's turn is no failed try.
      else await this.jobs.enqueue(tx, ReturnAgentMail, { tenantId, returnId: id }, { runAt: fate.waitsUntil });
    });
  }

  private async compose(tx: TenantTx, id: string) {
    const [row] = await tx.query<{ agentId: string; connectionId: ConnectionId; code: string; sealed: Buffer }>(
      'select agent_id as "agentId", connection_id as "connectionId", code, sealed_text as sealed from agent_mail_return where id = $1',
      [id],
    );
    const agent = row ? await this.agents.byId(tx, row.agentId) : null;
    if (!row || !agent || !(await this.tenants.isActive(tx))) return null;
    const opened = Content.parse(JSON.parse(this.secrets.open(row.sealed, contextOf(tx, id)).toString()));
    const url = `${this.config.publicUrl}/inbox/all/${opened.conversationId}`;
    const mail = returnMail(agent.locale, { code: row.code, text: opened.text, url });
    const to = { address: agent.email, name: agent.name };
    return {
      connection: await this.connections.open(tx, row.connectionId),
      notice: { to, ...mail, replyTo: null, occasion: `return ${id}` },
    };
  }
}

/** A UUID of a name's own (RFC 9562 section 5.8). */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const Content = z.object({ text: z.string(), conversationId: z.string() });

function contextOf(tx: TenantTx, id: string) {
  return { owner: tx.tenantId, purpose: `agent mail ${id}` };
}
