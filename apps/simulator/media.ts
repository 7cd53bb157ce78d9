import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { FaultDesk } from './faults.js';
import { durationMs, type SimClock } from './sim-clock.js';

/** Source: Meta's limit for files other than pictures sent by address. */
export const MEDIA_BYTES_MAX = 25 * 1024 * 1024;
const KEPT_BYTES_MAX = 200 * 1024 * 1024;
const EXPIRES_AFTER_MS = durationMs({ days: 4 });
/** Addresses made within the same hour are equal, so that a page that shows them again need not fetch them again. */
const EXPIRY_STEP_MS = durationMs({ hours: 1 });
const NAME_LENGTH_MAX = 120;
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]{1,80}$/i;
const SHOWN_IN_PLACE = /^(?:image\/(?:png|jpeg|gif|webp)|audio\/|video\/)/;

export interface MediaFacts {
  id: string;
  name: string;
  mediaType: string;
  sizeBytes: number;
}

/** A file name with nothing in it that could mean a path, a header or a direction. */
export function safeFileName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}._ -]/gu, '_')
    .slice(-NAME_LENGTH_MAX)
    .replace(/^[. ]+/, '');
  return plain || 'file';
}

export interface MediaStoreOptions {
  clock: SimClock;
  faults: FaultDesk;
  /** The addresses are signed with it. */
  appSecret: string;
  /** Null: in memory only. */
  folder: string | null;
}

/**
 * The vendor's picture server: every address is signed and expires, `oe` being the expiry in hex seconds. After it, or
 * with a changed address, the answer is 403.
 */
export class MediaStore {
  private readonly facts = new Map<string, MediaFacts>();
  private readonly bytes = new Map<string, Buffer>();
  private readonly key: Buffer;
  private keptBytes = 0;
  /** Set once the server listens. */
  baseUrl = '';

  private readonly clock: SimClock;
  private readonly faults: FaultDesk;
  private readonly folder: string | null;

  constructor({ clock, faults, appSecret, folder }: MediaStoreOptions) {
    this.clock = clock;
    this.faults = faults;
    this.folder = folder;
    this.key = createHmac('sha256', appSecret).update('media').digest();
    if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Keeps a copy and answers its id. The oldest go when there is no more room. */
  add(name: string, mediaType: string, content: Buffer, id = randomBytes(12).toString('hex')): string {
    if (content.length > MEDIA_BYTES_MAX) throw new Error(`a file of ${content.length} bytes is too large for the simulator`);
    const type = MEDIA_TYPE.test(mediaType) ? mediaType.toLowerCase() : 'application/octet-stream';
    this.facts.set(id, { id, name: safeFileName(name), mediaType: type, sizeBytes: content.length });
    this.keptBytes += content.length - (this.bytes.get(id)?.length ?? 0);
    this.bytes.set(id, content);
    for (const [oldest, kept] of this.bytes) {
      if (this.keptBytes <= KEPT_BYTES_MAX) break;
      this.bytes.delete(oldest);
      this.keptBytes -= kept.length;
    }
    if (this.folder !== null) writeFileSync(join(this.folder, id), content, { mode: 0o600 });
    return id;
  }

  find(id: string): MediaFacts | undefined {
    return this.facts.get(id);
  }

  content(id: string): Buffer | null {
    const kept = this.bytes.get(id);
    if (kept) return kept;
    if (this.folder === null || !this.facts.has(id) || !existsSync(join(this.folder, id))) return null;
    return readFileSync(join(this.folder, id));
  }

  /** A fresh address. It works for at least four days by the simulator's clock, unless `expiresAtMs` says otherwise. */
  url(id: string, expiresAtMs = Math.ceil(this.clock.nowMs() / EXPIRY_STEP_MS) * EXPIRY_STEP_MS + EXPIRES_AFTER_MS): string {
    const facts = this.facts.get(id);
    if (!facts) throw new Error(`there is no file ${id}`);
    const oe = Math.floor(expiresAtMs / 1000).toString(16);
    return `${this.baseUrl}/media/${id}/${encodeURIComponent(facts.name)}?oh=${this.sign(id, oe)}&oe=${oe}`;
  }

  /** Everything but the bytes, to be remembered over a restart. */
  saved(): MediaFacts[] {
    return this.folder === null ? [] : [...this.facts.values()];
  }

  restore(saved: MediaFacts[]): void {
    for (const facts of saved) this.facts.set(facts.id, facts);
  }

  routes(server: FastifyInstance): void {
    server.get<{ Params: { id: string }; Querystring: { oh?: string; oe?: string } }>('/media/:id/:name', (request, reply) => {
      const { id } = request.params;
      const { oh = '', oe = '' } = request.query;
      if (!this.isSigned(id, oe, oh)) return plain(reply, 403, 'Bad URL hash');
      const fault = this.faults.forMedia();
      if (fault === 'expired' || Number.parseInt(oe, 16) * 1000 < this.clock.nowMs()) return plain(reply, 403, 'URL signature expired');
      if (fault === 'gone') return plain(reply, 404, 'Not found');
      if (fault === 'broken') return plain(reply, 500, 'An error occurred');
      const facts = this.facts.get(id);
      const content = this.content(id);
      if (!facts || !content) return plain(reply, 404, 'Not found');
      if (fault === 'cut') return halfSent(reply, content);
      return reply
        .header('Content-Type', facts.mediaType)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Content-Security-Policy', "default-src 'none'; sandbox")
        .header('Content-Disposition', SHOWN_IN_PLACE.test(facts.mediaType) ? 'inline' : 'attachment')
        .header('Cache-Control', 'private, max-age=3600')
        .send(content);
    });
  }

  private sign(id: string, oe: string): string {
    return createHmac('sha256', this.key).update(`${id}|${oe}`).digest('hex').slice(0, 32);
  }

  private isSigned(id: string, oe: string, oh: string): boolean {
    const expected = Buffer.from(this.sign(id, oe));
    const given = Buffer.from(oh);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/** Promises the whole file, gives half of it, and drops the line. */
function halfSent(reply: FastifyReply, content: Buffer): FastifyReply {
  reply.hijack();
  reply.raw.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': content.length });
  reply.raw.write(content.subarray(0, Math.floor(content.length / 2)), () => reply.raw.destroy());
  return reply;
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text);
}
