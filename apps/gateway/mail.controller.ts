import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { MailDoor, type MailProvider, ProviderDoor } from '#channels';
import { OpenTo } from '#platform';

const NOTHING = Buffer.alloc(0);

type RequestHeaders = Record<string, string | undefined>;

@Controller('webhooks/email')
export class MailController {
  constructor(
    private readonly door: MailDoor,
    private readonly providers: ProviderDoor,
  ) {}

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

  @Post(':mailboxKey/postmark')
  @HttpCode(200)
  @OpenTo('Postmark, by name and password')
  acceptPostmark(@Param('mailboxKey') key: string, @Body() body: Buffer | undefined, @Headers() headers: RequestHeaders): Promise<void> {
    return this.bring('postmark', key, { body, headers });
  }

  @Post(':mailboxKey/mailgun')
  @HttpCode(200)
  @OpenTo('Mailgun, by signature')
  acceptMailgun(@Param('mailboxKey') key: string, @Body() body: Buffer | undefined, @Headers() headers: RequestHeaders): Promise<void> {
    return this.bring('mailgun', key, { body, headers });
  }

  // Mailgun sends the raw mail only to addresses that end so.
  @Post(':mailboxKey/mailgun/mime')
  @HttpCode(200)
  @OpenTo('Mailgun, by signature')
  acceptMailgunRaw(@Param('mailboxKey') key: string, @Body() body: Buffer | undefined, @Headers() headers: RequestHeaders): Promise<void> {
    return this.bring('mailgun', key, { body, headers });
  }

  @Post(':mailboxKey/sendgrid')
  @HttpCode(200)
  @OpenTo('SendGrid, by signature')
  acceptSendgrid(@Param('mailboxKey') key: string, @Body() body: Buffer | undefined, @Headers() headers: RequestHeaders): Promise<void> {
    return this.bring('sendgrid', key, { body, headers });
  }

  @Post(':mailboxKey/ses')
  @HttpCode(200)
  @OpenTo('Amazon SES, by signature')
  acceptSes(@Param('mailboxKey') key: string, @Body() body: Buffer | undefined, @Headers() headers: RequestHeaders): Promise<void> {
    return this.bring('ses', key, { body, headers });
  }

  private bring(
    provider: MailProvider,
    mailboxKey: string,
    { body, headers }: { body: Buffer | undefined; headers: RequestHeaders },
  ): Promise<void> {
    return this.providers.accept(provider, mailboxKey, { body: body ?? NOTHING, headers });
  }
}
