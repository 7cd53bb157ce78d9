import { Injectable } from '@nestjs/common';
import type { ChannelKind } from '#contract';
import type { Channel } from './channel.js';
import { EmailChannel } from './email/index.js';
import { MessengerChannel } from './messenger/index.js';

/** Every kind of way in, by its name. */
@Injectable()
export class Channels {
  private readonly byKind: Record<ChannelKind, Channel>;

  constructor(messenger: MessengerChannel, email: EmailChannel) {
    this.byKind = { messenger, email };
  }

  of(kind: ChannelKind): Channel {
    return this.byKind[kind];
  }
}
