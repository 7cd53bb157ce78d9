import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AgentService, TellAdmins } from '#accounts';
import type { Locale } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, Log, newId, type TenantId } from '#platform';
import { InstallationMail } from './email/index.js';

/** One mail to one person, so that a mail that fails is tried again without the others. */
const TellAdmin = defineJob({
  name: 'tell-admin',
  payload: z.object({ tenantId: z.uuid(), byAgentId: z.uuid(), agentId: z.uuid(), mailId: z.uuid() }),
});

/** Tells the other admins that one of them has changed from where people may come in, in a way that leaves out that admin's own place. */
@Injectable()
export class TellAdminsJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly db: Database,
    private readonly agents: AgentService,
    private readonly clock: Clock,
    private readonly mail: InstallationMail,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(TellAdmins, (payload) => this.all(payload as typeof payload & { tenantId: TenantId }));
    this.jobs.bind(TellAdmin, (payload) => this.one(payload as typeof payload & { tenantId: TenantId }));
  }

  private async all({ tenantId, byAgentId, noticeId }: z.infer<typeof TellAdmins.payload> & { tenantId: TenantId }): Promise<void> {
    if (!this.mail.isPossible) {
      this.log.warn('admins_not_told', { tenantId, code: 'no_outgoing_mail' });
      return;
    }
    await this.db.inTenant(tenantId, async (tx) => {
      for (const { id } of await this.agents.admins(tx)) {
        if (id === byAgentId) continue;
        const payload = { tenantId, byAgentId, agentId: id, mailId: newId(this.clock.now()) };
        await this.jobs.enqueue(tx, TellAdmin, payload, { onceKey: `tell-admin:${noticeId}:${id}` });
      }
    });
  }

  private async one({ tenantId, byAgentId, agentId, mailId }: z.infer<typeof TellAdmin.payload> & { tenantId: TenantId }): Promise<void> {
    const [admins, by] = await this.db.inTenant(tenantId, async (tx) => [
      await this.agents.admins(tx),
      await this.agents.byId(tx, byAgentId),
    ]);
    const admin = admins.find(({ id }) => id === agentId);
    if (!admin || !by) return;
    const { subject, text } = WORDS[admin.locale]({ name: admin.name, by: by.name, url: `${this.config.publicUrl}/security` });
    await this.mail.send({ to: { address: admin.email, name: admin.name }, subject, text, occasion: mailId });
  }
}

const WORDS: Record<Locale, (facts: { name: string; by: string; url: string }) => { subject: string; text: string }> = {
  en: ({ name, by, url }) => ({
    subject: 'The networks of your team were changed',
    text: `Hello ${name},

${by} has changed from which networks your team can be reached, and the new list leaves out the network from which it was changed.

If you did not expect this, talk to ${by}, and look at the list: ${url}

If you cannot come in any more, whoever runs your installation can empty the list.`,
  }),
  nl: ({ name, by, url }) => ({
    subject: 'De netwerken van uw team zijn gewijzigd',
    text: `Hallo ${name},

${by} heeft gewijzigd vanaf welke netwerken uw team bereikbaar is, en het netwerk vanwaar dat is gewijzigd staat niet in de nieuwe lijst.

Had u dit niet verwacht? Overleg met ${by}, en bekijk de lijst: ${url}

Kunt u er zelf niet meer in, dan kan de beheerder van uw installatie de lijst leegmaken.`,
  }),
};
