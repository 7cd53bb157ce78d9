import type {
  Enrolment,
  InstallationHealth,
  Invited,
  NewOperator,
  NewOperatorKey,
  NewTenant,
  OperatorInvite,
  OperatorKeyLine,
  OperatorLine,
  TenantLine,
  TenantMade,
} from '#contract';

/** What the command line can have done: by the running server through the operator's door, or on the database itself. */
export interface Operations {
  tenants(): Promise<TenantLine[]>;
  createTenant(tenant: NewTenant): Promise<TenantMade>;
  suspend(tenantId: string, reason: string): Promise<void>;
  resume(tenantId: string): Promise<void>;
  clearAddresses(tenantId: string): Promise<void>;
  invite(tenantId: string, invite: OperatorInvite): Promise<Invited>;
  health(): Promise<InstallationHealth>;
  operators(): Promise<OperatorLine[]>;
  createOperator(operator: NewOperator): Promise<OperatorLine>;
  addKey(operatorId: string, key: NewOperatorKey): Promise<OperatorKeyLine>;
  invitePasskey(operatorId: string): Promise<Enrolment>;
  revoke(operatorId: string): Promise<void>;
}
