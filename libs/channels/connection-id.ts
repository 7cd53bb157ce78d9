import type { Branded } from '#platform';

export type ConnectionId = Branded<'ConnectionId'>;
