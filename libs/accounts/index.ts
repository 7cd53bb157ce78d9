/**
 * ACCOUNTS: tenants and their agents: who may come in, and what they may do.
 *
 * Owns      tenant, agent, session, invitation, attempt, allowed_range, api_key
 * Promises  an unknown address and a wrong password look the same; a session is known by its digest alone and ends when its agent does;
 *           nobody comes in from outside the tenant's networks, and nobody does anything in a locked session; a key can do no more than its
 *           maker; an invitation opens once; guessing is slowed down by address and by source; a tenant always has an owner
 * Uses      policies, audit, jobs
 * Never     sends mail, knows a conversation, or trusts an address that a request names itself
 */
export { AccountsModule } from './accounts.module.js';
export { type Actor, type AgentId, type ApiKeyId, isFresh, type SessionId, type SessionState } from './actor.js';
export { AgentSessionsService } from './agent-sessions.service.js';
export { type AgentNow, AgentService } from './agent.service.js';
export { ApiKeyService } from './api-key.service.js';
export { auditedAs } from './audited-as.js';
export { accountsDataMap } from './data-map.js';
export { EntranceService, keyIn, type Proof } from './entrance.service.js';
export { InvitationService } from './invitation.service.js';
export { IpListService } from './ip-list.service.js';
export { KEY_PERMISSIONS, may, type Permission, PERMISSIONS } from './permissions.js';
export { SessionLockService } from './session-lock.service.js';
export { SessionRulesService } from './session-rules.service.js';
export { describeSession, SESSION_LIFE_MS_MAX, SessionService, type SignedIn } from './session.service.js';
export { SESSION_STRATEGY } from './session.strategy.js';
export { SetupService } from './setup.service.js';
export { TellAdmins } from './tell-admins.js';
