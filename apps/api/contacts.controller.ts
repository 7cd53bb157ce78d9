import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Contact } from '#contract';
import type { Actor } from '#accounts';
import { AttachmentService, type ContactId, ReadService } from '#ticketing';
import { sendFile } from './send-file.js';
import { Allow, Who } from './who.js';

@Controller('api/contacts')
export class ContactsController {
  constructor(
    private readonly reads: ReadService,
    private readonly files: AttachmentService,
  ) {}

  @Get(':id')
  @Allow('conversation:read')
  one(@Who() actor: Actor, @Param('id') id: ContactId): Promise<Contact> {
    return this.reads.contact(actor, id);
  }

  @Get(':id/picture')
  @Allow('conversation:read')
  async picture(@Who() actor: Actor, @Param('id') id: ContactId, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    return sendFile(reply, { bytes: await this.files.picture(actor, id), name: 'picture', mediaType: null });
  }
}
