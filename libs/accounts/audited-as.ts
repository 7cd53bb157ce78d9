import type { AuditActor } from '#audit';
import type { Actor } from './actor.js';

/** Whoever acts, as the audit names him. */
export function auditedAs(actor: Actor): AuditActor {
  return { kind: 'agent', id: actor.agentId };
}
