import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Audit } from '#audit';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, DAY_MS, Refusal, type TenantTx } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import { keptProblem } from '../connection-words.js';
import { ConnectionService } from '../connection.service.js';
import type { Route } from '../route.js';
import { readSignedRequest } from './signed-request.js';

/** Who stands behind these requests is somebody at Facebook, and nobody of ours. */
const META = { kind: 'nobody' } as const;
const CODE_BYTES = 16;
const CODE = /^[A-Za-z0-9_-]{22}$/;
/** How long the status of a request can be looked up. The row says nothing about anybody. */
const REQUEST_LIFE_MS = 365 * DAY_MS;

const LEFT = { code: 'grantor_left' };
const FORGOTTEN = { code: 'grantor_forgotten' };

const SweepDeletionRequests = defineJob({ name: 'sweep-deletion-requests', payload: z.undefined(), cron: '7 4 * * *' });

/** What Meta is answered when somebody wants to be forgotten. */
export interface DeletionAnswer {
  url: string;
  confirmationCode: string;
}

export interface DeletionStatus {
  receivedAt: Date;
  doneAt: Date | null;
}

/**
 * The people who gave us pages, when they leave. Meta names them to us by an id of our app only; it stands beside each route and
 * connection they granted. Customers are not meant: Meta knows no such request of theirs, and they come through their tenant.
 */
@Injectable()
export class GrantorService implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly connections: ConnectionService,
    private readonly audit: Audit,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SweepDeletionRequests, async () => {
      const before = new Date(this.clock.now().getTime() - REQUEST_LIFE_MS);
      await this.db.query('delete from deletion_request where received_at < $1', [before]);
    });
  }

  /** A person took the app away from his or her account: what he or she granted has to be granted anew. Errors: unauthenticated `bad_signature`. Repeats: fine. */
  async leave(signedRequest: string | undefined): Promise<void> {
    const personId = this.personIn(signedRequest);
    for (const route of await this.grantsOf(personId)) {
      await this.db.inTenant(route.tenantId, (tx) => {
        this.audit.append(tx, { act: 'page_deauthorized', by: META, about: { kind: 'connection', id: route.connectionId } });
        return this.connections.markBroken(tx, route.connectionId, LEFT);
      });
    }
  }

  /**
   * A person wants to be forgotten: the id and every token that he or she granted are destroyed before this answers.
   *
   * Errors   unauthenticated `bad_signature`
   * Repeats  each request has a code of its own; somebody we do not know is answered like everybody else
   */
  async forget(signedRequest: string | undefined): Promise<DeletionAnswer> {
    const personId = this.personIn(signedRequest);
    const receivedAt = this.clock.now();
    const grants = await this.grantsOf(personId);
    for (const { tenantId, connectionId } of grants) {
      await this.db.inTenant(tenantId, (tx) => this.forgetGrant(tx, connectionId));
    }
    await this.audit.record('installation', { act: 'deletion_asked', by: META, facts: { connections: grants.length } });
    const confirmationCode = randomBytes(CODE_BYTES).toString('base64url');
    await this.db.query('insert into deletion_request (code_digest, received_at, done_at) values ($1, $2, $3)', [
      digestOf(confirmationCode),
      receivedAt,
      this.clock.now(),
    ]);
    return { url: `${this.config.publicUrl}/deletion/${confirmationCode}`, confirmationCode };
  }

  /** How a request stands; null for a code that was never given, or long ago. */
  async statusOf(code: string): Promise<DeletionStatus | null> {
    if (!CODE.test(code)) return null;
    const [row] = await this.db.query<DeletionStatus>(
      'select received_at as "receivedAt", done_at as "doneAt" from deletion_request where code_digest = $1',
      [digestOf(code)],
    );
    return row ?? null;
  }

  private personIn(signedRequest: string | undefined): string {
    const read = signedRequest === undefined ? null : readSignedRequest(signedRequest, this.config.facebook.appSecrets);
    if (read) return read.personId;
    throw new Refusal('unauthenticated', 'bad_signature', 'The signature does not match.');
  }

  private grantsOf(personId: string): Promise<Route[]> {
    return this.db.query<Route>('select tenant_id as "tenantId", connection_id as "connectionId" from route where granted_by = $1', [
      personId,
    ]);
  }

  private async forgetGrant(tx: TenantTx, id: ConnectionId): Promise<void> {
    this.audit.append(tx, { act: 'deletion_asked', by: META, about: { kind: 'connection', id } });
    await this.connections.markBroken(tx, id, FORGOTTEN);
    await tx.query('update connection set sealed_secrets = null, granted_by = null, problem = $2 where id = $1', [
      id,
      keptProblem(FORGOTTEN),
    ]);
    await tx.query('update route set granted_by = null where tenant_id = $1 and connection_id = $2', [tx.tenantId, id]);
  }
}

// 128 random bits need no slow hash: they cannot be guessed.
function digestOf(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
