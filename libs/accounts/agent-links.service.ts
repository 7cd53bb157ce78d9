import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, type TenantTx } from '#platform';
import type { AgentId } from './actor.js';
import { AddressChangeService } from './address-change.service.js';
import { type AgentNow, AgentService } from './agent.service.js';
import { InvitationService } from './invitation.service.js';
import type { AgentMailKind } from './mail-agent.js';
import { PasswordResetService } from './password-reset.service.js';
import { isActive } from './suspension.js';

/** Where a mail leads that opens nothing. */
const PATHS: Partial<Record<AgentMailKind, string>> = {
  networks_changed: '/security',
  much_read: '/audit',
};

/** What is needed to write one mail to an agent. */
export interface AgentMail {
  to: { address: string; name: string };
  agent: AgentNow;
  tenantName: string;
  /** What the mail leads to: a link that opens something, or the page where one looks after oneself. */
  url: string;
  /** The address that an address is to change to. */
  nextEmail: string;
}

/** Makes what mails to agents lead to, at the moment they are sent. */
@Injectable()
export class AgentLinks {
  constructor(
    private readonly agents: AgentService,
    private readonly invitations: InvitationService,
    private readonly resets: PasswordResetService,
    private readonly addresses: AddressChangeService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Null when there is nothing to be said any more. Repeats: a link of the same kind that was made before opens nothing any more. */
  async make(tx: TenantTx, agentId: AgentId, kind: AgentMailKind): Promise<AgentMail | null> {
    // A suspended tenant's people hear nothing of it until it is resumed.
    if (!(await isActive(tx))) return null;
    const agent = await this.agents.byId(tx, agentId);
    if (!agent || agent.state === 'deleted') return null;
    const made = await this.link(tx, agentId, kind);
    if (made === null) return null;
    const [tenant] = await tx.query<{ name: string }>('select name from tenant');
    const { path, nextEmail = '' } = made;
    const address = kind === 'next_address_asked' ? nextEmail : agent.email;
    return { to: { address, name: agent.name }, agent, tenantName: tenant!.name, url: `${this.config.publicUrl}${path}`, nextEmail };
  }

  // Behind the hash: what follows it is not sent to servers, so it is in no access log and no Referer.
  private async link(tx: TenantTx, agentId: AgentId, kind: AgentMailKind): Promise<{ path: string; nextEmail?: string } | null> {
    if (kind === 'invited') return under('/invite#', await this.invitations.mintMailed(tx, agentId));
    if (kind === 'password_reset_asked') return under('/new-password#', await this.resets.mint(tx, agentId));
    if (kind === 'present_address_asked' || kind === 'next_address_asked') {
      const made = await this.addresses.mint(tx, agentId, kind === 'next_address_asked' ? 'next' : 'present');
      return made && { path: `/confirm-address#${made.token}`, nextEmail: made.nextEmail };
    }
    return { path: PATHS[kind] ?? '/profile' };
  }
}

function under(path: string, token: string | null): { path: string } | null {
  return token === null ? null : { path: `${path}${token}` };
}
