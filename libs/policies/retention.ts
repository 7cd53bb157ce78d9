import { addMonths, type Branded } from '#platform';
import type { RetentionRule } from '#contract';

export type RetentionRuleId = Branded<'RetentionRuleId'>;

/** The one rule that governs a conversation. */
export interface GoverningRule extends Omit<RetentionRule, 'id'> {
  id: RetentionRuleId;
  policyVersion: number;
}

/** When a conversation ends: its clock's start plus the period. Never stored, so that a new period holds for all at once. */
export function endsAt(anchorAt: Date, rule: Pick<RetentionRule, 'keepMonths'>): Date {
  return addMonths(anchorAt, rule.keepMonths);
}
