import type { Connection, Mailbox, PageSettings } from '#contract';
import type { ConnectionEntity } from './connection.entity.js';

/** A connection as it crosses the border: no secret is in it. */
export function describeConnection(connection: ConnectionEntity, mailbox: Mailbox | null): Connection {
  return {
    id: connection.id,
    channel: connection.channel,
    name: connection.name,
    externalId: connection.externalId,
    state: connection.state,
    problem: connection.problem,
    lastReceivedAt: connection.lastReceivedAt?.toISOString() ?? null,
    createdAt: connection.createdAt.toISOString(),
    restriction: connection.restriction,
    checkedAt: connection.checkedAt?.toISOString() ?? null,
    settings: settingsOf(connection),
    mailbox,
  };
}

export function settingsOf({ humanAgent, personas, comments }: ConnectionEntity): PageSettings {
  return { humanAgent, personas, comments };
}
