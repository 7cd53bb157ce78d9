import { queryOptions, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Session, SetupState } from '#contract';
import { api, ApiError } from './api.js';

export const sessionKey = ['session'] as const;

/** Who is signed in here; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await api.get<Session>('/api/session', signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

/** Whether this installation still waits for its first tenant. */
export const setupQuery = queryOptions({
  queryKey: ['setup'] as const,
  queryFn: ({ signal }) => api.get<z.infer<typeof SetupState>>('/api/setup', signal),
});

/** The session of the agent who looks at this screen. Only for screens behind the sign-in, where there always is one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('a screen behind the sign-in was drawn without a session');
  return data;
}

/** What a screen may ask about; the server knows more. */
export type Permission =
  | 'audit:read'
  | 'connection:manage'
  | 'agent:read'
  | 'agent:manage'
  | 'role:manage'
  | 'team:manage'
  | 'conversation:erase'
  | 'quarantine:manage'
  | 'suppression:manage'
  | 'security:read'
  | 'security:manage'
  | 'api_key:manage'
  | 'operator_grant:read'
  | 'operator_grant:manage';

/** Whether this agent may do something. The server decides when it is done; this only spares a vain click. */
export function may(session: Session, permission: Permission): boolean {
  return session.permissions.includes(permission);
}
