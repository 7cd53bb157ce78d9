import fc from 'fast-check';
import { readRtf, unpackRtf } from './rtf.js';
import { unpackTnef } from './tnef.js';

/*
 * Wrappings made here, byte by byte, as Outlook makes them.
 */

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const sum = data.reduce((total, byte) => (total + byte) % 65_536, 0);
  return Buffer.concat([Buffer.from([level]), long(id), long(data.length), data, short(sum)]);
}

function tnef(...attributes: Buffer[]): Buffer {
  return Buffer.concat([long(0x223e9f78), short(1), ...attributes]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function variable(type: number, id: number, bytes: Buffer): Buffer {
  return Buffer.concat([short(type), short(id), long(1), long(bytes.length), padded(bytes)]);
}

const unicode = (id: number, text: string): Buffer => variable(0x1f, id, Buffer.from(`${text}\0`, 'utf16le'));
const binary = (id: number, bytes: Buffer): Buffer => variable(0x102, id, bytes);
const figure = (id: number, value: number): Buffer => Buffer.concat([short(3), short(id), long(value)]);
const properties = (...all: Buffer[]): Buffer => Buffer.concat([long(all.length), ...all]);

/** A file as attributes: that it starts, its content, its properties. */
function file(content: Buffer, ...all: Buffer[]): Buffer[] {
  return [attribute(2, 0x69002, Buffer.alloc(14)), attribute(2, 0x6800f, content), attribute(2, 0x69005, properties(...all))];
}

describe('a winmail.dat', () => {
  it('gives its files by their long names, with type and place, and its text', () => {
    const bytes = tnef(
      attribute(1, 0x69007, Buffer.concat([long(1252), long(0)])),
      attribute(1, 0x2800c, Buffer.from('Zie bijlage, Zo\xeb\0', 'latin1')),
      ...file(Buffer.from('%PDF-'), unicode(0x3707, 'Offerte fiets €.pdf'), unicode(0x370e, 'application/pdf')),
      ...file(Buffer.from('png'), unicode(0x3707, 'a.png'), unicode(0x3712, 'a@b')),
    );
    expect(unpackTnef(bytes)).toEqual({
      files: [
        { name: 'Offerte fiets €.pdf', mediaType: 'application/pdf', cid: null, content: Buffer.from('%PDF-') },
        { name: 'a.png', mediaType: null, cid: 'a@b', content: Buffer.from('png') },
      ],
      text: 'Zie bijlage, Zoë',
      html: null,
      isIncomplete: false,
    });
  });

  it('gives HTML in its own character set', () => {
    const html = properties(figure(0x3fde, 65_001), binary(0x1013, Buffer.from('<p>Zoë</p>')));
    expect(unpackTnef(tnef(attribute(1, 0x69003, html)))?.html).toBe('<p>Zoë</p>');
  });

  it('reads past properties with names of their own, with several values, and of any size', () => {
    const named = Buffer.concat([
      short(0x1f),
      short(0x8001),
      Buffer.alloc(16),
      long(1),
      long(6),
      padded(Buffer.from('ab\0', 'utf16le')),
      long(1),
      long(4),
      Buffer.from('x\0\0\0'),
    ]);
    const numbered = Buffer.concat([short(3), short(0x8002), Buffer.alloc(16), long(0), long(7), long(42)]);
    const several = Buffer.concat([
      short(0x101f),
      short(0x0e00),
      long(2),
      long(2),
      padded(Buffer.from('a', 'utf16le')),
      long(4),
      Buffer.from('bc', 'utf16le'),
    ]);
    const date = Buffer.concat([short(0x40), short(0x0039), Buffer.alloc(8)]);
    const all = properties(named, numbered, several, date, unicode(0x3707, 'x.txt'));
    expect(
      unpackTnef(tnef(attribute(2, 0x69002, Buffer.alloc(14)), attribute(2, 0x6800f, Buffer.from('x')), attribute(2, 0x69005, all)))
        ?.files[0]?.name,
    ).toBe('x.txt');
  });

  it('gives the files and the text of a message inside the message', () => {
    const inner = tnef(attribute(1, 0x2800c, Buffer.from('Binnen\0')), ...file(Buffer.from('x'), unicode(0x3707, 'binnen.txt')));
    const object = variable(0x0d, 0x3701, Buffer.concat([Buffer.alloc(16), inner]));
    const outer = tnef(attribute(2, 0x69002, Buffer.alloc(14)), attribute(2, 0x69005, properties(unicode(0x3001, 'Doorgestuurd'), object)));
    expect(unpackTnef(outer)?.files.map(({ name, content }) => [name, content.toString()])).toEqual([
      ['Doorgestuurd.txt', 'Binnen'],
      ['binnen.txt', 'x'],
    ]);
  });

  it('that was cut gives what came before the cut, and says so', () => {
    const whole = tnef(...file(Buffer.from('een'), unicode(0x3707, 'een.txt')), ...file(Buffer.from('twee'), unicode(0x3707, 'twee.txt')));
    const cut = unpackTnef(whole.subarray(0, whole.length - 10));
    expect(cut?.isIncomplete).toBe(true);
    expect(cut?.files[0]?.name).toBe('een.txt');
  });

  it('is none where the first bytes are others', () => {
    expect(unpackTnef(Buffer.from('not a wrapping'))).toBeNull();
    expect(unpackTnef(Buffer.alloc(0))).toBeNull();
  });

  it('of any bytes is unpacked to no more than it holds', () => {
    const sound = tnef(
      ...file(Buffer.from('een'), unicode(0x3707, 'een.txt')),
      attribute(1, 0x69003, properties(binary(0x1009, Buffer.alloc(40)))),
    );
    const edit = fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 20 }), fc.nat(sound.length), (edits, length) => {
        const bytes = Buffer.from(sound.subarray(0, length));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        const found = unpackTnef(bytes);
        const size = (found?.files ?? []).reduce((sum, { content }) => sum + content.length, 0);
        expect(size).toBeLessThanOrEqual(bytes.length);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (tail) => {
        expect(unpackTnef(Buffer.concat([sound.subarray(0, 6), tail]))?.files.length ?? 0).toBeLessThanOrEqual(200);
      }),
    );
  });
});

