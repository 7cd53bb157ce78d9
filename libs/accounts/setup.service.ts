import { Injectable } from '@nestjs/common';
import { Audit, type AuditActor } from '#audit';
import type { NewTenant, Setup, TenantMade } from '#contract';
import { Clock, Database, newId, Refusal, type Source, type TenantId, type TenantTx } from '#platform';
import { PolicyService } from '#policies';
import type { AgentId } from './actor.js';
import { AgentEntity } from './agent.entity.js';
import { InvitationService } from './invitation.service.js';
import { type OperatorActor, operatorAuditedAs } from './operator.js';
import { PasswordService } from './passwords.service.js';
import { SecuritySettings } from './security.service.js';
import { SessionService, type SignedIn } from './session.service.js';

/** Any constant: it names the lock under which the first tenant is made. */
const SETUP_LOCK = 7_266_002;

/** Making tenants: the first one by whoever opens a fresh installation, others by the operator. */
@Injectable()
export class SetupService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly policies: PolicyService,
    private readonly sessions: SessionService,
    private readonly invitations: InvitationService,
    private readonly audit: Audit,
    private readonly passwords: PasswordService,
    private readonly settings: SecuritySettings,
  ) {}

  async isNeeded(): Promise<boolean> {
    const [row] = await this.db.query<{ exists: boolean }>('select tenant_exists() as exists');
    return !row!.exists;
  }

  /**
   * Make the first tenant and its owner, and sign the owner in.
   *
   * Errors   conflict `already_set_up` once there is a tenant
   * Repeats  of any number of these at once, one succeeds
   */
  async first(setup: Setup, source: Source): Promise<SignedIn> {
    // Before the lock is taken: hashing must not be what others wait for.
    const passwordHash = (await this.isNeeded()) ? await this.hash(setup) : '';
    return this.create(setup, passwordHash, async (tx, agentId) => {
      await tx.query('select pg_advisory_xact_lock($1)', [SETUP_LOCK]);
      const [row] = await tx.query<{ exists: boolean }>('select tenant_exists() as exists');
      if (row!.exists) throw new Refusal('conflict', 'already_set_up', 'This installation is already set up. Sign in instead.');
      return () => this.sessions.open(tx, agentId, source, { by: 'setup', factors: 1 });
    });
  }

  /**
   * Make one more tenant with its owner.
   *
   * Shape    isEasy: without a second factor for owners and admins, and with desks that do not lock themselves, as the demo's are; every other
   *          tenant begins with both
   */
  async tenant(setup: Setup, { isEasy = false } = {}): Promise<TenantId> {
    const passwordHash = await this.hash(setup);
    return this.create({ ...setup, isEasy }, passwordHash, (tx) => Promise.resolve(() => Promise.resolve(tx.tenantId)));
  }

  private hash({ password, name, email, tenantName }: Setup): Promise<string> {
    return this.passwords.hashNew(password, [name, email, tenantName]);
  }

  /** Make a tenant whose owner comes in by a link, which is shown once. */
  async byOperator(operator: OperatorActor, { name, ownerName, ownerEmail, locale }: NewTenant): Promise<TenantMade> {
    const owner = { tenantName: name, name: ownerName, email: ownerEmail, locale };
    const invite = (tx: TenantTx, agentId: AgentId) =>
      Promise.resolve(async () => ({ id: tx.tenantId, ...(await this.invitations.issue(tx, agentId)) }));
    return this.create(owner, null, invite, operatorAuditedAs(operator));
  }

  private create<T>(
    { tenantName, name, email, locale, isEasy = false }: Omit<Setup, 'password'> & { isEasy?: boolean },
    passwordHash: string | null,
    before: (tx: TenantTx, agentId: AgentId) => Promise<() => Promise<T>>,
    by: AuditActor = { kind: 'system' },
  ): Promise<T> {
    const now = this.clock.now();
    const tenantId = newId<TenantId>(now);
    const id = newId<AgentId>(now);
    return this.db.inTenant(tenantId, async (tx) => {
      const after = await before(tx, id);
      await tx.query('insert into tenant (id, name, created_at) values ($1, $2, $3)', [tenantId, tenantName, now]);
      await tx.entities.insert(AgentEntity, {
        tenantId,
        id,
        email,
        name,
        role: 'owner',
        state: passwordHash === null ? 'invited' : 'active',
        locale: locale ?? 'en',
        passwordHash,
        createdAt: now,
        joinedAt: passwordHash === null ? null : now,
      });
      if (isEasy) await tx.query('update tenant set lock_after_minutes = null');
      else await this.settings.begin(tx);
      await this.policies.begin(tx);
      const made = { act: 'tenant_made', by, about: { kind: 'tenant', id: tenantId }, facts: { owner: id } } as const;
      this.audit.append(tx, { ...made, personal: { name, address: email } });
      this.audit.appendToInstallation(tx, made);
      return after();
    });
  }
}
