import { Body, Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { CommentChange, type Message, type UnsentText } from '#contract';
import type { Actor } from '#accounts';
import { valid } from '#platform';
import { CommentActService, type MessageId, ReadService, ResendService } from '#ticketing';
import { Allow, Who } from './who.js';

@Controller('api/messages')
export class MessagesController {
  constructor(
    private readonly reads: ReadService,
    private readonly comments: CommentActService,
    private readonly resends: ResendService,
  ) {}

  @Get(':id/unsent')
  @Allow('conversation:read')
  unsent(@Who() actor: Actor, @Param('id') id: MessageId): Promise<UnsentText> {
    return this.reads.unsent(actor, id);
  }

  @Patch(':id')
  @Allow('conversation:write')
  change(@Who() actor: Actor, @Param('id') id: MessageId, @Body(valid(CommentChange)) body: CommentChange): Promise<Message> {
    return this.comments.change(actor, id, body);
  }

  @Post(':id/resend')
  @HttpCode(202)
  @Allow('conversation:write')
  resend(@Who() actor: Actor, @Param('id') id: MessageId): Promise<Message> {
    return this.resends.resend(actor, id);
  }

  @Post(':id/arrived')
  @HttpCode(200)
  @Allow('conversation:write')
  arrived(@Who() actor: Actor, @Param('id') id: MessageId): Promise<Message> {
    return this.resends.arrived(actor, id);
  }
}
