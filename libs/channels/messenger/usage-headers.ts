import { z } from 'zod';
import { MINUTE_MS } from '#platform';
import type { Usage } from './page-brake.js';

const Counts = z.object({
  call_count: z.coerce.number().catch(0),
  total_time: z.coerce.number().catch(0),
  total_cputime: z.coerce.number().catch(0),
  estimated_time_to_regain_access: z.coerce.number().optional().catch(undefined),
});
const AppUsage = Counts;
const BusinessUsage = z.record(z.string(), z.array(Counts));

/** What the headers of an answer say of the whole app and of the page or its business; null where they say nothing. */
export interface HeardUsage {
  app: Usage | null;
  page: Usage | null;
}

/**
 * Read Meta's usage headers. What cannot be read says nothing.
 *
 * Units    percent of what is allowed, the highest of the three counts; may be above 100
 * Source   https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function readUsage(headers: Record<string, string>): HeardUsage {
  const app = AppUsage.safeParse(jsonIn(headers['x-app-usage']));
  const business = BusinessUsage.safeParse(jsonIn(headers['x-business-use-case-usage']));
  return {
    app: app.success ? usageOf([app.data]) : null,
    page: business.success ? usageOf(Object.values(business.data).flat()) : null,
  };
}

function usageOf(counts: z.infer<typeof Counts>[]): Usage | null {
  if (counts.length === 0) return null;
  const percent = Math.max(...counts.flatMap((one) => [one.call_count, one.total_time, one.total_cputime]));
  const minutes = Math.max(...counts.map((one) => one.estimated_time_to_regain_access ?? 0));
  // A zero says only that calls are not blocked yet.
  return { percent, regainMs: minutes > 0 ? minutes * MINUTE_MS : null };
}

function jsonIn(header: string | undefined): unknown {
  if (header === undefined) return null;
  try {
    return JSON.parse(header);
  } catch {
    return null;
  }
}
