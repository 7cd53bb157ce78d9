import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  type Conversation,
  ConversationChange,
  type ConversationCounts,
  ConversationQuery,
  type ConversationRow,
  type Message,
  Merge,
  Note,
  type Page,
  PageQuery,
  PrivateReply,
  Reply,
  Typing,
} from '#contract';
import type { Actor } from '#accounts';
import { valid } from '#platform';
import {
  ChangeService,
  type ConversationId,
  EraseService,
  LetInService,
  MergeService,
  PrivateReplyService,
  ReadService,
  ReplyService,
  SignalPersonJob,
  TakeOverService,
} from '#ticketing';
import { ConversationParam, IdempotencyKey } from './parameters.js';
import { Allow, Who } from './who.js';

@Controller('api/conversations')
export class ConversationsController {
  constructor(
    private readonly reads: ReadService,
    private readonly replies: ReplyService,
    private readonly changes: ChangeService,
    private readonly privateReplies: PrivateReplyService,
    private readonly takeOvers: TakeOverService,
    private readonly signals: SignalPersonJob,
    private readonly lettingIn: LetInService,
    private readonly erasing: EraseService,
    private readonly merges: MergeService,
  ) {}

  @Get()
  @Allow('conversation:read')
  list(@Who() actor: Actor, @Query(valid(ConversationQuery)) query: ConversationQuery): Promise<Page<ConversationRow>> {
    return this.reads.list(actor, query);
  }

  @Get('counts')
  @Allow('conversation:read')
  counts(@Who() actor: Actor): Promise<ConversationCounts> {
    return this.reads.counts(actor);
  }

  @Get(':id')
  @Allow('conversation:read')
  one(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<Conversation> {
    return this.reads.conversation(actor, id);
  }

  @Patch(':id')
  @Allow('conversation:write')
  change(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(ConversationChange)) body: ConversationChange,
  ): Promise<Conversation> {
    return this.changes.change(actor, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('conversation:erase')
  erase(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<void> {
    return this.erasing.conversation(actor, id);
  }

  @Post(':id/release')
  @HttpCode(200)
  @Allow('quarantine:manage')
  release(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<Conversation> {
    return this.lettingIn.conversation(actor, id);
  }

  @Post(':id/merge')
  @HttpCode(200)
  @Allow('conversation:write')
  merge(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(Merge)) { intoId }: Merge,
  ): Promise<Conversation> {
    return this.merges.merge(actor, id, intoId as ConversationId);
  }

  @Post(':id/unmerge')
  @HttpCode(200)
  @Allow('conversation:write')
  unmerge(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<Conversation> {
    return this.merges.unmerge(actor, id);
  }

  @Post(':id/seen')
  @HttpCode(204)
  @Allow('conversation:write')
  seen(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<void> {
    return this.changes.markSeen(actor, id);
  }

  @Get(':id/messages')
  @Allow('conversation:read')
  messages(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Query(valid(PageQuery)) query: { limit: number; cursor?: string },
  ): Promise<Page<Message>> {
    return this.reads.messages(actor, id, query);
  }

  @Post(':id/replies')
  @HttpCode(202)
  @Allow('conversation:write')
  reply(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(Reply)) body: Reply,
    @IdempotencyKey() idempotencyKey: string | null,
  ): Promise<Message> {
    return this.replies.reply(actor, id, body, { idempotencyKey });
  }

  @Post(':id/private-replies')
  @HttpCode(202)
  @Allow('conversation:write')
  replyInPrivate(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(PrivateReply)) body: PrivateReply,
    @IdempotencyKey() idempotencyKey: string | null,
  ): Promise<Message> {
    return this.privateReplies.reply(actor, id, body, { idempotencyKey });
  }

  @Post(':id/take-over')
  @HttpCode(200)
  @Allow('conversation:write')
  takeOver(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId): Promise<Conversation> {
    return this.takeOvers.takeOver(actor, id);
  }

  @Post(':id/typing')
  @HttpCode(204)
  @Allow('conversation:write')
  typing(@Who() actor: Actor, @Param('id', ConversationParam) id: ConversationId, @Body(valid(Typing)) { on }: Typing): Promise<void> {
    return this.signals.typing(actor, id, on);
  }

  @Post(':id/notes')
  @Allow('conversation:write')
  note(
    @Who() actor: Actor,
    @Param('id', ConversationParam) id: ConversationId,
    @Body(valid(Note)) body: Note,
    @IdempotencyKey() idempotencyKey: string | null,
  ): Promise<Message> {
    return this.replies.note(actor, id, body, { idempotencyKey });
  }
}
