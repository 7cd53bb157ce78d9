/** What a batch of the feed's changes means for what is on the screen. */
import type { QueryClient } from '@tanstack/react-query';
import type { Change } from '#contract';
import { countsQuery, refreshAllConversations, refreshConversation } from './conversations.js';
import { rememberQuiet } from './quiet.js';
import { sessionKey } from './session.js';
import { agentsQuery, connectionsQuery, QUARANTINE_KEY, SWEEPS_KEY } from './settings.js';
import { refreshThread, renewThread } from './thread.js';

/** More conversations than this in one batch: fetching the lists again is less work than fetching each. */
const SINGLE_REFRESH_MAX = 20;

interface Batch {
  conversations: Map<string, Set<string>>;
  /** Those of them that have other messages in them than before. */
  moved: Set<string>;
  contacts: Set<string>;
  agents: boolean;
  connections: boolean;
  policies: boolean;
  quarantine: boolean;
}

function sort(changes: readonly Change[]): Batch {
  const nothing = { agents: false, connections: false, policies: false, quarantine: false };
  const batch: Batch = { conversations: new Map(), moved: new Set(), contacts: new Set(), ...nothing };
  for (const change of changes) {
    switch (change.type) {
      case 'conversation_opened':
      case 'conversation_changed':
      case 'message_added':
      case 'message_changed':
      case 'messages_moved': {
        if (change.conversationId === undefined) break;
        if (change.type === 'messages_moved') batch.moved.add(change.conversationId);
        const messages = batch.conversations.get(change.conversationId) ?? new Set<string>();
        if (change.messageId !== undefined) messages.add(change.messageId);
        batch.conversations.set(change.conversationId, messages);
        break;
      }
      case 'contact_changed':
        if (change.contactId !== undefined) batch.contacts.add(change.contactId);
        break;
      case 'agent_changed':
        batch.agents = true;
        break;
      case 'connection_changed':
        batch.connections = true;
        break;
      case 'policy_changed':
        batch.policies = true;
        break;
      case 'quarantine_changed':
        batch.quarantine = true;
        break;
      default:
        // A newer server may know more kinds than this page does; what it cannot show it must not stumble over.
        change.type satisfies never;
    }
  }
  return batch;
}

/**
 * Make true again what these changes touched. Resolves when it is on the screen.
 *
 * Errors   none: what could not be renewed now is marked old, and renewed when somebody looks at it
 */
export async function applyChanges(client: QueryClient, changes: readonly Change[], agentId: string): Promise<void> {
  // Before anything is fetched: what comes must already be known as old when it is drawn.
  rememberQuiet(changes);
  const batch = sort(changes);
  const work: Promise<unknown>[] = [];
  if (batch.conversations.size > SINGLE_REFRESH_MAX || batch.contacts.size > 0) work.push(refreshAllConversations(client));
  else for (const id of batch.conversations.keys()) work.push(refreshConversation(client, id, agentId));
  for (const [id, messageIds] of batch.conversations) {
    work.push(batch.moved.has(id) ? renewThread(client, id) : refreshThread(client, id, messageIds));
  }
  for (const id of batch.contacts) work.push(client.invalidateQueries({ queryKey: ['contact', id] }));
  if (batch.conversations.size > 0) work.push(client.invalidateQueries({ queryKey: countsQuery.queryKey }));
  if (batch.agents) {
    work.push(client.invalidateQueries({ queryKey: agentsQuery.queryKey }), client.invalidateQueries({ queryKey: sessionKey }));
  }
  if (batch.connections) {
    // How a page stands decides what may be answered on it.
    for (const queryKey of [connectionsQuery.queryKey, SWEEPS_KEY, ['conversation']]) work.push(client.invalidateQueries({ queryKey }));
  }
  if (batch.policies) {
    work.push(client.invalidateQueries({ queryKey: ['policies'] }), client.invalidateQueries({ queryKey: ['conversation'] }));
  }
  if (batch.quarantine) work.push(client.invalidateQueries({ queryKey: QUARANTINE_KEY }));
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  // What could not be renewed now is renewed when somebody looks at it; nothing may stay old because a request failed.
  if (failed) await client.invalidateQueries({ refetchType: 'none' });
}
