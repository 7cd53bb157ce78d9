import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TenantId } from '#platform';
import type { AgentId, SessionId } from './actor.js';

@Entity('session')
export class SessionEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: TenantId;
  @PrimaryColumn('uuid') id: SessionId;
  @Column('uuid', { name: 'agent_id' }) agentId: AgentId;
  @Column('bytea', { name: 'token_digest' }) tokenDigest: Buffer;
  @Column('text') device: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'last_seen_at' }) lastSeenAt: Date;
  /** When a hand was last on it, by what the browser says. */
  @Column('timestamptz', { name: 'last_active_at' }) lastActiveAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'proved_at' }) provedAt: Date;
  @Column('timestamptz', { name: 'proved_all_at', nullable: true }) provedAllAt: Date | null;
  /** A provider proved two factors when it began. */
  @Column('boolean', { name: 'is_second_proved_elsewhere' }) isSecondProvedElsewhere: boolean;
  @Column('timestamptz', { name: 'locked_at', nullable: true }) lockedAt: Date | null;
}
