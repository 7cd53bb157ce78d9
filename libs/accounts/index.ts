/**
 * ACCOUNTS: tenants and their agents, and who operates the installation: who may come in, and what they may do.
 *
 * Owns      tenant, agent, session, invitation, attempt, operator and what begins with operator_
 * Promises  an unknown address and a wrong password look the same; a session is known by its digest alone and ends when its agent does;
 *           an invitation opens once; guessing is slowed down by address and by source; a tenant always has an owner; nobody of a suspended
 *           tenant gets in; an operator has a key and no password, and reads a tenant's content by that tenant's grant alone
 * Uses      policies, audit, jobs
 * Never     sends mail, knows a conversation, or trusts an address that a request names itself
 */
export { AccountsModule } from './accounts.module.js';
export { type Actor, type AgentId, isFresh, type SessionId, type SessionState } from './actor.js';
export { type AgentNow, AgentService } from './agent.service.js';
export { auditedAs } from './audited-as.js';
export { accountsDataMap } from './data-map.js';
export { InvitationService } from './invitation.service.js';
export {
  CONSOLE,
  mayOperate,
  OPERATOR_PERMISSIONS,
  type OperatorActor,
  operatorAuditedAs,
  type OperatorPermission,
  operatorPermissionsOf,
} from './operator.js';
export { OperatorAccounts } from './operator-account.service.js';
export { OperatorAddressList } from './operator-address.service.js';
export { OperatorGrants } from './operator-grant.service.js';
export { type ConsoleOrigin, OperatorPasskeys } from './operator-passkey.service.js';
export { OPERATOR_SESSION_LIFE_MS_MAX, OperatorSessions, type SignedInOperator } from './operator-session.service.js';
export { OperatorSignatures } from './operator-signatures.service.js';
export { may, type Permission, PERMISSIONS } from './permissions.js';
export { describeSession, SESSION_LIFE_MS_MAX, SessionService, type SignedIn } from './session.service.js';
export { SESSION_STRATEGY } from './session.strategy.js';
export { SetupService } from './setup.service.js';
export { type TenantFacts, TenantResumed, TenantService } from './tenant.service.js';
