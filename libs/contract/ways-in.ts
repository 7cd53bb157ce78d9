import { z } from 'zod';
import { Instant } from './pages.js';

/** A tenant's list of networks has an end, and so has a key's. */
export const ALLOWED_RANGES_MAX = 200;
export const KEY_RANGES_MAX = 20;
const RANGE_LENGTH_MAX = 60;
const NOTE_LENGTH_MAX = 100;
const RangeText = z.string().trim().min(1).max(RANGE_LENGTH_MAX);

/** A network from which the tenant lets people in: an address or a CIDR range, and what is there. */
export const AllowedRange = z.object({ range: RangeText, note: z.string().trim().max(NOTE_LENGTH_MAX) });
export type AllowedRange = z.infer<typeof AllowedRange>;

/** `GET /api/security/addresses`. No range: everybody may come from everywhere. `you`: whoever asks. */
export const AddressList = z.object({
  items: z.array(AllowedRange),
  you: z.object({ address: z.string(), isListed: z.boolean() }),
});
export type AddressList = z.infer<typeof AddressList>;

/**
 * `PUT /api/security/addresses`: the whole list. `lockOut`: although it leaves out the address from which it is sent. `everywhere`: although
 * a range in it is the whole internet.
 */
export const AddressListChange = z.object({
  items: z.array(AllowedRange).max(ALLOWED_RANGES_MAX),
  lockOut: z.boolean().default(false),
  everywhere: z.boolean().default(false),
});
export type AddressListChange = z.input<typeof AddressListChange>;

export const LOCK_MINUTES_MAX = 120;
export const SESSION_IDLE_HOURS_MAX = 7 * 24;
export const SESSION_LIFE_HOURS_MAX = 30 * 24;

/** `GET` and `PUT /api/security/sessions/rules`. `lockAfterMinutes` null: sessions do not lock themselves. */
export const SessionRules = z.object({
  lockAfterMinutes: z.number().int().min(1).max(LOCK_MINUTES_MAX).nullable(),
  idleHours: z.number().int().min(1).max(SESSION_IDLE_HOURS_MAX),
  lifeHours: z.number().int().min(1).max(SESSION_LIFE_HOURS_MAX),
});
export type SessionRules = z.infer<typeof SessionRules>;

export const KEY_DAYS_MAX = 365;
export const KEY_DAYS = 90;

/** `POST /api/api-keys`. `ranges`: from where it may be used, beside the tenant's own list; none: from everywhere on that. */
export const NewApiKey = z.object({
  name: z.string().trim().min(1).max(100),
  permissions: z.array(z.string().max(50)).min(1).max(50),
  ranges: z.array(RangeText).max(KEY_RANGES_MAX).default([]),
  days: z.number().int().min(1).max(KEY_DAYS_MAX).default(KEY_DAYS),
});
export type NewApiKey = z.input<typeof NewApiKey>;

/** One item of `GET /api/api-keys`. `maker_gone`: whoever made it may not come in any more, so neither may the key. */
export const ApiKey = z.object({
  id: z.string(),
  name: z.string(),
  permissions: z.array(z.string()),
  ranges: z.array(z.string()),
  madeBy: z.object({ id: z.string(), name: z.string() }),
  state: z.enum(['good', 'expired', 'maker_gone']),
  createdAt: Instant,
  expiresAt: Instant,
  lastUsedAt: Instant.nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** `GET /api/api-keys`. `offered`: what whoever asks may give a key. */
export const ApiKeys = z.object({ items: z.array(ApiKey), nextCursor: z.null(), offered: z.array(z.string()) });
export type ApiKeys = z.infer<typeof ApiKeys>;

/** Its answer. `token` is shown once. */
export const MadeApiKey = z.object({ key: ApiKey, token: z.string() });
export type MadeApiKey = z.infer<typeof MadeApiKey>;
