import { createHash, randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, MINUTE_MS, newId, Refusal, type TenantId } from '#platform';
import type { AgentId, SessionId } from './actor.js';
import type { ProviderKey } from './identity-provider.js';

export const ATTEMPT_LIFE_MS = 10 * MINUTE_MS;
const RANDOM_BYTES = 32;
const RANDOM = /^[A-Za-z0-9_-]{43}$/;

/** A way to a provider that nobody came back from is forgotten when its time is over. */
const ForgetIdentityAttempt = defineJob({
  name: 'forget-identity-attempt',
  payload: z.object({ tenantId: z.uuid(), attemptId: z.uuid() }),
});

/** What somebody goes to a provider for. `agentId` and `sessionId`: who does so from within. */
export interface Errand {
  purpose: 'sign_in' | 'invitation' | 'connect' | 'confirm' | 'second_step';
  agentId?: AgentId;
  sessionId?: SessionId;
  invitationDigest?: Buffer;
}

export interface Attempt {
  id: string;
  purpose: Errand['purpose'];
  agentId: AgentId | null;
  sessionId: SessionId | null;
  invitationDigest: Buffer | null;
  beganAt: Date;
}

/** What is noted of a way to a provider: the state goes with the browser, `browser` stays in its cookie. */
export interface Begun {
  state: string;
  browser: string;
}

const COLUMNS = `id, purpose, agent_id as "agentId", session_id as "sessionId", invitation_digest as "invitationDigest",
  expires_at as "expiresAt"`;
type Row = Omit<Attempt, 'beganAt'> & { expiresAt: Date };

/** Ways to a provider and back: in one browser, for one errand, once, within ten minutes. */
@Injectable()
export class IdentityAttempts implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(ForgetIdentityAttempt, ({ tenantId, attemptId }) =>
      this.db.inTenant(tenantId as TenantId, async (tx) => {
        await tx.query('delete from identity_attempt where id = $1', [attemptId]);
      }),
    );
  }

  async begin(key: ProviderKey, errand: Errand): Promise<Begun> {
    const begun = { state: random(), browser: random() };
    await this.keep(key, errand, begun);
    return begun;
  }

  /** The provider has proved who somebody is, and a factor of his own is still to come, in the same browser. */
  async awaitSecondStep(key: ProviderKey, agentId: AgentId, browser: string): Promise<void> {
    await this.keep(key, { purpose: 'second_step', agentId }, { state: random(), browser });
  }

  /** What a state stands for, which stands for nothing from now on. Errors: unprocessable `bad_state`, `expired_state`. */
  async take({ tenantId, providerId }: ProviderKey, { state, browser }: { state: string; browser: string | undefined }): Promise<Attempt> {
    if (!RANDOM.test(state)) throw badState();
    // Whoever shows a state has used it up, in whichever browser.
    const [row] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<Row & { browserDigest: Buffer; providerId: string }>(
        `delete from identity_attempt where state_digest = $1
         returning ${COLUMNS}, browser_digest as "browserDigest", provider_id as "providerId"`,
        [digestOf(state)],
      ),
    );
    const isHere = row?.providerId === providerId && browser !== undefined && row.browserDigest.equals(digestOf(browser));
    if (!isHere || row.purpose === 'second_step') throw badState();
    return this.inTime(row);
  }

  /** Who has only the second step before him in this browser. Errors: as `take`. */
  async secondStep({ tenantId, providerId }: ProviderKey, browser: string | undefined): Promise<Attempt & { agentId: AgentId }> {
    if (browser === undefined) throw badState();
    const [row] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<Row & { agentId: AgentId }>(
        `select ${COLUMNS} from identity_attempt where browser_digest = $1 and provider_id = $2 and purpose = 'second_step'`,
        [digestOf(browser), providerId],
      ),
    );
    if (!row) throw badState();
    return { ...this.inTime(row), agentId: row.agentId };
  }

  /** Of two at the same moment, one ends it. Errors: unprocessable `bad_state` for the other. */
  async end(tenantId: TenantId, attemptId: string): Promise<void> {
    const ended = await this.db.inTenant(tenantId, (tx) =>
      tx.query('delete from identity_attempt where id = $1 returning id', [attemptId]),
    );
    if (ended.length === 0) throw badState();
  }

  private inTime({ expiresAt, ...row }: Row): Attempt {
    if (expiresAt <= this.clock.now()) {
      throw new Refusal('unprocessable', 'expired_state', 'This took too long. Begin again.');
    }
    return { ...row, beganAt: new Date(expiresAt.getTime() - ATTEMPT_LIFE_MS) };
  }

  private async keep({ tenantId, providerId }: ProviderKey, errand: Errand, { state, browser }: Begun): Promise<void> {
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + ATTEMPT_LIFE_MS);
    const id = newId(now);
    const { purpose, agentId = null, sessionId = null, invitationDigest = null } = errand;
    await this.db.inTenant(tenantId, async (tx) => {
      await tx.query(
        `insert into identity_attempt
           (tenant_id, id, provider_id, state_digest, browser_digest, purpose, agent_id, session_id, invitation_digest, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [tenantId, id, providerId, digestOf(state), digestOf(browser), purpose, agentId, sessionId, invitationDigest, expiresAt],
      );
      await this.jobs.enqueue(tx, ForgetIdentityAttempt, { tenantId, attemptId: id }, { runAt: expiresAt });
    });
  }
}

function badState(): Refusal {
  return new Refusal('unprocessable', 'bad_state', 'This was not begun in this browser, or it was used already. Begin again.');
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

// 256 random bits need no slow hash: they cannot be guessed.
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
