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
  /** As `keptProblem` writes it. */
  @Column('text', { nullable: true }) problem: string | null;
  @Column('bytea', { name: 'sealed_secrets', nullable: true }) sealedSecrets: Buffer | null;
  @Column('boolean', { name: 'human_agent' }) humanAgent: boolean;
  @Column('boolean') personas: boolean;
  @Column('boolean') comments: boolean;
  @Column('text', { name: 'granted_scopes', array: true }) grantedScopes: string[];
  @Column('text', { name: 'granted_by', nullable: true }) grantedBy: string | null;
  @Column('text', { nullable: true }) restriction: string | null;
  @Column('timestamptz', { name: 'restricted_at', nullable: true }) restrictedAt: Date | null;
  @Column('timestamptz', { name: 'last_received_at', nullable: true }) lastReceivedAt: Date | null;
  @Column('timestamptz', { name: 'checked_at', nullable: true }) checkedAt: Date | null;
  @Column('timestamptz', { name: 'sound_at', nullable: true }) soundAt: Date | null;
  @Column('text', { name: 'self_test_nonce', nullable: true }) selfTestNonce: string | null;
  @Column('timestamptz', { name: 'self_test_at', nullable: true }) selfTestAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
