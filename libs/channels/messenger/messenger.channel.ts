import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ReplyWindow } from '#contract';
import { Egress, EgressFailure } from '#platform';
import type { Channel, Media, OpenConnection, OutboundMessage, Profile, Sent } from '../channel.js';
import type { Delivery } from '../delivery-log.service.js';
import type { InboundEvent } from '../inbound.js';
import { GraphClient } from './graph-client.js';
import { tryLater } from './graph-errors.js';
import { readMessengerDelivery } from './read-events.js';
import { messengerReplyWindow } from './reply-window.js';
import { ownMetadata } from './own-metadata.js';

/** Source: Meta's Send API; counted in UTF-16 units, the strictest reading. */
const TEXT_LENGTH_MAX = 2000;
const MEDIA_BYTES_MAX = 25 * 1024 * 1024;
const MEDIA_TIMEOUT_MS = 60_000;

const SendAnswer = z.object({ message_id: z.string().min(1) });
const ProfileAnswer = z.object({
  name: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  profile_pic: z.string().optional(),
});

@Injectable()
export class MessengerChannel implements Channel {
  readonly kind = 'messenger';
  readonly textLengthMax = TEXT_LENGTH_MAX;

  constructor(
    private readonly graph: GraphClient,
    private readonly egress: Egress,
  ) {}

  read(delivery: Delivery): Promise<InboundEvent[]> {
    return Promise.resolve(readMessengerDelivery(delivery.body, delivery.receivedAt));
  }

  replyWindow(lastInboundAt: Date | null, now: Date): ReplyWindow {
    return messengerReplyWindow(lastInboundAt, now);
  }

  externalIdOf(): null {
    return null;
  }

  async send(connection: OpenConnection, message: OutboundMessage): Promise<Sent> {
    const answer = await this.graph.call(
      {
        path: `${connection.externalId}/messages`,
        method: 'POST',
        token: connection.secrets['pageToken'] ?? '',
        isSend: true,
        body: {
          recipient: { id: message.to },
          messaging_type: 'RESPONSE',
          // Comes back with the echo, which may overtake the answer: it is how the two are known to be one message.
          message: { text: message.text, metadata: ownMetadata(message.messageId) },
        },
      },
      SendAnswer,
    );
    return { externalId: answer.message_id };
  }

  async profile(connection: OpenConnection, personId: string): Promise<Profile> {
    const answer = await this.graph.call(
      {
        path: encodeURIComponent(personId),
        token: connection.secrets['pageToken'] ?? '',
        query: { fields: 'id,name,first_name,last_name,profile_pic' },
      },
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
