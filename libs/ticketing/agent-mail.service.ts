import { Injectable } from '@nestjs/common';
import type { InboundAgentReply } from '#channels';
import type { Taking } from './arrival.js';

/** Agents who answer by mail. */
@Injectable()
export class AgentMailService {
  async reply(_taking: Taking, _event: InboundAgentReply): Promise<void> {
    await Promise.resolve();
  }
}
