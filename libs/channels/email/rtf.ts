import { TextDecoder } from 'node:util';
import { FALLBACK_CHARSET, knownCharset } from './charset.js';
import { storableText } from './mail-words.js';

/*
 * The rich text of Outlook's wrapping: unpacked, and read as the HTML it was made from, or as plain text.
 *
 * Source   MS-OXRTFCP (packing), MS-OXRTFEX (HTML and text inside RTF), RTF 1.9.1
 */

const PACKED = 0x75465a4c; // "LZFu"
const PLAIN = 0x414c454d; // "MELA"
const HEADER_BYTES = 16;
const DICTIONARY_BYTES = 4_096;
/** What the packing takes for already said, so that short texts become short. MS-OXRTFCP 2.1.2.1 gives it. */
const FIRST_WORDS =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New Roman' +
  'Courier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';
/** Two bytes can stand for seventeen: the output is bounded, whatever the header promises. */
const RTF_BYTES_MAX = 4 * 1024 * 1024;
const GROUPS_DEEP_MAX = 1_000;

/**
 * The RTF in a packed property; null when it is none.
 *
 * Limits   4 MiB unpacked
 */
export function unpackRtf(packed: Buffer): Buffer | null {
  if (packed.length < HEADER_BYTES) return null;
  const bytesExpected = Math.min(packed.readUInt32LE(4), RTF_BYTES_MAX);
  const kind = packed.readUInt32LE(8);
  if (kind === PLAIN) return packed.subarray(HEADER_BYTES, HEADER_BYTES + bytesExpected);
  return kind === PACKED ? unpackLz(packed.subarray(HEADER_BYTES), bytesExpected) : null;
}

function unpackLz(packed: Buffer, bytesExpected: number): Buffer {
  const dictionary = Buffer.alloc(DICTIONARY_BYTES, ' ');
  let at = dictionary.write(FIRST_WORDS, 'latin1');
  const out = Buffer.alloc(bytesExpected);
  let length = 0;
  const put = (byte: number): void => {
    out[length] = byte;
    dictionary[at] = byte;
    length += 1;
    at = (at + 1) % DICTIONARY_BYTES;
  };
  let position = 0;
  while (position < packed.length && length < bytesExpected) {
    const flags = packed[position] ?? 0;
    position += 1;
    for (let bit = 0; bit < 8 && position < packed.length && length < bytesExpected; bit += 1) {
      if ((flags & (1 << bit)) === 0) {
        put(packed[position] ?? 0);
        position += 1;
        continue;
      }
      const reference = ((packed[position] ?? 0) << 8) | (packed[position + 1] ?? 0);
      position += 2;
      const offset = reference >> 4;
      // A reference to the place that is written next is how the packing says "the end".
      if (offset === at) return out.subarray(0, length);
      for (let index = 0; index < (reference & 0xf) + 2 && length < bytesExpected; index += 1) {
        put(dictionary[(offset + index) % DICTIONARY_BYTES] ?? 0);
      }
    }
  }
  return out.subarray(0, length);
}

/** Groups that hold no words of the writer. */
const UNSEEN = new Set([
  'fonttbl',
  'colortbl',
  'stylesheet',
  'info',
  'pict',
  'object',
  'themedata',
  'latentstyles',
  'datastore',
  'generator',
]);
const BREAKS: Readonly<Record<string, string>> = { par: '\n', line: '\n', sect: '\n', page: '\n', row: '\n', tab: '\t', cell: '\t' };
const SIGNS: Readonly<Record<string, string>> = {
  ...{ lquote: '‘', rquote: '’', ldblquote: '“', rdblquote: '”', bullet: '•', endash: '–', emdash: '—' },
  ...{ '~': '\u00a0', _: '-', '-': '', '\\': '\\', '{': '{', '}': '}' },
};

interface Group {
  isUnseen: boolean;
  /** Inside what Outlook added to show the HTML as RTF. */
  isRtfOnly: boolean;
  /** Characters that stand behind a \u for readers that do not know it. */
  skips: number;
}

const TOKEN = /\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z0-9])|([{}])|([^\\{}]+)/gs;

