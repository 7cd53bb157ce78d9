/**
 * ACCOUNTS: tenants and their agents, and who operates the installation: who may come in, by which factor, and what they may do.
 *
 * Owns      tenant, agent, role, team, session, invitation, attempt, tenant_security, totp, recovery_code, passkey, passkey_challenge,
 *           password_reset, address_change, allowed_range, api_key, operator and what begins with operator_ or identity_
 * Promises  an unknown address and a wrong password look the same; whoever has a second factor comes in by no door without it; a code, a
 *           challenge and a link open once; nobody comes in from outside the tenant's networks, or does anything in a locked session; a key
 *           can do no more than its maker; a session is known by its digest alone and ends when its agent does; an identity at a provider
 *           opens the account it was connected with, whatever address it bears; guessing is slowed down by address, by source and by
 *           agent; a tenant always has an owner; nobody gives what he may not himself; an agent sees a connection that is given to teams
 *           only from within one of them; nobody of a suspended tenant gets in; an operator has a key and no password, and reads a
 *           tenant's content by that tenant's grant alone
 * Uses      policies, audit, jobs
 * Never     sends mail, knows a conversation, or trusts an address that a request names itself
 */
export { AgentLeft } from './agent-left.js';
export { AccountsModule } from './accounts.module.js';
export { type Actor, type AgentId, type ApiKeyId, isFresh, isWhollyFresh, type SessionId, type SessionState } from './actor.js';
export { AddressRefusal } from './address-list.js';
export { AddressChangeService } from './address-change.service.js';
export { type AgentMail, AgentLinks } from './agent-links.service.js';
export { AgentSessionsService } from './agent-sessions.service.js';
export { type AgentNow, AgentService } from './agent.service.js';
export { ApiKeyService } from './api-key.service.js';
export { auditedAs } from './audited-as.js';
export { ConfirmService } from './confirm.service.js';
export { accountsDataMap } from './data-map.js';
export { ReadingVolume } from './reading-volume.service.js';
export { EntranceService, type Credential, keyIn } from './entrance.service.js';
export { ATTEMPT_LIFE_MS } from './identity-attempts.service.js';
export { IdentityLinks } from './identity-link.service.js';
export { IdentityProviderService } from './identity-provider.service.js';
export { IpListService } from './ip-list.service.js';
export { FactorService } from './factor.service.js';
export { InvitationService } from './invitation.service.js';
export { LeaveService } from './leave.service.js';
export { type AgentMailKind, AskedPasswordReset, MailAgent } from './mail-agent.js';
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
export { PasskeyService } from './passkey.service.js';
export { PasswordChangeService } from './password-change.service.js';
export { PasswordResetService } from './password-reset.service.js';
export { KEY_PERMISSIONS, may, type Permission, PERMISSIONS } from './permissions.js';
export { sees } from './rights.js';
export { RoleService } from './role.service.js';
export { SecuritySettings } from './security.service.js';
export { SessionLockService } from './session-lock.service.js';
export { SessionRulesService } from './session-rules.service.js';
export { describeSession, type Proof, SESSION_LIFE_MS_MAX, SessionService, type SignedIn } from './session.service.js';
export { SESSION_STRATEGY } from './session.strategy.js';
export { SetupService } from './setup.service.js';
export { SignInService } from './sign-in.service.js';
export { type Departure, SingleSignOnService } from './single-sign-on.service.js';
export { TeamService } from './team.service.js';
export { type TenantFacts, TenantResumed, TenantService } from './tenant.service.js';
