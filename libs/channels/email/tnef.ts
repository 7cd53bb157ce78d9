import { ByteReader, BytesEnded } from './byte-reader.js';
import { FALLBACK_CHARSET, knownCharset } from './charset.js';
import { storableText } from './mail-words.js';
import { readRtf, unpackRtf } from './rtf.js';

/*
 * winmail.dat: Outlook's own wrapping (TNEF), which every other mail program shows as one useless file.
 *
 * A stream of attributes, of the message and of its files; some of them hold lists of MAPI properties, in which the long names, the HTML
 * and files' media types are. A length that points past the end ends the reading there: what was read so far is kept, and said to be
 * incomplete.
 *
 * Source   MS-OXTNEF (attributes, section 2.1.3), MS-OXCMAIL, MS-OXPROPS (property numbers)
 */

const SIGNATURE = 0x223e9f78;
const LEVEL_FILE = 2;

/** Attributes: the lower half of their number. */
const ATTRIBUTE = {
  body: 0x800c,
  fileData: 0x800f,
  fileTitle: 0x8010,
  fileStarts: 0x9002,
  messageProperties: 0x9003,
  fileProperties: 0x9005,
  codePage: 0x9007,
} as const;

const PROPERTY = {
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  displayName: 0x3001,
  data: 0x3701,
  shortName: 0x3704,
  longName: 0x3707,
  mediaType: 0x370e,
  contentId: 0x3712,
  internetCodePage: 0x3fde,
} as const;

const TYPE = { string8: 0x1e, unicode: 0x1f, object: 0x0d, binary: 0x102 } as const;
/** Bytes of a property by its type; types not named here hold four. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16 };
const MULTIPLE_VALUES = 0x1000;
const NAMED_FROM = 0x8000;
/** What stands before an embedded message's own TNEF stream. */
const INTERFACE_ID_BYTES = 16;

const FILES_MAX = 200;
const ATTRIBUTES_MAX = 5_000;
const PROPERTIES_MAX = 5_000;
const VALUES_MAX = 1_000;
const DEPTH_MAX = 3;

export interface TnefFile {
  /** As written: hostile. */
  name: string;
  mediaType: string | null;
  cid: string | null;
  /** A view into the bytes given. */
  content: Buffer;
}

export interface UnpackedTnef {
  files: TnefFile[];
  text: string | null;
  html: string | null;
  /** Something was cut off or beyond the limits: the wrapping should be kept beside what was found. */
  isIncomplete: boolean;
}

interface Value {
  type: number;
  bytes: Buffer;
}
type Properties = ReadonlyMap<number, Value>;

/**
 * What is inside a winmail.dat; null when the bytes are none.
 *
 * Limits   200 files, 5,000 attributes, 5,000 properties each, messages inside messages three deep; linear
 */
export function unpackTnef(bytes: Buffer, depth = 1): UnpackedTnef | null {
  if (bytes.length < 6 || bytes.readUInt32LE() !== SIGNATURE) return null;
  const message = new TnefMessage(depth);
  const reader = new ByteReader(bytes.subarray(6));
  try {
    let count = 0;
    // One attribute is at least a level, a number, a length and a checksum.
    while (reader.left >= 11 && count < ATTRIBUTES_MAX) {
      count += 1;
      const level = reader.byte();
      const id = reader.long() & 0xffff;
      const data = reader.take(reader.long());
      // A wrong checksum tells nothing a broken file would not tell anyway, and some programs write none.
      if (reader.left >= 2) reader.take(2);
      message.add(level, id, data);
    }
    message.isIncomplete ||= reader.left >= 11;
  } catch (error) {
    if (!(error instanceof BytesEnded)) throw error;
    message.isIncomplete = true;
  }
  return message.unpacked();
}

class TnefMessage {
  isIncomplete = false;
  private charset = FALLBACK_CHARSET;
  private body: Buffer | null = null;
  private properties: Properties = new Map();
  private readonly files: { title: Buffer | null; data: Buffer | null; properties: Properties }[] = [];

  constructor(private readonly depth: number) {}

  add(level: number, id: number, data: Buffer): void {
    if (level === LEVEL_FILE) this.addToFile(id, data);
    else if (id === ATTRIBUTE.codePage && data.length >= 4) this.charset = charsetOf(data.readUInt32LE());
    else if (id === ATTRIBUTE.body) this.body = data;
    else if (id === ATTRIBUTE.messageProperties) this.properties = this.propertiesIn(data);
  }

  unpacked(): UnpackedTnef {
    const files = this.files.flatMap((file, index) => this.unpackedFile(file, index));
    if (files.length > FILES_MAX) this.isIncomplete = true;
    const rtf = this.rtf();
    const html = this.html() ?? rtf.html;
    const text =
      this.text(PROPERTY.body) ?? (this.body === null ? null : this.decoded({ type: TYPE.string8, bytes: this.body })) ?? rtf.text;
    return { files: files.slice(0, FILES_MAX), text: text?.trim() === '' ? null : text, html, isIncomplete: this.isIncomplete };
  }

  private addToFile(id: number, data: Buffer): void {
    if (id === ATTRIBUTE.fileStarts) {
      if (this.files.length < FILES_MAX) this.files.push({ title: null, data: null, properties: new Map() });
      else this.isIncomplete = true;
      return;
    }
    const file = this.files.at(-1);
    if (file === undefined) return;
    if (id === ATTRIBUTE.fileTitle) file.title = data;
    else if (id === ATTRIBUTE.fileData) file.data = data;
    else if (id === ATTRIBUTE.fileProperties) file.properties = this.propertiesIn(data);
  }

