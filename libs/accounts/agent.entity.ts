import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Locale, RoleKind } from '#contract';
import type { TenantId } from '#platform';
import type { AgentId } from './actor.js';

@Entity('agent')
export class AgentEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: TenantId;
  @PrimaryColumn('uuid') id: AgentId;
  @Column('text') email: string;
  @Column('text') name: string;
  @Column('text') role: RoleKind;
  @Column('uuid', { name: 'role_id', nullable: true }) roleId: string | null;
  @Column('text') state: 'invited' | 'active' | 'deactivated' | 'deleted';
  @Column('text') signature: string;
  @Column('text') locale: Locale;
  @Column('text', { name: 'password_hash', nullable: true }) passwordHash: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'joined_at', nullable: true }) joinedAt: Date | null;
}
