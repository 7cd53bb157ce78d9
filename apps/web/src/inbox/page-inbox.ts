import { useQuery } from '@tanstack/react-query';
import type { Connection } from '#contract';
import { connectionsQuery } from '../settings.js';

/** Source: the address Meta Business Suite itself has for a page's inbox. */
const PAGE_INBOX_URL = 'https://business.facebook.com/latest/inbox/all';

/** The connection a conversation came in by; undefined until the connections are here. */
export function useConnection(connectionId: string | undefined): Connection | undefined {
  const { data } = useQuery(connectionsQuery);
  return data?.items.find(({ id }) => id === connectionId);
}

/** Where Facebook itself shows what a page received; undefined for what is no page. */
export function pageInboxUrl(connection: Connection | undefined): string | undefined {
  return connection?.channel === 'messenger' ? `${PAGE_INBOX_URL}?asset_id=${encodeURIComponent(connection.externalId)}` : undefined;
}
