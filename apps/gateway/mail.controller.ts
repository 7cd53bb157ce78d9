import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { MailDoor } from '#channels';
import { OpenTo } from '#platform';

const NOTHING = Buffer.alloc(0);

@Controller('webhooks/email')
export class MailController {
  constructor(private readonly door: MailDoor) {}

  @Post(':mailboxKey')
  @HttpCode(200)
  @OpenTo('mail servers, by signature')
  async accept(
    @Param('mailboxKey') mailboxKey: string,
    @Body() rawMail: Buffer | undefined,
    @Headers('x-omnidesk-timestamp') timestamp?: string,
    @Headers('x-omnidesk-signature') signature?: string,
  ): Promise<void> {
    await this.door.accept(mailboxKey, rawMail ?? NOTHING, { timestamp, signature });
  }
}
