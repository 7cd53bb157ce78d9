import { createHmac } from 'node:crypto';

/**
 * Four roles. The owner migrates and is used for nothing else. `omnidesk_app` serves: it owns nothing, so row-level security holds for
 * it. `omnidesk_jobs` owns the job queue's schema and runs it; it has no right on any table of a tenant.
 * `omnidesk_lookup` cannot sign in: it owns the few functions that find a tenant before one is known.
 */
export const APP_ROLE = 'omnidesk_app';
export const JOBS_ROLE = 'omnidesk_jobs';
export const LOOKUP_ROLE = 'omnidesk_lookup';

export interface DatabaseUrls {
  owner: string;
  app: string;
  jobs: string;
}

/**
 * The addresses to connect at for each role.
 *
 * Shape    password: null where the server trusts its private socket (embedded); else the roles' passwords are derived from it
 */
export function databaseUrls(ownerUrl: string, secret: string | null): DatabaseUrls {
  return { owner: ownerUrl, app: asRole(ownerUrl, APP_ROLE, secret), jobs: asRole(ownerUrl, JOBS_ROLE, secret) };
}

export function rolePassword(role: string, secret: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64')).update(`database role ${role}`).digest('base64url');
}

function asRole(ownerUrl: string, role: string, secret: string | null): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = secret === null ? '' : rolePassword(role, secret);
  return url.toString();
}
