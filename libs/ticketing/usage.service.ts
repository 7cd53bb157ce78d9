import { Injectable } from '@nestjs/common';
import { OperatorGrants, TenantService } from '#accounts';
import { ConnectionService } from '#channels';
import type { Page, TenantLine } from '#contract';
import { Database, isUuid, type TenantId, type TenantTx } from '#platform';

/** How much each tenant uses, for the operator: figures and instants. No name of a contact, no subject, no word is among them. */
@Injectable()
export class UsageService {
  constructor(
    private readonly db: Database,
    private readonly tenants: TenantService,
    private readonly connections: ConnectionService,
    private readonly grants: OperatorGrants,
  ) {}

  /** In the order they were made. Each is asked inside its own walls: there is no question over all of them at once. */
  async list({ cursor, limit }: { cursor?: string; limit: number }): Promise<Page<TenantLine>> {
    const after = cursor !== undefined && isUuid(cursor) ? (cursor as TenantId) : null;
    const ids = await this.tenants.idsAfter(after, limit + 1);
    const items: TenantLine[] = [];
    for (const id of ids.slice(0, limit)) {
      const line = await this.db.inTenant(id, (tx) => this.line(tx));
      if (line) items.push(line);
    }
    return { items, nextCursor: ids.length > limit ? ids[limit - 1]! : null };
  }

  /** Errors: not_found. */
  async one(id: string): Promise<TenantLine> {
    return this.tenants.inExisting(id, async (tx) => (await this.line(tx))!);
  }

  private async line(tx: TenantTx): Promise<TenantLine | null> {
    const tenant = await this.tenants.facts(tx);
    if (!tenant) return null;
    const [used] = await tx.query<{ conversations: number; storageBytes: string; lastMessageAt: Date | null }>(
      `select (select count(*)::int from conversation) as conversations,
         (select coalesce(sum(size_bytes), 0) from attachment where blob is not null) as "storageBytes",
         (select max(last_message_at) from conversation) as "lastMessageAt"`,
    );
    const lastActivityAt = [tenant.lastSeenAt, used!.lastMessageAt]
      .filter((at) => at !== null)
      .toSorted((one, other) => Number(one) - Number(other));
    return {
      id: tenant.id,
      name: tenant.name,
      state: tenant.state,
      suspendedAt: tenant.suspendedAt?.toISOString() ?? null,
      suspendedReason: tenant.suspendedReason,
      createdAt: tenant.createdAt.toISOString(),
      canReadUntil: (await this.grants.live(tx))?.endsAt.toISOString() ?? null,
      usage: {
        agents: tenant.agents,
        connections: await this.connections.count(tx),
        conversations: used!.conversations,
        storageBytes: Number(used!.storageBytes),
        lastActivityAt: lastActivityAt.at(-1)?.toISOString() ?? null,
      },
    };
  }
}
