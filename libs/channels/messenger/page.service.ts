import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Connection, ConnectPage } from '#contract';
import { Log, Refusal, type TenantId } from '#platform';
import { ChannelError } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { GraphClient } from './graph-client.js';

/** Asking for a field the app has no permission for makes the whole call fail, so only what is read is asked for. */
const SUBSCRIBED_FIELDS = [
  'messages',
  'message_echoes',
  'message_edits',
  'message_deliveries',
  'message_reads',
  'message_reactions',
  'messaging_postbacks',
  'messaging_optins',
  'messaging_referrals',
  'messaging_handovers',
  'standby',
  'messaging_policy_enforcement',
];

const Page = z.object({ id: z.coerce.string(), name: z.string() });
// Printed as a string in Meta's own documentation, sent as a boolean.
const Success = z.object({ success: z.union([z.literal(true), z.literal('true')]) });

/** Connecting and disconnecting Facebook pages. */
@Injectable()
export class PageService {
  constructor(
    private readonly graph: GraphClient,
    private readonly connections: ConnectionService,
    private readonly log: Log,
  ) {}

  /**
   * Connect a page whose token the tenant holds: the token is tried first, then the page is told to send us its messages.
   *
   * Errors   unprocessable `page_token_refused`, `page_token_of_other_page`; conflict `connected_elsewhere`; unavailable `facebook_unavailable`
   */
  async connect(tenantId: TenantId, { pageId, pageToken }: ConnectPage): Promise<Connection> {
    const page = await this.ask(() => this.graph.call({ path: 'me', token: pageToken, query: { fields: 'id,name' } }, Page));
    if (page.id !== pageId) {
      throw new Refusal(
        'unprocessable',
        'page_token_of_other_page',
        'This token belongs to another page. Copy the page id and its own token.',
      );
    }
    const connection = await this.connections.connect(tenantId, {
      channel: 'messenger',
      externalId: pageId,
      name: page.name,
      secrets: { pageToken },
      routes: [{ kind: 'messenger', externalId: pageId }],
    });
    // After the route exists: what Meta sends at once must already have a tenant.
    await this.ask(() =>
      this.graph.call(
        { path: `${pageId}/subscribed_apps`, method: 'POST', token: pageToken, query: { subscribed_fields: SUBSCRIBED_FIELDS.join(',') } },
        Success,
      ),
    );
    return connection;
  }

  /** Stop the page's deliveries, then destroy the token. Meta's refusal does not stop the second: the tenant wants to be gone. */
  async disconnect(tenantId: TenantId, id: ConnectionId): Promise<void> {
    const { externalId, secrets } = await this.connections.disconnect(tenantId, id);
    const { pageToken } = secrets;
    if (pageToken === undefined) return;
    try {
      await this.graph.call({ path: `${externalId}/subscribed_apps`, method: 'DELETE', token: pageToken }, Success);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('page_unsubscribe_failed', { connectionId: id, code: error.code });
    }
  }

  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (error.remedy === 'try_later' || error.remedy === 'unknown') {
        throw new Refusal('unavailable', 'facebook_unavailable', 'Facebook does not answer right now. Try again in a moment.');
      }
      throw new Refusal('unprocessable', 'page_token_refused', 'Facebook does not accept this token. Make a new page token and try again.');
    }
  }
}
