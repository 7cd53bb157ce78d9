/** Files in the packing of Outlook, as it sends them to who cannot read it. Source: [MS-OXTNEF]. */
import type { MailFile } from './mail-compose.js';

const SIGNATURE = 0x223e9f78;
const KEY = 1;
const OF_MESSAGE = 1;
const OF_ATTACHMENT = 2;
/** Identifiers with their types in the upper half, as the format counts them. */
const VERSION = 0x00089006;
const MESSAGE_CLASS = 0x00078008;
const ATTACHMENT_BEGINS = 0x00069002;
const ATTACHMENT_TITLE = 0x00018010;
const ATTACHMENT_BYTES = 0x0006800f;
const RENDERING_BYTES = 14;

export function tnefPacking(files: readonly MailFile[]): Buffer {
  const start = Buffer.alloc(6);
  start.writeUInt32LE(SIGNATURE);
  start.writeUInt16LE(KEY, 4);
  const rendering = Buffer.alloc(RENDERING_BYTES);
  rendering.writeUInt16LE(1);
  return Buffer.concat([
    start,
    attribute(OF_MESSAGE, VERSION, Buffer.from([0, 0, 1, 0])),
    attribute(OF_MESSAGE, MESSAGE_CLASS, Buffer.from('IPM.Microsoft Mail.Note\0')),
    ...files.flatMap(({ name, content }) => [
      attribute(OF_ATTACHMENT, ATTACHMENT_BEGINS, rendering),
      attribute(OF_ATTACHMENT, ATTACHMENT_TITLE, Buffer.from(`${name}\0`, 'latin1')),
      attribute(OF_ATTACHMENT, ATTACHMENT_BYTES, content),
    ]),
  ]);
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(level);
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(data.reduce((total, byte) => (total + byte) & 0xffff, 0));
  return Buffer.concat([head, data, sum]);
}
