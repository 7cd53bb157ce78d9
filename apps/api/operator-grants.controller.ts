import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { type Actor, OperatorGrants } from '#accounts';
import { NewOperatorGrant, type OperatorGrant } from '#contract';
import { valid } from '#platform';
import { Allow, Fresh, Who } from './who.js';

/** Whether operators may read what this tenant keeps. */
@Controller('api/operator-grants')
export class OperatorGrantsController {
  constructor(private readonly grants: OperatorGrants) {}

  @Get()
  @Allow('operator_grant:read')
  async list(@Who() actor: Actor): Promise<{ items: OperatorGrant[]; nextCursor: null }> {
    return { items: await this.grants.list(actor), nextCursor: null };
  }

  @Post()
  @Allow('operator_grant:manage')
  @Fresh()
  grant(@Who() actor: Actor, @Body(valid(NewOperatorGrant)) body: NewOperatorGrant): Promise<OperatorGrant> {
    return this.grants.grant(actor, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('operator_grant:manage')
  end(@Who() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.grants.end(actor, id);
  }
}
