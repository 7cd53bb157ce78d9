import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AgentService } from '#accounts';
import type { Locale } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, Log, newId, type TenantId } from '#platform';
import { InstallationMail } from './email/index.js';
import { NotifyAdmins } from './follow-up-jobs.js';

/** One mail to one person, so that a mail that fails is tried again without the others. */
const MailAdmin = defineJob({
  name: 'mail-admin',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid(), agentId: z.uuid(), mailId: z.uuid() }),
});

/** Tells those who can mend a connection that it is broken. The mail names the connection and nothing that was said through it. */
@Injectable()
export class NotifyAdminsJob implements OnModuleInit {
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
    this.jobs.bind(NotifyAdmins, (payload) => this.all(payload.tenantId as TenantId, payload.connectionId));
    this.jobs.bind(MailAdmin, (payload) => this.one(payload as typeof payload & { tenantId: TenantId }));
  }

  private async all(tenantId: TenantId, connectionId: string): Promise<void> {
    if (!this.mail.isPossible) {
      this.log.warn('admins_not_told', { tenantId, connectionId, code: 'no_outgoing_mail' });
      return;
    }
    await this.db.inTenant(tenantId, async (tx) => {
      for (const { id } of await this.agents.admins(tx)) {
        const mailId = newId(this.clock.now());
        await this.jobs.enqueue(
          tx,
          MailAdmin,
          { tenantId, connectionId, agentId: id, mailId },
          { onceKey: `mail-admin:${connectionId}:${id}` },
        );
      }
    });
  }

  private async one({
    tenantId,
    connectionId,
    agentId,
    mailId,
  }: z.infer<typeof MailAdmin.payload> & { tenantId: TenantId }): Promise<void> {
    const found = await this.db.inTenant(tenantId, async (tx) => {
      const [connection] = await tx.query<{ name: string; state: string; brings_nothing: boolean }>(
        `select name, state, exists (select 1 from mailbox where connection_id = $1 and inbound = 'imap' and error_remedy = 'reconnect') as brings_nothing
         from connection where id = $1`,
        [connectionId],
      );
      const admin = (await this.agents.admins(tx)).find(({ id }) => id === agentId);
      return connection?.state === 'needs_reconnecting' && admin ? { connection, admin } : null;
    });
    // Mended in the meantime, or no longer an admin: nobody needs to be told.
    if (found === null) return;
    const { connection, admin } = found;
    const { subject, text } = WORDS[admin.locale]({
      name: admin.name,
      connection: connection.name,
      bringsNothing: connection.brings_nothing,
      url: `${this.config.publicUrl}/settings/connections`,
    });
    await this.mail.send({ to: { address: admin.email, name: admin.name }, subject, text, occasion: mailId });
  }
}

interface Facts {
  name: string;
  connection: string;
  /** It is a mailbox that we fetch from, and are not let into. */
  bringsNothing: boolean;
  url: string;
}

const WORDS: Record<Locale, (facts: Facts) => { subject: string; text: string }> = {
  en: ({ name, connection, bringsNothing, url }) => ({
    subject: `${connection} has to be connected again`,
    text: `Hello ${name},

${
  bringsNothing
    ? `The mail server no longer lets Omnidesk into “${connection}”. What your customers write waits there, and comes in once the connection is restored. Answers wait as well.`
    : `Omnidesk can no longer send through “${connection}”. What your customers write still comes in. Answers wait, and go out once the connection is restored.`
}

Connect it again here: ${url}

You get this mail because you manage the connections of your team.`,
  }),
  nl: ({ name, connection, bringsNothing, url }) => ({
    subject: `${connection} moet opnieuw worden gekoppeld`,
    text: `Hallo ${name},

${
  bringsNothing
    ? `De mailserver laat Omnidesk niet meer toe tot ‘${connection}’. Wat uw klanten schrijven blijft daar staan, en komt binnen zodra de koppeling hersteld is. Ook antwoorden wachten.`
    : `Omnidesk kan niet meer verzenden via ‘${connection}’. Wat uw klanten schrijven komt nog binnen. Antwoorden wachten, en gaan weg zodra de koppeling hersteld is.`
}

Koppel opnieuw op: ${url}

U krijgt deze mail omdat u de koppelingen van uw team beheert.`,
  }),
};
