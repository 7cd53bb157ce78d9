import { infiniteQueryOptions } from '@tanstack/react-query';
import type { AuditAct, AuditEntry, AuditVerification, Page } from '#contract';
import { api, withQuery } from './api.js';

export interface AuditFilter {
  act: AuditAct | '';
  by: string;
  about: string;
  /** Days as a date field gives them. */
  from: string;
  to: string;
}

export const NO_FILTER: AuditFilter = { act: '', by: '', about: '', from: '', to: '' };

export function isFiltering(filter: AuditFilter): boolean {
  return Object.values(filter).some((value) => value !== '');
}

const ENTRIES_PER_PAGE = 50;
const EXPORT_PATH = '/api/audit/export';
const EXPORT_NAME = 'audit.ndjson';

/** Entries of the audit that pass the filter, newest first. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter] as const,
    queryFn: ({ pageParam, signal }) => {
      const { act, by, about, from, to } = filter;
      const query = { act: given(act), by: given(by), about: given(about.trim()), from: startOf(from, 0), to: startOf(to, 1) };
      return api.get<Page<AuditEntry>>(withQuery('/api/audit', { ...query, cursor: pageParam, limit: ENTRIES_PER_PAGE }), signal);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // What was just done elsewhere is what somebody comes to see.
    staleTime: 0,
  });

/** Follow the chain to its end, part by part, telling how far it is. */
export async function verifyAudit(onProgress: (soFar: AuditVerification) => void): Promise<AuditVerification> {
  let soFar: AuditVerification | undefined;
  do {
    soFar = await api.post<AuditVerification>('/api/audit/verify', { after: soFar?.verifiedTo ?? 0 });
    onProgress(soFar);
  } while (!soFar.isDone);
  return soFar;
}

/** Save the whole chain as a file. Errors: ApiError. */
export async function saveAudit(): Promise<void> {
  const url = URL.createObjectURL(await api.file(EXPORT_PATH));
  Object.assign(document.createElement('a'), { href: url, download: EXPORT_NAME }).click();
  URL.revokeObjectURL(url);
}

function given<Text extends string>(text: Text): Text | undefined {
  return text === '' ? undefined : text;
}

/** The first instant of a day as it is lived here, or of a later one. */
function startOf(day: string, daysLater: number): string | undefined {
  const [year, month, date] = day.split('-').map(Number);
  return year && month && date ? new Date(year, month - 1, date + daysLater).toISOString() : undefined;
}
