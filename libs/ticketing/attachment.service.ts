import { Injectable } from '@nestjs/common';
import { type Actor, ReadingVolume } from '#accounts';
import { BlobStore, Database, isUuid, notFound } from '#platform';
import type { ContactId, MessageId } from './ids.js';
import { INLINE_IMAGE_BYTES_MAX, INLINE_IMAGE_TYPES } from './inline-image.js';

export interface FileBytes {
  bytes: Buffer;
  name: string;
  mediaType: string | null;
}

/** The bytes behind what a thread shows. */
@Injectable()
export class AttachmentService {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobStore,
    private readonly volume: ReadingVolume,
  ) {}

  /** Errors: not_found; too_many `too_much_read`. */
  async file(actor: Actor, attachmentId: string): Promise<FileBytes> {
    if (!isUuid(attachmentId)) throw notFound();
    await this.volume.demand(actor, 'files', attachmentId);
    const [row] = await this.db.inTenant(actor, (tx) =>
      tx.query<{ blob: string; name: string; media_type: string | null }>(
        `select blob, name, media_type from attachment where id = $1 and state = 'stored' and blob is not null
           and not exists (select 1 from message where message.id = attachment.message_id and message.unsent_at is not null)`,
        [attachmentId],
      ),
    );
    if (!row) throw notFound();
    return { bytes: await this.blobs.read(row.blob), name: row.name, mediaType: row.media_type };
  }

  /** Errors: not_found. */
  async picture(actor: Actor, contactId: ContactId): Promise<Buffer> {
    if (!isUuid(contactId)) throw notFound();
    const [row] = await this.db.inTenant(actor, (tx) =>
      tx.query<{ picture_blob: string | null }>('select picture_blob from contact where id = $1', [contactId]),
    );
    if (!row?.picture_blob) throw notFound();
    return this.blobs.read(row.picture_blob);
  }

  /**
   * A mail's sanitised HTML with its own images inside it, so that the frame that shows it needs no right to fetch anything.
   *
   * Errors   not_found
   */
  async html(actor: Actor, messageId: MessageId): Promise<string> {
    if (!isUuid(messageId)) throw notFound();
    const { html, images } = await this.db.inTenant(actor, async (tx) => {
      const [message] = await tx.query<{ html: string | null }>('select html from message where id = $1 and unsent_at is null', [
        messageId,
      ]);
      if (!message || message.html === null) throw notFound();
      return {
        html: message.html,
        images: await tx.query<{ content_id: string; blob: string; media_type: string }>(
          `select content_id, blob, media_type from attachment
           where message_id = $1 and content_id is not null and blob is not null and size_bytes <= $2 and media_type = any($3)`,
          [messageId, INLINE_IMAGE_BYTES_MAX, [...INLINE_IMAGE_TYPES]],
        ),
      };
    });
    const sources = new Map<string, string>();
    for (const { content_id, blob, media_type } of images) {
      sources.set(content_id, `data:${media_type};base64,${(await this.blobs.read(blob)).toString('base64')}`);
    }
    // The sanitiser writes attributes in double quotes and leaves no other `src="cid:` behind.
    return html.replace(/src="cid:([^"]*)"/g, (whole, contentId: string) => {
      const source = sources.get(contentId) ?? sources.get(decodeURIComponentSafely(contentId));
      return source === undefined ? whole : `src="${source}"`;
    });
  }
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
