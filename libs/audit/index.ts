/**
 * AUDIT: what was done and by whom.
 *
 * Owns      audit_head, audit_entry, audit_personal, and the same three of the installation
 * Promises  an entry is there if and only if what it tells of was committed; what is written can be neither changed nor taken away
 *           unnoticed; personal data lies beside the chain and can be erased, and the chain still holds
 * Uses      the ground
 * Never     decides, sends, or holds content
 */
export { AuditModule } from './audit.module.js';
export { Audit, type AuditActor, type AuditEntryInput } from './audit.service.js';
export { auditDataMap } from './data-map.js';
export { AuditHeads } from './head.service.js';
export { AuditPersonal } from './personal.service.js';
export { AuditReader } from './read.service.js';
export { AuditVerifier } from './verify.service.js';
