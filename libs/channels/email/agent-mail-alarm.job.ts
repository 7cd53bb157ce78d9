import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AgentService } from '#accounts';
import type { Locale } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, Log, type TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { AgentMailUnproven } from '../follow-up-jobs.js';
import { AgentTokens } from './agent-token.js';
import { InstallationMail } from './installation-mail.js';

/** Somebody who tries often is told of once. */
const TOLD_EVERY_MS = DAY_MS;
/** One mail to one person, so that a mail that fails is tried again without the others. */
const MailAlarm = defineJob({
  name: 'mail-agent-alarm',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid(), agentId: z.uuid(), at: z.iso.datetime() }),
});
const SweepAgentTokens = defineJob({ name: 'sweep-agent-tokens', payload: z.undefined(), cron: '41 3 * * *', attemptTimeoutMs: 600_000 });

/** Tells the admins that somebody who did not prove to be an agent tried to answer as one. The mail itself lies in quarantine. */
@Injectable()
export class AgentMailAlarmJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly agents: AgentService,
    private readonly connections: ConnectionService,
    private readonly tokens: AgentTokens,
    private readonly clock: Clock,
    private readonly mail: InstallationMail,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(AgentMailUnproven, ({ tenantId, connectionId }) => this.all(tenantId as TenantId, connectionId as ConnectionId));
    this.jobs.bind(MailAlarm, ({ tenantId, ...payload }) => this.one(tenantId as TenantId, payload));
    this.jobs.bind(SweepAgentTokens, async () => {
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) {
        await this.db.inTenant(id, (tx) => this.tokens.sweep(tx));
      }
    });
  }

  private async all(tenantId: TenantId, connectionId: ConnectionId): Promise<void> {
    if (!this.mail.isPossible) {
      this.log.warn('admins_not_told', { tenantId, connectionId, code: 'no_outgoing_mail' });
      return;
    }
    const now = this.clock.now();
    await this.db.inTenant(tenantId, async (tx) => {
      const due = await tx.query(
        `insert into agent_mail_alarm (tenant_id, connection_id, told_at) values ($1, $2, $3)
         on conflict (tenant_id, connection_id) do update set told_at = excluded.told_at where agent_mail_alarm.told_at <= $4
         returning connection_id`,
        [tenantId, connectionId, now, new Date(now.getTime() - TOLD_EVERY_MS)],
      );
      if (due.length === 0) return;
      for (const { id } of await this.agents.admins(tx)) {
        await this.jobs.enqueue(tx, MailAlarm, { tenantId, connectionId, agentId: id, at: now.toISOString() });
      }
    });
  }

  private async one(tenantId: TenantId, { connectionId, agentId, at }: Omit<z.infer<typeof MailAlarm.payload>, 'tenantId'>): Promise<void> {
    const found = await this.db.inTenant(tenantId, async (tx) => {
      const admin = (await this.agents.admins(tx)).find(({ id }) => id === agentId);
      return { admin, mailbox: (await this.connections.names(tx)).get(connectionId) };
    });
    const { admin, mailbox } = found;
    // No longer an admin, or the mailbox is gone: nobody needs to be told.
    if (admin === undefined || mailbox === undefined) return;
    const facts = { name: admin.name, mailbox, url: `${this.config.publicUrl}/quarantine` };
    const occasion = `agent mail alarm ${connectionId} ${at}`;
    await this.mail.send({ to: { address: admin.email, name: admin.name }, occasion, ...WORDS[admin.locale](facts) });
  }
}

interface Facts {
  name: string;
  mailbox: string;
  url: string;
}

const WORDS: Record<Locale, (facts: Facts) => { subject: string; text: string }> = {
  en: ({ name, mailbox, url }) => ({
    subject: `Somebody wrote as one of your agents to ${mailbox}`,
    text: `Hello ${name},

A mail came to “${mailbox}” that looks like an agent’s answer to a notification, and could not be proven to be one: its address is unknown or too old, its sender is another, or the signature of the sender’s domain is missing. Nothing was sent to your customer.

The mail lies here, with others of that kind if there are any: ${url}

If an agent of yours wrote it, his mail provider has to sign what he sends (DKIM). You get this mail at most once a day.`,
  }),
  nl: ({ name, mailbox, url }) => ({
    subject: `Iemand schreef als een van uw medewerkers naar ${mailbox}`,
    text: `Hallo ${name},

Bij ‘${mailbox}’ kwam een mail binnen die lijkt op het antwoord van een medewerker op een melding, maar dat niet bewijst: het adres is onbekend of te oud, de afzender is een ander, of de handtekening van het domein van de afzender ontbreekt. Er is niets naar uw klant gestuurd.

De mail ligt hier, samen met eventuele andere: ${url}

Heeft een medewerker van u hem geschreven, dan moet zijn mailprovider ondertekenen wat hij verstuurt (DKIM). U krijgt deze mail hooguit één keer per dag.`,
  }),
};
