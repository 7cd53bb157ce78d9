import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ConversationKind, ReplyLimits, ReplyWindow } from '#contract';
import { CONFIG, type Config, Egress, EgressFailure } from '#platform';
import {
  type Channel,
  ChannelError,
  type Media,
  type OpenConnection,
  type OutboundMessage,
  type Profile,
  type ReplyPart,
  type Sent,
  type WindowQuestion,
} from '../channel.js';
import type { Delivery } from '../delivery-log.service.js';
import type { InboundEvent } from '../inbound.js';
import { GraphClient } from './graph-client.js';
import { tryLater } from './graph-errors.js';
import { MessengerSender } from './messenger-sender.js';
import { readMessengerDelivery } from './read-events.js';
import { messengerLimits, messengerParts } from './reply-parts.js';
import { messengerReplyWindow } from './reply-window.js';

const MEDIA_BYTES_MAX = 25 * 1024 * 1024;
const MEDIA_TIMEOUT_MS = 60_000;

/** All that can be asked for, and what needs no permission beyond the necessary. */
const PROFILE_FIELDS = ['id,name,first_name,last_name,profile_pic', 'id,first_name,last_name'];

const ProfileAnswer = z.object({
  name: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  profile_pic: z.string().optional(),
});

@Injectable()
export class MessengerChannel implements Channel {
  readonly kind = 'messenger';

  constructor(
    private readonly graph: GraphClient,
    private readonly egress: Egress,
    private readonly sender: MessengerSender,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  limits(place: ConversationKind): ReplyLimits {
    return messengerLimits(place);
  }

  split(reply: { text: string; fileCount: number }, place: ConversationKind): ReplyPart[] {
    return messengerParts(reply, place);
  }

  async read(delivery: Delivery): Promise<InboundEvent[]> {
    return readMessengerDelivery(await delivery.body.read(), delivery.receivedAt, this.config.facebook.appId);
  }

  /** What stands in public may be answered in public at any time. */
  replyWindow(question: WindowQuestion): ReplyWindow {
    return question.place === 'comments' ? { state: 'always' } : messengerReplyWindow(question);
  }

  externalIdOf(): null {
    return null;
  }

  send(connection: OpenConnection, message: OutboundMessage): Promise<Sent> {
    return this.sender.send(connection, message);
  }

  async profile(connection: OpenConnection, personId: string): Promise<Profile> {
    for (const fields of PROFILE_FIELDS) {
      try {
        return await this.ask(connection, personId, fields);
      } catch (error) {
        if (!(error instanceof ChannelError) || error.code !== 'no_profile') throw error;
      }
    }
    return { name: null, pictureUrl: null };
  }

  private async ask(connection: OpenConnection, personId: string, fields: string): Promise<Profile> {
    const answer = await this.graph.call(
      { path: encodeURIComponent(personId), token: connection.secrets['pageToken'] ?? '', query: { fields } },
      ProfileAnswer,
    );
    const name = answer.name ?? [answer.first_name, answer.last_name].filter(Boolean).join(' ');
    return { name: name === '' ? null : name, pictureUrl: answer.profile_pic ?? null };
  }

  async media(url: string): Promise<Media | null> {
    try {
      const answer = await this.egress.request({
        url,
        timeoutMs: MEDIA_TIMEOUT_MS,
        responseBytesMax: MEDIA_BYTES_MAX,
        followRedirects: true,
      });
      if (answer.status === 200) return { bytes: answer.body, mediaType: answer.headers['content-type']?.split(';')[0]?.trim() ?? null };
      // Its addresses expire: what is refused or gone will not come back.
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return null;
      throw tryLater();
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      if (error.code === 'too_large' || error.code === 'refused_address') return null;
      throw tryLater();
    }
  }
}
