import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TenantId } from '#platform';

/** A role of a tenant's own. */
@Entity('role')
export class RoleEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: TenantId;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text', { array: true }) permissions: string[];
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
