import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  AddressList,
  Agent,
  ApiKeys,
  Connection,
  Contact,
  Doctor,
  Factors,
  IdentityProvider,
  MailLogin,
  OwnIdentity,
  Page,
  PageLogin,
  RecordingPolicies,
  RetentionPolicies,
  Roles,
  SecondFactorOf,
  Security,
  SessionRules,
  SignedInSession,
  Suppression,
  Sweep,
  Team,
} from '#contract';
import { api, withQuery } from './api.js';

const LIST_LIMIT = 100;

/** The tenant's agents, invited and deactivated ones too. */
export const agentsQuery = queryOptions({
  queryKey: ['agents'] as const,
  queryFn: ({ signal }) => api.get<Page<Agent>>(withQuery('/api/agents', { limit: LIST_LIMIT }), signal),
});

/** The roles that ship and the tenant's own, and what a role can allow. */
export const rolesQuery = queryOptions({
  queryKey: ['roles'] as const,
  queryFn: ({ signal }) => api.get<Roles>('/api/roles', signal),
});

/** Who works together, and on what. */
export const teamsQuery = queryOptions({
  queryKey: ['teams'] as const,
  queryFn: ({ signal }) => api.get<Page<Team>>('/api/teams', signal),
});

/** The tenant's pages and mailboxes with their health. */
export const connectionsQuery = queryOptions({
  queryKey: ['connections'] as const,
  queryFn: ({ signal }) => api.get<Page<Connection>>(withQuery('/api/connections', { limit: LIST_LIMIT }), signal),
});

/** The path of one connection, and of what lies below it. */
export const connectionPath = (connectionId: string, below = '') => `/api/connections/${encodeURIComponent(connectionId)}${below}`;

/** Where Facebook asks for the pages to connect. A page of the server's: the browser goes there, it is not fetched. */
export const FACEBOOK_LOGIN_URL = '/api/connections/messenger/login';

/** The pages that a login with Facebook brought. Gone after a quarter of an hour. */
export const pageLoginQuery = (loginId: string) =>
  queryOptions({
    queryKey: ['page-login', loginId] as const,
    queryFn: ({ signal }) => api.get<PageLogin>(`/api/connections/messenger/logins/${encodeURIComponent(loginId)}`, signal),
  });

/** The account that signing in with a mail provider brought. Gone after a quarter of an hour. */
export const mailLoginQuery = (loginId: string) =>
  queryOptions({
    queryKey: ['mail-login', loginId] as const,
    queryFn: ({ signal }) => api.get<MailLogin>(`/api/connections/email/logins/${encodeURIComponent(loginId)}`, signal),
  });

export const SWEEPS_KEY = ['sweeps'] as const;

/** What could not be taken in. */
export const QUARANTINE_KEY = ['quarantine'] as const;

/** Where mail does not go. */
export const SUPPRESSIONS_KEY = ['suppressions'] as const;

/** When a page's archive was looked through, newest first. */
export const sweepsQuery = (connectionId: string) =>
  queryOptions({
    queryKey: [...SWEEPS_KEY, connectionId] as const,
    queryFn: ({ signal }) => api.get<Page<Sweep>>(connectionPath(connectionId, '/sweeps'), signal),
  });

/** How every part of a connection is. Each asking looks anew, at the vendor too. */
export const doctorQuery = (connectionId: string) =>
  queryOptions({
    queryKey: ['doctor', connectionId] as const,
    queryFn: ({ signal }) => api.get<Doctor>(connectionPath(connectionId, '/doctor'), signal),
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

/** By what this agent proves who it is. */
export const factorsQuery = queryOptions({
  queryKey: ['factors'] as const,
  queryFn: ({ signal }) => api.get<Factors>('/api/factors', signal),
});

/** Where this agent is signed in. */
export const signedInQuery = queryOptions({
  queryKey: ['signed-in'] as const,
  queryFn: ({ signal }) => api.get<Page<SignedInSession>>('/api/security/sessions', signal),
});

/** What the tenant asks of whoever comes in: a second factor from whom and after how long, and whether passwords do. */
export const securityQuery = queryOptions({
  queryKey: ['security', 'asked'] as const,
  queryFn: ({ signal }) => api.get<Security>('/api/security', signal),
});

/** Who has a second factor, and until when the others can do without. */
export const secondFactorsQuery = queryOptions({
  queryKey: ['security', 'second-factors'] as const,
  queryFn: ({ signal }) => api.get<Page<SecondFactorOf>>('/api/security/second-factors', signal),
});

/** From which networks one may come in. */
export const addressListQuery = queryOptions({
  queryKey: ['security', 'addresses'] as const,
  queryFn: ({ signal }) => api.get<AddressList>('/api/security/addresses', signal),
});

/** How long sessions last, and when they lock themselves. */
export const sessionRulesQuery = queryOptions({
  queryKey: ['security', 'session-rules'] as const,
  queryFn: ({ signal }) => api.get<SessionRules>('/api/security/sessions/rules', signal),
});

/** The providers by which people come in. */
export const identityProvidersQuery = queryOptions({
  queryKey: ['security', 'identity-providers'] as const,
  queryFn: ({ signal }) => api.get<Page<IdentityProvider>>('/api/security/identity-providers', signal),
});

/** By which of them the agent does. */
export const identitiesQuery = queryOptions({
  queryKey: ['factors', 'identities'] as const,
  queryFn: ({ signal }) => api.get<Page<OwnIdentity>>('/api/factors/identities', signal),
});

/** Keys for programs. */
export const apiKeysQuery = queryOptions({
  queryKey: ['security', 'api-keys'] as const,
  queryFn: ({ signal }) => api.get<ApiKeys>('/api/api-keys', signal),
});

/** Where a colleague is signed in. */
export const agentSessionsQuery = (agentId: string) =>
  queryOptions({
    queryKey: ['security', 'agent-sessions', agentId] as const,
    queryFn: ({ signal }) => api.get<Page<SignedInSession>>(`/api/agents/${encodeURIComponent(agentId)}/sessions`, signal),
  });

/** Addresses that mail does not reach, newest first. */
export const suppressionsQuery = infiniteQueryOptions({
  queryKey: SUPPRESSIONS_KEY,
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<Suppression>>(withQuery('/api/suppressions', { cursor: pageParam, limit: LIST_LIMIT }), signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});
