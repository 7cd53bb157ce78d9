import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GrantorService } from '#channels';
import { OpenTo } from '#platform';
import { deletionPage, localeOf } from './deletion-page.js';

/** No script, no picture, no request to anybody: a page to read. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

@Controller('deletion')
export class DeletionController {
  constructor(private readonly grantors: GrantorService) {}

  @Get(':code')
  @OpenTo('whoever has the code')
  async show(
    @Param('code') code: string,
    @Headers('accept-language') languages: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const status = await this.grantors.statusOf(code);
    await reply
      .status(status ? 200 : 404)
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .header('cache-control', 'no-store')
      .header('vary', 'accept-language')
      .header('x-robots-tag', 'noindex')
      .send(deletionPage(status, localeOf(languages)));
  }
}
