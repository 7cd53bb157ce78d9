import { Body, Controller, Get, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { MessengerDoor } from '#channels';
import { OpenTo } from '#platform';

const NOTHING = Buffer.alloc(0);

@Controller('webhooks/messenger')
export class MessengerController {
  constructor(private readonly door: MessengerDoor) {}

  @Get()
  @OpenTo('Meta, by the verify token')
  // A text is sent as text/plain. Said here, the type would stand on a refusal too, which is JSON.
  verify(@Query() query: Record<string, unknown>): string {
    return this.door.verify({
      mode: one(query['hub.mode']),
      verifyToken: one(query['hub.verify_token']),
      challenge: one(query['hub.challenge']),
    });
  }

  @Post()
  @HttpCode(200)
  @OpenTo('Meta, by signature')
  async accept(@Body() rawBody: Buffer | undefined, @Headers('x-hub-signature-256') signature?: string): Promise<void> {
    await this.door.accept(rawBody ?? NOTHING, signature);
  }
}

function one(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
