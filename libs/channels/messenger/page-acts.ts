import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { OpenConnection } from '../channel.js';
import { GraphClient } from './graph-client.js';

/** What a person sees of us beside messages. */
export type PersonSignal = 'typing_on' | 'typing_off' | 'mark_seen';

// Printed as a string in Meta's own documentation, sent as a boolean; some edges answer with the object instead.
const Done = z.object({ success: z.union([z.literal(true), z.literal('true')]).optional() });

/** What a page does beside saying something: with comments in public, with the thread, for the person who waits. Errors: ChannelError. */
@Injectable()
export class PageActs {
  constructor(private readonly graph: GraphClient) {}

  /** Source: https://developers.facebook.com/docs/graph-api/reference/comment */
  async hideComment(connection: OpenConnection, commentId: string, isHidden: boolean): Promise<void> {
    await this.post(connection, encodeURIComponent(commentId), { is_hidden: isHidden });
  }

  /** Source: https://developers.facebook.com/docs/graph-api/reference/object/likes */
  async likeComment(connection: OpenConnection, commentId: string, isLiked: boolean): Promise<void> {
    const method = isLiked ? 'POST' : 'DELETE';
    await this.graph.call({ path: `${encodeURIComponent(commentId)}/likes`, method, token: tokenOf(connection) }, Done);
  }

  /**
   * Take the thread from the app that has it, so that we may answer.
   *
   * Source   https://developers.facebook.com/docs/messenger-platform/handover-protocol/conversation-control
   */
  async takeThread(connection: OpenConnection, personId: string): Promise<void> {
    await this.post(connection, `${connection.externalId}/take_thread_control`, { recipient: { id: personId } });
  }

  async signal(connection: OpenConnection, personId: string, signal: PersonSignal): Promise<void> {
    await this.post(connection, `${connection.externalId}/messages`, { recipient: { id: personId }, sender_action: signal });
  }

  private async post(connection: OpenConnection, path: string, body: object): Promise<void> {
    await this.graph.call({ path, method: 'POST', token: tokenOf(connection), body }, Done);
  }
}

function tokenOf({ secrets }: OpenConnection): string {
  return secrets['pageToken'] ?? '';
}
