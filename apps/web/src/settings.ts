import { queryOptions } from '@tanstack/react-query';
import type { Agent, Connection, Contact, Page, RecordingPolicies, RetentionPolicies, SignedInSession } from '#contract';
import { api, withQuery } from './api.js';

const LIST_LIMIT = 100;

/** The tenant's agents, invited and deactivated ones too. */
export const agentsQuery = queryOptions({
  queryKey: ['agents'] as const,
  queryFn: ({ signal }) => api.get<Page<Agent>>(withQuery('/api/agents', { limit: LIST_LIMIT }), signal),
});

/** The tenant's pages and mailboxes with their health. */
export const connectionsQuery = queryOptions({
  queryKey: ['connections'] as const,
  queryFn: ({ signal }) => api.get<Page<Connection>>(withQuery('/api/connections', { limit: LIST_LIMIT }), signal),
});

/** One contact with every address and conversation. */
export const contactQuery = (contactId: string) =>
  queryOptions({
    queryKey: ['contact', contactId] as const,
    queryFn: ({ signal }) => api.get<Contact>(`/api/contacts/${encodeURIComponent(contactId)}`, signal),
  });

/** What is recorded: the policy in force and the ones before it. */
export const recordingQuery = queryOptions({
  queryKey: ['policies', 'recording'] as const,
  queryFn: ({ signal }) => api.get<RecordingPolicies>('/api/policies/recording', signal),
});

/** How long it is kept: the policy in force and the ones before it. */
export const retentionQuery = queryOptions({
  queryKey: ['policies', 'retention'] as const,
  queryFn: ({ signal }) => api.get<RetentionPolicies>('/api/policies/retention', signal),
});

/** Where this agent is signed in. */
export const signedInQuery = queryOptions({
  queryKey: ['signed-in'] as const,
  queryFn: ({ signal }) => api.get<Page<SignedInSession>>('/api/security/sessions', signal),
});
