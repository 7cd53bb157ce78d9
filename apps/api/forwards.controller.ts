import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Forward, type Forwarded } from '#contract';
import type { Actor } from '#accounts';
import { valid } from '#platform';
import { type ConversationId, ForwardService } from '#ticketing';
import { ConversationParam, IdempotencyKey } from './parameters.js';
import { Allow, Who } from './who.js';

@Controller('api/conversations')
export class ForwardsController {
  constructor(private readonly forwards: ForwardService) {}

  @Post(':id/forward')
  @HttpCode(202)
  @Allow('conversation:write')
  forward(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(Forward)) body: Forward,
    @IdempotencyKey() idempotencyKey: string | null,
  ): Promise<Forwarded> {
    return this.forwards.forward(actor, id, body, { idempotencyKey });
  }
}
