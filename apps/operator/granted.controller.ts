import { Controller, Get, Param, Query } from '@nestjs/common';
import type { OperatorActor } from '#accounts';
import { type Conversation, ConversationQuery, type ConversationRow, type Message, type Page, PageQuery } from '#contract';
import { isUuid, notFound, valid } from '#platform';
import { type ConversationId, GrantedRead } from '#ticketing';
import { AllowOperator, Operator } from './operator-who.js';

/** What a tenant lets operators read, for as long as it does. */
@Controller('operator/api/tenants/:id/conversations')
export class GrantedController {
  constructor(private readonly granted: GrantedRead) {}

  @Get()
  @AllowOperator('granted_content:read')
  list(
    @Operator() operator: OperatorActor,
    @Param('id') id: string,
    @Query(valid(ConversationQuery)) query: ConversationQuery,
  ): Promise<Page<ConversationRow>> {
    return this.granted.list(operator, id, query);
  }

  @Get(':conversationId')
  @AllowOperator('granted_content:read')
  one(
    @Operator() operator: OperatorActor,
    @Param('id') id: string,
    @Param('conversationId') conversationId: string,
  ): Promise<Conversation> {
    return this.granted.conversation(operator, id, named(conversationId));
  }

  @Get(':conversationId/messages')
  @AllowOperator('granted_content:read')
  messages(
    @Operator() operator: OperatorActor,
    @Param() { id, conversationId }: { id: string; conversationId: string },
    @Query(valid(PageQuery)) query: { cursor?: string; limit: number },
  ): Promise<Page<Message>> {
    return this.granted.messages(operator, id, named(conversationId), query);
  }
}

function named(id: string): ConversationId {
  if (!isUuid(id)) throw notFound();
  return id as ConversationId;
}
