import type { FastifyReply } from 'fastify';
import type { FileBytes } from '#ticketing';

/** What a browser may show in place, told by the first bytes: the sender's word for it is only a claim. */
const SHOWN: { mediaType: string; starts: number[]; at?: number }[] = [
  { mediaType: 'image/png', starts: [0x89, 0x50, 0x4e, 0x47] },
  { mediaType: 'image/jpeg', starts: [0xff, 0xd8, 0xff] },
  { mediaType: 'image/gif', starts: [0x47, 0x49, 0x46, 0x38] },
  { mediaType: 'image/webp', starts: [0x57, 0x45, 0x42, 0x50], at: 8 },
];
const PLAYED = new Set(['audio/mpeg', 'audio/mp4', 'audio/ogg', 'audio/aac', 'video/mp4', 'video/webm']);

/** A file may do nothing, not even as a page of its own. */
export const FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/**
 * Hand out bytes that somebody else made: shown only where they can do nothing, saved everywhere else. Not for the browser to keep:
 * that would outlive the lock and the sign-out on a disk that others use, and asking it to forget comes too late where a session ends by itself.
 */
export function sendFile(reply: FastifyReply, { bytes, name, mediaType }: FileBytes): Buffer {
  const shown = SHOWN.find(({ starts, at = 0 }) => starts.every((byte, offset) => bytes[at + offset] === byte));
  const type = shown?.mediaType ?? (mediaType !== null && PLAYED.has(mediaType) ? mediaType : 'application/octet-stream');
  const disposition = type === 'application/octet-stream' ? 'attachment' : 'inline';
  void reply
    .header('content-type', type)
    .header('content-disposition', `${disposition}; filename*=UTF-8''${encodeFileName(name)}`)
    .header('content-security-policy', FILE_POLICY);
  return bytes;
}

/** Source: RFC 8187, section 3.2.1 */
function encodeFileName(name: string): string {
  return encodeURIComponent(name || 'file').replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
