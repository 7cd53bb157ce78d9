import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { GrantorService } from '#channels';
import { OpenTo } from '#platform';

/** What Meta's servers call when a person leaves our app, or wants to be forgotten. */
@Controller('webhooks/messenger')
export class CallbacksController {
  constructor(private readonly grantors: GrantorService) {}

  @Post('deauthorize')
  @HttpCode(200)
  @OpenTo('Meta, by signed request')
  async deauthorize(@Body() form: Buffer | undefined): Promise<void> {
    await this.grantors.leave(signedRequestIn(form));
  }

  @Post('data-deletion')
  @HttpCode(200)
  @OpenTo('Meta, by signed request')
  async forget(@Body() form: Buffer | undefined): Promise<{ url: string; confirmation_code: string }> {
    const { url, confirmationCode } = await this.grantors.forget(signedRequestIn(form));
    return { url, confirmation_code: confirmationCode };
  }
}

function signedRequestIn(form: Buffer | undefined): string | undefined {
  return new URLSearchParams(form?.toString('utf8') ?? '').get('signed_request') ?? undefined;
}
