import { randomInt } from 'node:crypto';
import { invalidParameter } from './graph-error.js';
import { needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { recordIn, textIn, type UploadedFile } from './graph-input.js';
import { MEDIA_BYTES_MAX, type MediaStore } from './media.js';
import type { SimAttachment, SimPage } from './page-world.js';
import { durationMs, type SimClock } from './sim-clock.js';

/** Source: Meta's Send API, limits by kind; the wait is theirs too. */
const PICTURE_BYTES_MAX = 8 * 1024 * 1024;
const FETCH_TIMEOUT_MS = 10_000;
const REUSABLE_FOR_MS = durationMs({ days: 90 });
/** The oldest go first. */
const UPLOADS_MAX = 1000;
const KINDS = ['image', 'video', 'audio', 'file'] as const;
type Kind = (typeof KINDS)[number];

export interface AttachmentDesk {
  media: MediaStore;
  clock: SimClock;
  uploads: Uploads;
}

interface Upload {
  pageId: string;
  kind: Kind;
  mediaId: string;
  name: string;
  expiresAtMs: number;
}

/** What was uploaded to be sent later, or more than once. Belongs to one page, and lapses after 90 days. */
export class Uploads {
  private readonly byId = new Map<string, Upload>();

  constructor(private readonly clock: SimClock) {}

  add(upload: Omit<Upload, 'expiresAtMs'>): string {
    const id = `7${String(randomInt(1e14)).padStart(15, '0')}`;
    if (this.byId.size >= UPLOADS_MAX) this.byId.delete(this.byId.keys().next().value ?? '');
    this.byId.set(id, { ...upload, expiresAtMs: this.clock.nowMs() + REUSABLE_FOR_MS });
    return id;
  }

  find(id: string, pageId: string): Upload | null {
    const upload = this.byId.get(id);
    return upload && upload.pageId === pageId && upload.expiresAtMs > this.clock.nowMs() ? upload : null;
  }
}

/** `POST /{page}/message_attachments`, with a file or an address. */
export async function uploadAttachment(desk: AttachmentDesk, ask: GraphAsk): Promise<object> {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING');
  const attachment = recordIn(recordIn(ask.values, 'message') ?? {}, 'attachment');
  if (!attachment) throw invalidParameter('The parameter message must hold an attachment');
  const kind = kindOf(attachment);
  const file = await fileOf(recordIn(attachment, 'payload') ?? {}, kind, ask.file);
  const mediaId = desk.media.add(file.name, file.mediaType, file.content);
  return { attachment_id: desk.uploads.add({ pageId: page.id, kind, mediaId, name: file.name }) };
}

/** The attachment of a send, kept; with an id of its own when the sender wants to use it again. */
export async function keepAttachment(
  desk: AttachmentDesk,
  page: SimPage,
  attachment: Record<string, unknown>,
  sent: UploadedFile | null,
): Promise<{ attachment: SimAttachment; attachmentId: string | null }> {
  const kind = kindOf(attachment);
  const payload = recordIn(attachment, 'payload') ?? {};
  const id = textIn(payload, 'attachment_id');
  if (id !== null) {
    const upload = keepUpload(desk.uploads, page, id);
    return { attachment: { kind: upload.kind, mediaId: upload.mediaId, name: upload.name }, attachmentId: null };
  }
  const file = await fileOf(payload, kind, sent);
  const mediaId = desk.media.add(file.name, file.mediaType, file.content);
  const reusable = payload.is_reusable === true || payload.is_reusable === 'true';
  const attachmentId = reusable ? desk.uploads.add({ pageId: page.id, kind, mediaId, name: file.name }) : null;
  return { attachment: { kind, mediaId, name: file.name }, attachmentId };
}

/** What was uploaded before under this id, or the refusal: wrong, lapsed, or another page's. */
export function keepUpload(uploads: Uploads, page: SimPage, id: string): Upload {
  const upload = uploads.find(id, page.id);
  if (!upload) throw invalidParameter('Invalid attachment id', 2018074);
  return upload;
}

function kindOf(attachment: Record<string, unknown>): Kind {
  const kind = KINDS.find((one) => one === attachment.type);
  if (!kind) throw invalidParameter(`Param message[attachment][type] must be one of {${KINDS.join(', ')}}`);
  return kind;
}

async function fileOf(payload: Record<string, unknown>, kind: Kind, sent: UploadedFile | null): Promise<UploadedFile> {
  const url = textIn(payload, 'url');
  const file = sent ?? (url === null ? null : await fetched(url));
  if (!file) throw invalidParameter('The attachment needs a url, an attachment_id or a file', 2018047);
  const bytesMax = kind === 'image' && sent === null ? PICTURE_BYTES_MAX : MEDIA_BYTES_MAX;
  if (file.content.length > bytesMax) throw invalidParameter('Attachment size exceeds allowable limit', 2018109);
  if (kind !== 'file' && !file.mediaType.startsWith(`${kind}/`)) throw invalidParameter('Failed to upload the attachment', 2018047);
  return file;
}

async function fetched(url: string): Promise<UploadedFile> {
  const cannot = (): Error => invalidParameter('Failed to fetch the file from the url', 2018008);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw cannot();
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > MEDIA_BYTES_MAX) throw cannot();
    const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '') || 'file';
    const [mediaType = ''] = (answer.headers.get('content-type') ?? 'application/octet-stream').split(';', 1);
    return { name, mediaType, content: Buffer.from(await answer.arrayBuffer()) };
  } catch {
    // Whatever went wrong on the way, Meta says only this.
    throw cannot();
  }
}
