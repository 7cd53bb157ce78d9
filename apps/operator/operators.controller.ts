import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { type ConsoleOrigin, OperatorAccounts, type OperatorActor } from '#accounts';
import { type Enrolment, NewOperator, NewOperatorKey, type OperatorKeyLine, type OperatorLine } from '#contract';
import { valid } from '#platform';
import { AllowOperator, ConsoleAt, Operator } from './operator-who.js';

@Controller('operator/api/operators')
export class OperatorsController {
  constructor(private readonly accounts: OperatorAccounts) {}

  @Get()
  @AllowOperator('operator:read')
  async list(): Promise<{ items: OperatorLine[]; nextCursor: null }> {
    return { items: await this.accounts.list(), nextCursor: null };
  }

  @Post()
  @AllowOperator('operator:manage')
  create(@Operator() operator: OperatorActor, @Body(valid(NewOperator)) body: NewOperator): Promise<OperatorLine> {
    return this.accounts.create(operator, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @AllowOperator('operator:manage')
  revoke(@Operator() operator: OperatorActor, @Param('id') id: string): Promise<void> {
    return this.accounts.revoke(operator, id);
  }

  @Post(':id/keys')
  @AllowOperator('operator:manage')
  addKey(
    @Operator() operator: OperatorActor,
    @Param('id') id: string,
    @Body(valid(NewOperatorKey)) body: NewOperatorKey,
  ): Promise<OperatorKeyLine> {
    return this.accounts.addKey(operator, id, body);
  }

  @Delete(':id/keys/:keyId')
  @HttpCode(204)
  @AllowOperator('operator:manage')
  removeKey(@Operator() operator: OperatorActor, @Param('id') id: string, @Param('keyId') keyId: string): Promise<void> {
    return this.accounts.removeKey(operator, id, keyId);
  }

  @Post(':id/enrolment')
  @AllowOperator('operator:manage')
  invitePasskey(@Operator() operator: OperatorActor, @Param('id') id: string, @ConsoleAt() { origin }: ConsoleOrigin): Promise<Enrolment> {
    return this.accounts.invitePasskey(operator, id, origin);
  }
}
