import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { type ApiKeys, type MadeApiKey, NewApiKey } from '#contract';
import { type Actor, type ApiKeyId, ApiKeyService } from '#accounts';
import { isUuid, notFound, valid } from '#platform';
import { FeedGateway } from '#realtime';
import { Allow, Fresh, Who } from './who.js';

/** Keys for programs. */
@Controller('api/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly sockets: FeedGateway,
  ) {}

  @Get()
  @Allow('api_key:manage')
  list(@Who() actor: Actor): Promise<ApiKeys> {
    return this.keys.list(actor);
  }

  @Post()
  @Allow('api_key:manage')
  @Fresh()
  make(@Who() actor: Actor, @Body(valid(NewApiKey)) body: NewApiKey): Promise<MadeApiKey> {
    return this.keys.make(actor, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('api_key:manage')
  async revoke(@Who() actor: Actor, @Param('id') id: ApiKeyId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.keys.revoke(actor, id);
    await this.sockets.closeEnded();
  }
}
