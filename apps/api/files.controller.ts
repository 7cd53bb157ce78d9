import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Actor } from '#accounts';
import { AttachmentService, type MessageId } from '#ticketing';
import { sendFile } from './send-file.js';
import { Allow, Who } from './who.js';

/** A mail in a frame may show its own images and its own style, and nothing else: no script, no fetch, no form, no way out. */
const MAIL_CONTENT_SECURITY_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

@Controller('api')
export class FilesController {
  constructor(private readonly files: AttachmentService) {}

  @Get('attachments/:id')
  @Allow('conversation:read')
  async attachment(@Who() actor: Actor, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    return sendFile(reply, await this.files.file(actor, id));
  }

  @Get('messages/:id/html')
  @Allow('conversation:read')
  async html(@Who() actor: Actor, @Param('id') id: MessageId, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const html = await this.files.html(actor, id);
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', MAIL_CONTENT_SECURITY_POLICY)
      .header('x-frame-options', 'SAMEORIGIN');
    return `<!doctype html><meta charset="utf-8"><style>body{font:14px/1.5 system-ui,sans-serif;margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}</style>${html}`;
  }
}
