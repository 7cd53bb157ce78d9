import { Injectable } from '@nestjs/common';
import type { InboundBounce, InboundComplaint, InboundMailRead } from '#channels';
import type { Taking } from './arrival.js';

/** What machines and people say became of the mail we sent. */
@Injectable()
export class MailOutcomeService {
  async bounce(_taking: Taking, _event: InboundBounce): Promise<void> {
    await Promise.resolve();
  }

  async read(_taking: Taking, _event: InboundMailRead): Promise<void> {
    await Promise.resolve();
  }

  async complaint(_taking: Taking, _event: InboundComplaint): Promise<void> {
    await Promise.resolve();
  }
}