  private unpackedFile(file: { title: Buffer | null; data: Buffer | null; properties: Properties }, index: number): TnefFile[] {
    const named = [PROPERTY.longName, PROPERTY.displayName, PROPERTY.shortName].map((id) => this.textOf(file.properties.get(id)));
    const title = file.title === null ? null : this.decoded({ type: TYPE.string8, bytes: file.title });
    // The display name of a picture in the text is often its place only; the file's own title is then the better name.
    const name = named[0] ?? title ?? named[1] ?? named[2] ?? `file-${index + 1}`;
    const object = file.properties.get(PROPERTY.data);
    const inner = object?.type === TYPE.object ? this.embedded(object.bytes, name) : null;
    if (inner !== null) return inner;
    const content = file.data ?? object?.bytes ?? null;
    if (content === null) return [];
    const mediaType = this.textOf(file.properties.get(PROPERTY.mediaType));
    return [{ name, mediaType, cid: this.textOf(file.properties.get(PROPERTY.contentId)), content }];
  }

  /** A message attached to the message: its files, and its text as a file. */
  private embedded(bytes: Buffer, name: string): TnefFile[] | null {
    if (this.depth >= DEPTH_MAX || bytes.length <= INTERFACE_ID_BYTES) return null;
    const inner = unpackTnef(bytes.subarray(INTERFACE_ID_BYTES), this.depth + 1);
    if (inner === null) return null;
    this.isIncomplete ||= inner.isIncomplete;
    const text = inner.text ?? inner.html;
    const written = text === null ? [] : [textFile(name, text, inner.text === null)];
    return [...written, ...inner.files];
  }

  private rtf(): { text: string | null; html: string | null } {
    const packed = this.properties.get(PROPERTY.rtf);
    const rtf = packed === undefined ? null : unpackRtf(packed.bytes);
    return rtf === null ? { text: null, html: null } : readRtf(rtf);
  }

  private html(): string | null {
    const value = this.properties.get(PROPERTY.html);
    if (value === undefined) return null;
    const page = this.properties.get(PROPERTY.internetCodePage)?.bytes;
    const charset = page === undefined || page.length < 4 ? this.charset : charsetOf(page.readUInt32LE());
    const html = value.type === TYPE.unicode ? utf16(value.bytes) : new TextDecoder(charset).decode(value.bytes);
    return html.trim() === '' ? null : storableText(html);
  }

  private text(id: number): string | null {
    return this.textOf(this.properties.get(id));
  }

  private textOf(value: Value | undefined): string | null {
    if (value === undefined || (value.type !== TYPE.string8 && value.type !== TYPE.unicode)) return null;
    return this.decoded(value) || null;
  }

  private decoded({ type, bytes }: Value): string {
    const text = type === TYPE.unicode ? utf16(bytes) : new TextDecoder(this.charset).decode(bytes);
    return storableText(text);
  }

  private propertiesIn(data: Buffer): Properties {
    const found = new Map<number, Value>();
    const reader = new ByteReader(data);
    try {
      const count = reader.long();
      if (count > PROPERTIES_MAX) this.isIncomplete = true;
      for (let index = 0; index < Math.min(count, PROPERTIES_MAX); index += 1) {
        const type = reader.short();
        const id = reader.short();
        if (id >= NAMED_FROM) skipName(reader);
        const value = readValue(reader, type);
        if (value !== null && id < NAMED_FROM && !found.has(id)) found.set(id, value);
      }
    } catch (error) {
      if (!(error instanceof BytesEnded)) throw error;
      this.isIncomplete = true;
    }
    return found;
  }
}

/** The first value of a property. Of a property with several the others are read past. */
function readValue(reader: ByteReader, typeAndFlag: number): Value | null {
  const type = typeAndFlag & ~MULTIPLE_VALUES;
  const isVariable = type === TYPE.string8 || type === TYPE.unicode || type === TYPE.object || type === TYPE.binary;
  const isMultiple = (typeAndFlag & MULTIPLE_VALUES) !== 0;
  const count = isVariable || isMultiple ? reader.long() : 1;
  if (count > VALUES_MAX) throw new BytesEnded(`more than ${VALUES_MAX} values`);
  let first: Value | null = null;
  for (let index = 0; index < count; index += 1) {
    const bytes = isVariable ? reader.takePadded(reader.long()) : reader.take(FIXED_BYTES[type] ?? 4);
    first ??= { type, bytes };
  }
  return first;
}

/** Properties with a name of their own are of no use here. */
function skipName(reader: ByteReader): void {
  reader.take(INTERFACE_ID_BYTES);
  const isText = reader.long() === 1;
  if (isText) reader.takePadded(reader.long());
  else reader.long();
}

function utf16(bytes: Buffer): string {
  return bytes.toString('utf16le', 0, bytes.length - (bytes.length % 2));
}

const UTF8_CODE_PAGE = 65_001;

function charsetOf(codePage: number): string {
  if (codePage === UTF8_CODE_PAGE) return 'utf-8';
  return knownCharset(CODE_PAGES[codePage] ?? `windows-${codePage}`) ?? FALLBACK_CHARSET;
}

/** Code pages whose name is not their number. */
const CODE_PAGES: Readonly<Record<number, string>> = {
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  20127: 'us-ascii',
  20866: 'koi8-r',
  28591: 'iso-8859-1',
  28592: 'iso-8859-2',
  28605: 'iso-8859-15',
  50220: 'iso-2022-jp',
};

function textFile(name: string, text: string, isHtml: boolean): TnefFile {
  return {
    name: `${name}.${isHtml ? 'html' : 'txt'}`,
    mediaType: isHtml ? 'text/html' : 'text/plain',
    cid: null,
    content: Buffer.from(text, 'utf8'),
  };
}
