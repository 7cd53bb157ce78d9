import type { AuditActor } from '#audit';
import type { Actor } from './actor.js';

/** Whoever acts, as the audit names him: of a program it names the key. */
export function auditedAs(actor: Actor): AuditActor {
  return actor.keyId === undefined ? { kind: 'agent', id: actor.agentId } : { kind: 'api_key', id: actor.keyId };
}
