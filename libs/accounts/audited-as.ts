import type { AuditActor } from '#audit';
import type { Actor } from './actor.js';

/** Whoever acts, as the audit names him: a program by its key, not by who made the key. */
export function auditedAs({ agentId, keyId }: Actor): AuditActor {
  return keyId === undefined ? { kind: 'agent', id: agentId } : { kind: 'api_key', id: keyId };
}
