import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, Database, Log, type TenantId } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { GraphClient } from './graph-client.js';

/** Source: Meta's Persona API */
const NAME_LENGTH_MAX = 50;

const Removed = z.object({ success: z.union([z.literal(true), z.literal('true')]) });
const PersonaAnswer = z.object({ id: z.coerce.string().min(1) });

/** The names under which agents answer, as Meta knows them on each page. */
@Injectable()
export class Personas {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly graph: GraphClient,
    private readonly connections: ConnectionService,
  ) {}

  /** The agent's persona on this page, made when there is none by that name. Null where Meta refuses: the answer goes out without. */
  async of(connection: OpenConnection, agent: { id: string | null; name: string }): Promise<string | null> {
    const name = agent.name.slice(0, NAME_LENGTH_MAX).toWellFormed().trim();
    if (!connection.settings.personas || agent.id === null || name === '') return null;
    const tenantId = connection.tenantId as TenantId;
    const [known] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ vendor_id: string }>('select vendor_id from persona where connection_id = $1 and agent_id = $2 and name = $3', [
        connection.id,
        agent.id,
        name,
      ]),
    );
    if (known) return known.vendor_id;
    const id = await this.make(connection, name);
    if (id === null) return null;
    await this.db.inTenant(tenantId, (tx) =>
      tx.query(
        `insert into persona (tenant_id, connection_id, agent_id, name, vendor_id, made_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, connection_id, agent_id)
         do update set name = excluded.name, vendor_id = excluded.vendor_id, made_at = excluded.made_at`,
        [tenantId, connection.id, agent.id, name, id, this.clock.now()],
      ),
    );
    return id;
  }

  /** Meta no longer knows it, or never liked it: the next answer makes another. */
  async forget(connection: OpenConnection, id: string): Promise<void> {
    await this.db.inTenant(connection.tenantId as TenantId, (tx) =>
      tx.query('delete from persona where connection_id = $1 and vendor_id = $2', [connection.id, id]),
    );
  }

  /**
   * Take an agent's name from every page it was given to: at Meta first, then here, so that what failed is still known.
   *
   * Errors   ChannelError, where it may be tried again
   */
  async forgetAgent(tenantId: TenantId, agentId: string): Promise<void> {
    const known = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ connectionId: ConnectionId; vendorId: string }>(
        'select connection_id as "connectionId", vendor_id as "vendorId" from persona where agent_id = $1',
        [agentId],
      ),
    );
    for (const { connectionId, vendorId } of known) {
      const connection = await this.db.inTenant(tenantId, (tx) => this.connections.open(tx, connectionId));
      await this.unmake(connection, vendorId);
      await this.forget(connection, vendorId);
    }
  }

  // A page that was let go has no token, and Meta has taken its personas from us already.
  private async unmake({ id, secrets }: OpenConnection, vendorId: string): Promise<void> {
    const token = secrets['pageToken'];
    if (token === undefined) return;
    try {
      await this.graph.call({ path: vendorId, method: 'DELETE', token }, Removed);
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy === 'try_later') throw error;
      this.log.warn('persona_not_removed', { connectionId: id, code: error.code });
    }
  }

  private async make(connection: OpenConnection, name: string): Promise<string | null> {
    try {
      const token = connection.secrets['pageToken'] ?? '';
      const { id } = await this.graph.call(
        { path: `${connection.externalId}/personas`, method: 'POST', token, body: { name } },
        PersonaAnswer,
      );
      return id;
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy !== 'give_up') throw error;
      this.log.warn('persona_refused', { connectionId: connection.id, code: error.code });
      return null;
    }
  }
}