describe('rich text', () => {
  const header = (kind: string, length: number): Buffer => Buffer.concat([long(0), long(length), Buffer.from(kind), long(0)]);

  it('is unpacked from references into what was said before', () => {
    // The example of MS-OXRTFCP 4.1.1: "{\rtf1\ansi\ansicpg1252\pard hello world}\r\n".
    const packed = Buffer.from('2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0', 'hex');
    expect(unpackRtf(packed)?.toString()).toBe('{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n');
    expect(readRtf(Buffer.from('{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n'))).toEqual({ text: 'hello world', html: null });
  });

  it('is given as it is where it was not packed', () => {
    const rtf = Buffer.from('{\\rtf1 x}');
    expect(unpackRtf(Buffer.concat([header('MELA', rtf.length), rtf]))?.toString()).toBe('{\\rtf1 x}');
  });

  it('is read as a person would: letters of its code page, signs, lines, no fonts', () => {
    const rtf =
      "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\*\\generator x;}\\f0 Zo\\'eb \\u8364?5 \\lquote ja\\rquote\\par \\{ok\\}\\tab x}";
    expect(readRtf(Buffer.from(rtf, 'latin1')).text).toBe('Zoë €5 ‘ja’\n{ok}\tx');
  });

  it('made from HTML gives that HTML back', () => {
    const rtf =
      '{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Dag{\\*\\htmltag84 &nbsp;}\\htmlrtf \\u160 \\htmlrtf0 Anna\\htmlrtf\\par}\\htmlrtf0 {\\*\\htmltag72 </p>}}';
    expect(readRtf(Buffer.from(rtf)).html).toBe('<p>Dag&nbsp;Anna</p>');
  });

  it('that promises gigabytes is unpacked to a bound', () => {
    // A run of references that each repeat seventeen bytes.
    const greedy = Buffer.concat([
      header('LZFu', 0xffffffff),
      Buffer.from('00', 'hex'),
      Buffer.alloc(2_000_000, Buffer.from('ff' + '000f'.repeat(8), 'hex')),
    ]);
    expect(unpackRtf(greedy)?.length).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it.each([
    '{'.repeat(200_000),
    '\\'.repeat(200_000),
    "\\'".repeat(100_000),
    '\\u1'.repeat(60_000),
    '}'.repeat(200_000),
    `\\u1${'x'.repeat(200_000)}`,
  ])('of nothing but one sign is read', (rtf) => {
    expect(readRtf(Buffer.from(rtf)).html).toBeNull();
  });

  it('of any bytes is unpacked and read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (tail) => {
        const rtf = unpackRtf(Buffer.concat([header('LZFu', 10_000), tail]));
        expect(rtf?.length).toBeLessThanOrEqual(10_000);
        expect(() => readRtf(rtf ?? Buffer.alloc(0))).not.toThrow();
      }),
    );
  });
});
