import { z } from 'zod';
import { ChannelKind } from './connections.js';
import { Instant } from './pages.js';

/** The kinds of data a recording policy decides about. */
export const RecordedKind = z.enum([
  'message_text',
  'attachments',
  'sender_name',
  'sender_picture',
  'mail_headers',
  'receipts',
  'raw_deliveries',
]);
export type RecordedKind = z.infer<typeof RecordedKind>;

export const RecordingChoice = z.enum(['record', 'never']);
export type RecordingChoice = z.infer<typeof RecordingChoice>;

/** One version of a tenant's recording policy. `channels` overrides `all` for one channel. */
export const RecordingPolicy = z.object({
  version: z.number(),
  rules: z.object({
    all: z.record(RecordedKind, RecordingChoice),
    channels: z.partialRecord(ChannelKind, z.partialRecord(RecordedKind, RecordingChoice)),
  }),
  createdAt: Instant,
  createdBy: z.string().nullable(),
});
export type RecordingPolicy = z.infer<typeof RecordingPolicy>;

export const RetentionRule = z.object({
  id: z.string(),
  name: z.string(),
  anchor: z.enum(['last_message', 'closed', 'satisfied']),
  keepMonths: z.number().int().min(1).max(1200),
  end: z.enum(['erase', 'anonymise']),
});
export type RetentionRule = z.infer<typeof RetentionRule>;

/** One version of a tenant's retention policy: ordered rules, the last one governs whatever no other does. */
export const RetentionPolicy = z.object({
  version: z.number(),
  rules: z.array(RetentionRule).min(1),
  createdAt: Instant,
  createdBy: z.string().nullable(),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

/** `GET /api/policies/recording` */
export const RecordingPolicies = z.object({ current: RecordingPolicy, versions: z.array(RecordingPolicy) });
export type RecordingPolicies = z.infer<typeof RecordingPolicies>;

/** `GET /api/policies/retention` */
export const RetentionPolicies = z.object({ current: RetentionPolicy, versions: z.array(RetentionPolicy) });
export type RetentionPolicies = z.infer<typeof RetentionPolicies>;
