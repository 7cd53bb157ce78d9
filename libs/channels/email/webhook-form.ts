import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';

/** A part of a form: its bytes as they were sent. */
export interface FormPart {
  name: string;
  fileName: string | null;
  mediaType: string;
  content: Buffer;
}

/** Attachments of one mail, and the fields beside them. */
const PARTS_MAX = 500;
const NAME_BYTES_MAX = 200;
const HEADER_BYTES_MAX = 16 * 1024;

/**
 * The parts of a form, in their order; null for what is no form, or a broken one.
 *
 * A mail in a form is bytes in whatever charset it says itself, so nothing here is decoded as text.
 *
 * Limits   500 parts; the body's own size bounds the rest
 */
export async function readForm(contentType: string, body: Buffer): Promise<FormPart[] | null> {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return urlEncoded(body);
  if (!/^multipart\/form-data\b/i.test(contentType)) return null;
  try {
    return await multipart(contentType, body);
  } catch {
    return null; // a form that cannot be read is the sender's: the caller says so
  }
}

/** The bytes of the first part of that name. */
export function fieldBytes(parts: readonly FormPart[], name: string): Buffer | null {
  return parts.find((part) => part.name === name)?.content ?? null;
}

/** The text of the first part of that name, as UTF-8. */
export function fieldText(parts: readonly FormPart[], name: string): string | null {
  return fieldBytes(parts, name)?.toString('utf8') ?? null;
}

function urlEncoded(body: Buffer): FormPart[] {
  const pairs = body.toString('latin1').split('&', PARTS_MAX);
  return pairs.map((pair) => {
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    return { name: percentDecoded(name).toString('utf8'), fileName: null, mediaType: 'text/plain', content: percentDecoded(value) };
  });
}

function percentDecoded(text: string): Buffer {
  const decoded = text.replaceAll('+', ' ').replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(decoded, 'latin1');
}

async function multipart(contentType: string, body: Buffer): Promise<FormPart[]> {
  const parts: FormPart[] = [];
  const form = new Busboy({
    headers: { 'content-type': contentType },
    // Every part as a stream of bytes: a field would be decoded as text.
    isPartAFile: () => true,
    limits: { parts: PARTS_MAX, fieldNameSize: NAME_BYTES_MAX, headerSize: HEADER_BYTES_MAX },
  });
  await new Promise<void>((resolve, reject) => {
    form.on('file', (name, stream, fileName, _encoding, mediaType) => {
      const part: FormPart = { name, fileName: fileName === '' ? null : (fileName ?? null), mediaType, content: Buffer.alloc(0) };
      const chunks: Buffer[] = [];
      parts.push(part);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => (part.content = Buffer.concat(chunks)));
      stream.on('error', reject);
    });
    form.on('finish', resolve);
    form.on('error', reject);
    Readable.from([body]).on('error', reject).pipe(form);
  });
  return parts;
}
