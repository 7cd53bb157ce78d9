import type { FastifyReply } from 'fastify';
import type { ConnectionId } from '#channels';
import { isUuid, notFound, Refusal } from '#platform';

/** Where the browser is led back to from a vendor's login. */
export const SETTINGS_PAGE = '/settings/connections';

/** What is not an id names nothing. */
export function connectionId(text: string): ConnectionId {
  if (!isUuid(text)) throw notFound();
  return text as ConnectionId;
}

/** A query parameter that is there once; undefined for anything else. */
export function one(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A browser on its way comes along here: a refusal is shown on the page it came from, not as JSON. */
export async function leadTo(reply: FastifyReply, where: () => Promise<string>): Promise<void> {
  let address: string;
  try {
    address = await where();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    address = `${SETTINGS_PAGE}?login_refused=${error.code}`;
  }
  await reply.redirect(address, 302);
}
