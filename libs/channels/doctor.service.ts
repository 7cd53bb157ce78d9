import { Injectable } from '@nestjs/common';
import type { Connection, Doctor, DoctorLine } from '#contract';
import { Clock, Database, Refusal, type TenantId, type TenantView } from '#platform';
import type { OpenConnection } from './channel.js';
import type { ConnectionId } from './connection-id.js';
import { ConnectionEntity } from './connection.entity.js';
import { ConnectionService } from './connection.service.js';
import { MailboxDoctor } from './email/index.js';
import { PageDoctor, SelfTest } from './messenger/index.js';

interface Patient {
  connection: Connection;
  open: OpenConnection;
  selfTestAt: Date | null;
}

/** Says of a connection what is well, what is not, and what to do about it. */
@Injectable()
export class DoctorService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly pages: PageDoctor,
    private readonly mailboxes: MailboxDoctor,
    private readonly selfTests: SelfTest,
  ) {}

  /** Look at everything now; it changes nothing. Errors: not_found; unprocessable `connection_gone` for one that is disconnected. */
  async look(view: TenantView, id: ConnectionId): Promise<Doctor> {
    const patient = await this.patient(view, id);
    const lines =
      patient.connection.channel === 'messenger'
        ? await this.pages.look(patient)
        : await this.mailboxes.look(patient.connection, patient.open);
    return { lines, checkedAt: this.clock.now().toISOString() };
  }

  /** Test the way in through the public address. Errors: not_found; unprocessable `not_a_page`, `connection_gone`. */
  async selfTest(tenantId: TenantId, id: ConnectionId): Promise<DoctorLine> {
    const { connection } = await this.patient(tenantId, id);
    if (connection.channel !== 'messenger') throw new Refusal('unprocessable', 'not_a_page', 'This is not a Facebook page.');
    return this.selfTests.run(tenantId, id, connection.externalId);
  }

  private async patient(whose: TenantId | TenantView, id: ConnectionId): Promise<Patient> {
    return this.db.inTenant(whose, async (tx) => {
      const open = await this.connections.open(tx, id);
      await this.connections.demandConnected(tx, id);
      const row = await tx.entities.findOneByOrFail(ConnectionEntity, { id });
      return { open, connection: await this.connections.describe(tx, id), selfTestAt: row.selfTestAt };
    });
  }
}
