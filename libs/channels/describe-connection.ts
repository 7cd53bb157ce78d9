import type { Connection, Mailbox, PageSettings } from '#contract';
import { readProblem } from './connection-words.js';
import type { ConnectionEntity } from './connection.entity.js';

/** A connection as it crosses the border: no secret is in it. */
export function describeConnection(connection: ConnectionEntity, mailbox: Mailbox | null): Connection {
  const problem = connection.problem === null ? null : readProblem(connection.problem);
  return {
    id: connection.id,
    channel: connection.channel,
    name: connection.name,
    externalId: connection.externalId,
    state: connection.state,
    problem: problem?.sentence ?? null,
    problemCode: problem?.code ?? null,
    problemNames: problem?.names ?? [],
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
