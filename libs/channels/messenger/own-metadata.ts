import { isUuid } from '#platform';

const PREFIX = 'omni:';

/** What we send along with a message, so that its echo names our own row. */
export function ownMetadata(messageId: string): string {
  return PREFIX + messageId;
}

/** Null for metadata that is not ours: other apps on the page use the field too. */
export function ownMessageId(metadata: unknown): string | null {
  if (typeof metadata !== 'string' || !metadata.startsWith(PREFIX)) return null;
  const id = metadata.slice(PREFIX.length);
  return isUuid(id) ? id : null;
}
