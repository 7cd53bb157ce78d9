/**
 * POLICIES: decides what is recorded and how long it is kept. The rooms above ask; it never acts.
 *
 * Owns      recording_policy, retention_policy, retention_rule
 * Promises  content reaches a table only as `Recorded`, and only `Recorder` makes one; exactly one rule governs a conversation; a version
 *           that was in force is never edited
 * Uses      the ground
 * Never     erases, sends or logs anything
 */
export { policiesDataMap } from './data-map.js';
export { PoliciesModule } from './policies.module.js';
export { PoliciesInForce, PolicyService } from './policy.service.js';
export { type Recordable, type RecordableAttachment, type Recorded, type RecordedContent, Recorder } from './recorder.js';
export { endsAt, type GoverningRule, type RetentionRuleId } from './retention.js';
