import { Injectable } from '@nestjs/common';
import { AgentService } from '#accounts';
import { Clock, Database, SecretBox, SECOND_MS, type TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import type { OpenMailbox } from '../channel.js';
import { openMailbox } from '../mailbox-facts.js';
import type { TokenSeal } from './mail-token.js';

/** What one has to know of a mailbox and its tenant to tell what a mail in it is. */
export interface ReadingFacts {
  /** Of the mailbox the mail came to, then of the tenant's others: a mail that is answered to several of them is in one conversation. */
  seals: TokenSeal[];
  /** The mailbox's own address. */
  address: string;
  /** The addresses of all the tenant's mailboxes. */
  ownAddresses: ReadonlySet<string>;
  /** Who of the tenant may act, by address. */
  agents: ReadonlyMap<string, { id: string; name: string; email: string }>;
  settings: OpenMailbox['settings'];
}

/** A backlog of a thousand mails does not ask a thousand times. */
const KEPT_MS = 3 * SECOND_MS;
const MAILBOXES_KEPT_MAX = 1000;
const TENANT_MAILBOXES_MAX = 200;

const UNSET: OpenMailbox['settings'] = {
  signature: '',
  forms: [],
  plusAddressing: 'auto',
  autoReply: { on: false, text: '' },
  agentMail: false,
  authservIds: [],
  trustedSealers: [],
};

/** Remembers for a few seconds what reading a mailbox's mail needs. No secret of the mailbox is in it. */
@Injectable()
export class MailboxReadingFacts {
  private readonly kept = new Map<string, { askedMs: number; facts: Promise<ReadingFacts | null> }>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly agents: AgentService,
  ) {}

  /**
   * The facts as they were when the mail came, or since. Null when there is no such mailbox (any more). What an admin changed holds for the
   * next mail that comes.
   */
  async of(tenantId: TenantId, connectionId: ConnectionId, receivedAt: Date): Promise<ReadingFacts | null> {
    const nowMs = this.clock.now().getTime();
    const known = this.kept.get(connectionId);
    if (known !== undefined && known.askedMs > receivedAt.getTime() && nowMs - known.askedMs < KEPT_MS) return known.facts;
    if (this.kept.size >= MAILBOXES_KEPT_MAX) this.kept.clear();
    const asked = { askedMs: nowMs, facts: this.ask(tenantId, connectionId) };
    this.kept.set(connectionId, asked);
    // A failure is not a fact.
    asked.facts.catch(() => this.kept.delete(connectionId));
    return asked.facts;
  }

  private async ask(tenantId: TenantId, connectionId: ConnectionId): Promise<ReadingFacts | null> {
    return this.db.inTenant(tenantId, async (tx) => {
      const mailboxes = await tx.query<{ id: string; address: string }>(
        "select id, lower(external_id) as address from connection where channel = 'email' order by id = $1 desc, created_at desc limit $2",
        [connectionId, TENANT_MAILBOXES_MAX],
      );
      const own = mailboxes.find(({ id }) => id === connectionId);
      if (own === undefined) return null;
      const opened = await openMailbox(tx, connectionId);
      const agents = await this.agents.active(tx);
      const key = this.secrets.derive('mail tokens');
      return {
        seals: mailboxes.map(({ id }) => ({ key, tenantId, mailboxId: id })),
        address: own.address,
        ownAddresses: new Set(mailboxes.map(({ address }) => address)),
        agents: new Map(agents.map((agent) => [agent.email, agent])),
        settings: opened?.settings ?? UNSET,
      };
    });
  }
}
