import { queryOptions } from '@tanstack/react-query';
import type {
  AuditEntry,
  Conversation,
  ConversationRow,
  InstallationHealth,
  Message,
  OperatorAddresses,
  OperatorLine,
  OperatorSession,
  Page,
  TenantLine,
} from '#contract';
import { api, ApiError, withQuery } from '../api.js';

const LIST_LIMIT = 100;
const BASE = '/operator/api';

/** The path of something at the operator's door. */
export const doorPath = (...parts: readonly string[]) => [BASE, ...parts.map((part) => encodeURIComponent(part))].join('/');

/** Who is signed in here; null when nobody is. */
export const operatorQuery = queryOptions({
  queryKey: ['operator'] as const,
  queryFn: async ({ signal }): Promise<OperatorSession | null> => {
    try {
      return await api.get<OperatorSession>(doorPath('session'), signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

// Nothing tells the console what changed: whoever opens a screen asks.
const always = { refetchOnMount: 'always' } as const;

export const tenantsQuery = queryOptions({
  ...always,
  queryKey: ['tenants'] as const,
  queryFn: ({ signal }) => api.get<Page<TenantLine>>(withQuery(doorPath('tenants'), { limit: LIST_LIMIT }), signal),
});
export const healthQuery = queryOptions({
  ...always,
  queryKey: ['health'] as const,
  queryFn: ({ signal }) => api.get<InstallationHealth>(doorPath('health'), signal),
});
export const operatorsQuery = queryOptions({
  ...always,
  queryKey: ['operators'] as const,
  queryFn: ({ signal }) => api.get<Page<OperatorLine>>(doorPath('operators'), signal),
});
export const addressesQuery = queryOptions({
  ...always,
  queryKey: ['addresses'] as const,
  queryFn: ({ signal }) => api.get<OperatorAddresses>(doorPath('addresses'), signal),
});
export const auditQuery = queryOptions({
  ...always,
  queryKey: ['audit'] as const,
  queryFn: ({ signal }) => api.get<Page<AuditEntry>>(withQuery(doorPath('audit'), { limit: LIST_LIMIT }), signal),
});

// What a tenant lets us read is asked for each time it is shown, and kept by nobody: the grant may be over.
const unkept = { ...always, gcTime: 0, staleTime: 0 } as const;

export const grantedListQuery = (tenantId: string) =>
  queryOptions({
    ...unkept,
    queryKey: ['granted', tenantId] as const,
    queryFn: ({ signal }) =>
      api.get<Page<ConversationRow>>(withQuery(doorPath('tenants', tenantId, 'conversations'), { limit: LIST_LIMIT }), signal),
  });
export const grantedConversationQuery = (tenantId: string, id: string) =>
  queryOptions({
    ...unkept,
    queryKey: ['granted', tenantId, id] as const,
    queryFn: ({ signal }) => api.get<Conversation>(doorPath('tenants', tenantId, 'conversations', id), signal),
  });
export const grantedMessagesQuery = (tenantId: string, id: string) =>
  queryOptions({
    ...unkept,
    queryKey: ['granted', tenantId, id, 'messages'] as const,
    queryFn: ({ signal }) =>
      api.get<Page<Message>>(withQuery(doorPath('tenants', tenantId, 'conversations', id, 'messages'), { limit: LIST_LIMIT }), signal),
  });
