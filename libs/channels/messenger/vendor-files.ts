import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, Database, DAY_MS, type TenantId } from '#platform';
import { ChannelError, type OpenConnection, type OutboundFile } from '../channel.js';
import { GraphClient } from './graph-client.js';

/** Meta keeps an uploaded file for 90 days; the last ones are left unused. */
const REUSED_FOR_MS = 80 * DAY_MS;
/** Larger pictures go as files. Source: Meta's Send API */
const IMAGE_BYTES_MAX = 8 * 1024 * 1024;

export type VendorFileKind = 'image' | 'video' | 'audio' | 'file';

/** A file as Meta knows it on one page. */
export interface VendorFile {
  kind: VendorFileKind;
  id: string;
}

const KINDS: ReadonlyMap<string, VendorFileKind> = new Map<string, VendorFileKind>([
  ['image/png', 'image'],
  ['image/jpeg', 'image'],
  ['image/gif', 'image'],
  ['video/mp4', 'video'],
  ['video/quicktime', 'video'],
  ['video/webm', 'video'],
  ['video/ogg', 'video'],
  ['audio/mpeg', 'audio'],
  ['audio/mp4', 'audio'],
  ['audio/aac', 'audio'],
  ['audio/wav', 'audio'],
  ['audio/x-m4a', 'audio'],
]);

/** What Meta shows it as. What it might refuse as a picture, a film or a sound goes as a file, which it never looks into. */
export function vendorFileKind({ mediaType, sizeBytes }: Pick<OutboundFile, 'mediaType' | 'sizeBytes'>): VendorFileKind {
  const kind = KINDS.get(mediaType.toLowerCase()) ?? 'file';
  return kind === 'image' && sizeBytes > IMAGE_BYTES_MAX ? 'file' : kind;
}

const UploadAnswer = z.object({ attachment_id: z.coerce.string().min(1) });

/** Files that Meta has: each is uploaded once per page, by its bytes and not by an address, so that what we store stays private. */
@Injectable()
export class VendorFiles {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly graph: GraphClient,
  ) {}

  /**
   * The file's id at Meta; it is uploaded when Meta does not have it.
   *
   * Shape    isAnew: upload it whatever we remember, because Meta said that it does not know the id
   * Errors   ChannelError
   */
  async of(connection: OpenConnection, file: OutboundFile, { isAnew }: { isAnew: boolean }): Promise<VendorFile> {
    const known = isAnew ? null : await this.known(connection, file.blob);
    if (known) return known;
    const uploaded = await this.upload(connection, file);
    await this.db.inTenant(connection.tenantId as TenantId, (tx) =>
      tx.query(
        `insert into vendor_file (tenant_id, connection_id, blob, kind, vendor_id, uploaded_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, connection_id, blob)
         do update set kind = excluded.kind, vendor_id = excluded.vendor_id, uploaded_at = excluded.uploaded_at`,
        [connection.tenantId, connection.id, file.blob, uploaded.kind, uploaded.id, this.clock.now()],
      ),
    );
    return uploaded;
  }

  /** Forget what Meta will soon have forgotten. */
  async sweep(tenantId: TenantId): Promise<void> {
    await this.db.inTenant(tenantId, (tx) => tx.query('delete from vendor_file where uploaded_at <= $1', [this.reusedSince()]));
  }

  private async known(connection: OpenConnection, blob: string): Promise<VendorFile | null> {
    const [row] = await this.db.inTenant(connection.tenantId as TenantId, (tx) =>
      tx.query<VendorFile>('select kind, vendor_id as id from vendor_file where connection_id = $1 and blob = $2 and uploaded_at > $3', [
        connection.id,
        blob,
        this.reusedSince(),
      ]),
    );
    return row ?? null;
  }

  private async upload(connection: OpenConnection, file: OutboundFile): Promise<VendorFile> {
    const kind = vendorFileKind(file);
    const bytes = await file.read();
    const as = (shownAs: VendorFileKind) => this.post(connection, { ...file, bytes }, shownAs);
    try {
      return await as(kind);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      // Mostly the content is not what its type says. As a file it still arrives.
      if (error.code === 'attachment_refused' && kind !== 'file') return as('file');
      if (error.code === 'attachment_not_fetched') return as(kind);
      throw error;
    }
  }

  private async post(
    connection: OpenConnection,
    { name, mediaType, bytes }: { name: string; mediaType: string; bytes: Buffer },
    kind: VendorFileKind,
  ): Promise<VendorFile> {
    const { attachment_id: id } = await this.graph.call(
      {
        path: `${connection.externalId}/message_attachments`,
        method: 'POST',
        token: connection.secrets['pageToken'] ?? '',
        lane: 'media',
        body: { message: { attachment: { type: kind, payload: { is_reusable: true } } } },
        file: { field: 'filedata', name, mediaType, bytes },
      },
      UploadAnswer,
    );
    return { kind, id };
  }

  private reusedSince(): Date {
    return new Date(this.clock.now().getTime() - REUSED_FOR_MS);
  }
}
