import { z } from 'zod';
import { Instant, PageQuery } from './pages.js';

/**
 * Everything that is written down about who did what. A new act is added here, with its words for the screen in
 * `apps/web/src/i18n/*-audit.ts`.
 *
 * Source   OWASP ASVS 5.0, 16.3: every sign-in, every refused act, every way around a control, every control that failed
 */
export const AuditAct = z.enum([
  // Coming in and going out.
  'signed_in',
  'sign_in_refused',
  'sign_in_slowed',
  'signed_out',
  'session_ended',
  'other_sessions_ended',
  // What was refused.
  'request_forbidden',
  'much_read',
  'unknown_id_asked',
  'foreign_origin_refused',
  'webhook_refused',
  // The tenant and its people.
  'tenant_made',
  'agent_invited',
  'invitation_accepted',
  'agent_changed',
  'profile_changed',
  'role_made',
  'role_changed',
  'role_deleted',
  'team_made',
  'team_changed',
  'team_deleted',
  'agent_deleted',
  'security_changed',
  // By what people prove who they are.
  'factor_confirmed',
  'second_factor_added',
  'second_factor_removed',
  'second_factors_taken_away',
  'proof_refused',
  'proofs_slowed',
  'recovery_codes_made',
  'recovery_code_used',
  'passkey_renamed',
  'password_changed',
  'password_reset_asked',
  'password_reset_done',
  'address_change_asked',
  'address_changed',
  // Ways in for contacts.
  'connection_made',
  'connection_changed',
  'connection_removed',
  'connection_offered',
  'connection_offer_withdrawn',
  'connection_given',
  'connection_taken',
  'page_token_replaced',
  'page_deauthorized',
  'mailbox_changed',
  // What contacts wrote, and its end.
  'conversation_erased',
  'deletion_asked',
  'raw_mail_seen',
  'quarantine_retried',
  'quarantine_released',
  'quarantine_discarded',
  'suppression_lifted',
  'sweep_asked',
  // Who runs the installation, and what they do.
  'operator_created',
  'operator_revoked',
  'operator_key_added',
  'operator_key_revoked',
  'operator_passkey_invited',
  'operator_passkey_added',
  'operator_signed_in',
  'operator_sign_in_refused',
  'operator_signature_refused',
  'operator_signed_out',
  'operator_address_added',
  'operator_address_removed',
  'operator_grant_given',
  'operator_grant_ended',
  'operator_read_list',
  'operator_read_conversation',
  'operator_read_refused',
  'tenant_suspended',
  'tenant_resumed',
  'keys_rotated',
  // From where and how one comes in.
  'address_refused',
  'addresses_changed',
  'addresses_cleared',
  'session_rules_changed',
  'session_unlocked',
  'agent_sessions_ended',
  'api_key_made',
  'api_key_revoked',
  'identity_provider_made',
  'identity_provider_changed',
  'identity_provider_deleted',
  'identity_connected',
  'identity_disconnected',
  'agent_made_by_provider',
  'role_given_by_provider',
  'single_sign_on_refused',
  // The record itself.
  'audit_exported',
  'audit_verified',
  'audit_break_found',
  'audit_head_recorded',
  'audit_personal_erased',
]);
export type AuditAct = z.infer<typeof AuditAct>;

export const AuditActorKind = z.enum(['agent', 'api_key', 'operator', 'system', 'nobody']);
export type AuditActorKind = z.infer<typeof AuditActorKind>;

export const AuditFact = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** One item of `GET /api/audit`. `personal`: what of it is still kept; an erased value is null. */
export const AuditEntry = z.object({
  seq: z.number(),
  at: Instant,
  act: AuditAct,
  by: z.object({ kind: AuditActorKind, id: z.string().nullable() }),
  about: z.object({ kind: z.string(), id: z.string() }).nullable(),
  facts: z.record(z.string(), AuditFact),
  personal: z.record(z.string(), z.string().nullable()),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `GET /api/audit`: newest first. `by`: an agent's, key's or operator's id; `about`: the id of what it was done to. */
export const AuditQuery = PageQuery.extend({
  act: AuditAct.optional(),
  by: z.string().max(100).optional(),
  about: z.string().max(100).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

/** Why a chain does not hold at one of its numbers. */
export const AuditBreakReason = z.enum(['changed', 'missing', 'added', 'moved', 'cut_off', 'rewritten', 'head_forged', 'personal_changed']);
export type AuditBreakReason = z.infer<typeof AuditBreakReason>;

/** `POST /api/audit/verify`: checks what comes after entry `after`, as much as one request may take. */
export const AuditVerify = z.object({ after: z.number().int().min(0).default(0) });
export type AuditVerify = z.infer<typeof AuditVerify>;

/**
 * Its answer: the entries up to `verifiedTo` hold, out of `newest`. Ask again with `after: verifiedTo` until `isDone`. `broken`: the first
 * number at which the chain does not hold.
 */
export const AuditVerification = z.object({
  verifiedTo: z.number(),
  verifiedToAt: Instant.nullable(),
  newest: z.number(),
  isDone: z.boolean(),
  broken: z.object({ seq: z.number(), reason: AuditBreakReason }).nullable(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;