/**
 * What a person would read in RTF: the HTML it was made from, else its text.
 *
 * Limits   groups nested 1,000 deep; linear
 */
export function readRtf(rtf: Buffer): { text: string | null; html: string | null } {
  const source = rtf.toString('latin1');
  const isHtml = /\\fromhtml1\b/.test(source.slice(0, 1_000));
  const written = new RtfReader(source, isHtml).read();
  const text = storableText(written).trim();
  if (text === '') return { text: null, html: null };
  return isHtml ? { text: null, html: text } : { text, html: null };
}

class RtfReader {
  private readonly pieces: string[] = [];
  private bytes: number[] = [];
  private readonly decoder: TextDecoder;
  private readonly groups: Group[] = [];
  private group: Group = { isUnseen: false, isRtfOnly: false, skips: 1 };
  private toSkip = 0;

  constructor(
    private readonly source: string,
    private readonly isHtml: boolean,
  ) {
    const codePage = /\\ansicpg(\d{1,5})/.exec(source.slice(0, 1_000))?.[1] ?? '1252';
    this.decoder = new TextDecoder(knownCharset(codePage === '65001' ? 'utf-8' : `windows-${codePage}`) ?? FALLBACK_CHARSET);
  }

  read(): string {
    for (const [, word, figure, hex, sign, brace, text] of this.source.matchAll(TOKEN)) {
      if (hex !== undefined) this.encoded(Number.parseInt(hex, 16));
      else if (text !== undefined) this.plain(text.replaceAll(/[\r\n]/g, ''));
      else if (brace === '{') this.open();
      else if (brace === '}') this.close();
      else if (word !== undefined) this.control(word, figure === undefined ? null : Number(figure));
      // "\*" says: whoever does not know this group shall leave it out.
      else if (sign === '*') this.group.isUnseen = true;
      else if (sign !== undefined) this.write(SIGNS[sign] ?? '');
    }
    this.flush();
    return this.pieces.join('');
  }

  private open(): void {
    this.flush();
    this.groups.push(this.group);
    // Deeper than any writer goes: what is inside is read on the level above.
    if (this.groups.length < GROUPS_DEEP_MAX) this.group = { ...this.group };
  }

  private close(): void {
    this.flush();
    this.group = this.groups.pop() ?? this.group;
    this.toSkip = 0;
  }

  private control(word: string, figure: number | null): void {
    this.toSkip = 0;
    if (word === 'u' && figure !== null) {
      this.write(String.fromCharCode(figure & 0xffff));
      this.toSkip = this.group.skips;
    } else if (word === 'uc') this.group.skips = Math.min(Math.max(figure ?? 1, 0), 10);
    else if (word === 'htmltag') {
      this.group.isUnseen = !this.isHtml;
    } else if (word === 'mhtmltag') this.group.isUnseen = true;
    else if (word === 'htmlrtf') this.group.isRtfOnly = figure !== 0;
    else if (UNSEEN.has(word)) this.group.isUnseen = true;
    else if (BREAKS[word] !== undefined) this.write(this.isHtml && word === 'par' ? '\r\n' : BREAKS[word]);
    else if (SIGNS[word] !== undefined) this.write(SIGNS[word]);
  }

  private encoded(byte: number): void {
    if (this.toSkip > 0) this.toSkip -= 1;
    else if (this.isSeen()) this.bytes.push(byte);
  }

  private plain(text: string): void {
    const skipped = Math.min(this.toSkip, text.length);
    this.toSkip -= skipped;
    if (!this.isSeen()) return;
    const rest = text.slice(skipped);
    for (let index = 0; index < rest.length; index += 1) this.bytes.push(rest.charCodeAt(index) & 0xff);
  }

  private write(text: string): void {
    this.flush();
    if (this.isSeen()) this.pieces.push(text);
  }

  private isSeen(): boolean {
    return !this.group.isUnseen && !(this.isHtml && this.group.isRtfOnly);
  }

  /** Bytes are decoded together: a character may be written as two of them. */
  private flush(): void {
    if (this.bytes.length === 0) return;
    this.pieces.push(this.decoder.decode(Uint8Array.from(this.bytes)));
    this.bytes = [];
  }
}
