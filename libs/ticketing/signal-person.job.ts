import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { type Actor, TenantService } from '#accounts';
import { ChannelError, ConnectionService, PageActs } from '#channels';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, Log, SECOND_MS, type TenantId, type TenantTx } from '#platform';
import { lockConversation } from './conversation.js';
import type { ConversationId } from './ids.js';
import { personOf } from './person-of.js';

/** Typing ends by itself at the vendor; a signal that comes later than this says something that is no longer so. */
const STALE_AFTER_MS = 20 * SECOND_MS;

/** Show the person that somebody types, or has read. Tried once: late, it is worth nothing. */
export const SignalPerson = defineJob({
  name: 'signal-person',
  payload: z.object({
    tenantId: z.uuid(),
    conversationId: z.uuid(),
    signal: z.enum(['typing_on', 'typing_off', 'mark_seen']),
    atMs: z.number().int(),
  }),
  attemptsMax: 1,
});

/** Best effort: nothing depends on it, and nobody is told when it fails. */
@Injectable()
export class SignalPersonJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly jobs: Jobs,
    private readonly connections: ConnectionService,
    private readonly tenants: TenantService,
    private readonly acts: PageActs,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SignalPerson, async ({ tenantId, conversationId, signal, atMs }) => {
      if (signal !== 'mark_seen' && this.clock.now().getTime() - atMs > STALE_AFTER_MS) return;
      const [id, tenant] = [conversationId as ConversationId, tenantId as TenantId];
      const reached = await this.db.inTenant(tenant, (tx) => this.reach(tx, id));
      if (!reached) return;
      try {
        await this.acts.signal(reached.connection, reached.personId, signal);
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        this.log.warn('signal_failed', { conversationId, code: error.code });
      }
    });
  }

  /** An agent types, or has stopped. Nothing on channels that cannot show it. Errors: not_found. */
  async typing(actor: Actor, id: ConversationId, on: boolean): Promise<void> {
    await this.db.inTenant(actor, async (tx) => {
      const { channel, kind, controlledByOther } = await lockConversation(tx, id);
      if (channel !== 'messenger' || kind !== 'messages' || controlledByOther) return;
      await orderSignal(this.jobs, tx, { conversationId: id, signal: on ? 'typing_on' : 'typing_off', at: this.clock.now() });
    });
  }

  private async reach(tx: TenantTx, id: ConversationId) {
    const person = await personOf(tx, id);
    if (!person || !(await this.tenants.isActive(tx)) || (await this.connections.stateOf(tx, person.connectionId)) !== 'active')
      return null;
    return { connection: await this.connections.open(tx, person.connectionId), personId: person.externalId };
  }
}

/** Have a signal sent, in place of one that still waits. */
export async function orderSignal(
  jobs: Jobs,
  tx: TenantTx,
  { conversationId, signal, at }: { conversationId: ConversationId; signal: z.infer<typeof SignalPerson.payload>['signal']; at: Date },
): Promise<void> {
  const kind = signal === 'mark_seen' ? 'seen' : 'typing';
  const payload = { tenantId: tx.tenantId, conversationId, signal, atMs: at.getTime() };
  await jobs.enqueue(tx, SignalPerson, payload, { onceKey: `${kind} ${conversationId}` });
}
