import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChannelKind, ConnectionState } from '#contract';
import type { TenantId } from '#platform';
import type { ConnectionId } from './connection-id.js';

@Entity('connection')
export class ConnectionEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: TenantId;
  @PrimaryColumn('uuid') id: ConnectionId;
  @Column('text') channel: ChannelKind;
  @Column('text', { name: 'external_id' }) externalId: string;
  @Column('text') name: string;
  @Column('text') state: ConnectionState;
  @Column('text', { nullable: true }) problem: string | null;
  @Column('bytea', { name: 'sealed_secrets', nullable: true }) sealedSecrets: Buffer | null;
  @Column('timestamptz', { name: 'last_received_at', nullable: true }) lastReceivedAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
