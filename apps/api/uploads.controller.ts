import { Body, Controller, Headers, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { type Upload, UPLOAD_BYTES_MAX } from '#contract';
import type { Actor } from '#accounts';
import { type RawBodyDoor, valid } from '#platform';
import { UploadService } from '#ticketing';
import { Allow, Who } from './who.js';

/** A file comes as it is: its bytes are the body. */
export const UPLOAD_DOOR: RawBodyDoor = { pathPrefix: '/api/uploads', bodyBytesMax: UPLOAD_BYTES_MAX };

const NOTHING = Buffer.alloc(0);
const Named = z.object({ name: z.string().max(500).default('') });

@Controller('api/uploads')
export class UploadsController {
  constructor(private readonly uploads: UploadService) {}

  @Post()
  @Allow('conversation:write')
  keep(
    @Who() actor: Actor,
    @Query(valid(Named)) { name }: z.infer<typeof Named>,
    @Body() bytes: Buffer | undefined,
    @Headers('content-type') mediaType = '',
  ): Promise<Upload> {
    return this.uploads.keep(actor, { name, mediaType, bytes: bytes ?? NOTHING });
  }
}
