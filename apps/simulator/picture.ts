/**
 * Small pictures drawn in code, so that the project carries no image files: faces for the customers, a thumb for the
 * sticker, a photo to send. A picture is a function from a point (0..1, 0..1) to a colour; it is sampled four times per
 * pixel to soften the edges, and written as an uncompressed-filter PNG (RFC 2083).
 */
import { crc32, deflateSync } from 'node:zlib';

export type Rgb = readonly [number, number, number];
type Rgba = readonly [number, number, number, number];
type Painter = (x: number, y: number) => Rgba;

const SAMPLES = [0.25, 0.75] as const;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOUR_TYPE_RGBA = 6;

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(body.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

function pixel(paint: Painter, at: { x: number; y: number }, size: { width: number; height: number }): number[] {
  const sum = [0, 0, 0, 0];
  for (const dx of SAMPLES) {
    for (const dy of SAMPLES) {
      paint((at.x + dx) / size.width, (at.y + dy) / size.height).forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value));
    }
  }
  return sum.map((value) => Math.round(value / (SAMPLES.length * SAMPLES.length)));
}

function png(width: number, height: number, paint: Painter): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOUR_TYPE_RGBA], 8);
  const rows: number[] = [];
  for (let y = 0; y < height; y += 1) {
    rows.push(0);
    for (let x = 0; x < width; x += 1) rows.push(...pixel(paint, { x, y }, { width, height }));
  }
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const solid = (colour: Rgb): Rgba => [...colour, 255];
const between = (from: number, to: number, part: number): number => from + (to - from) * part;
const mixed = (from: Rgb, to: Rgb, part: number): Rgba =>
  solid([between(from[0], to[0], part), between(from[1], to[1], part), between(from[2], to[2], part)]);
const inCircle = (x: number, y: number, circle: readonly [number, number, number]): boolean =>
  Math.hypot(x - circle[0], y - circle[1]) < circle[2];

/** Head and shoulders on the person's own colour. */
export function facePicture(colour: Rgb, sizePx = 96): Buffer {
  const light = mixed(colour, [255, 255, 255], 0.78);
  return png(sizePx, sizePx, (x, y) => {
    if (inCircle(x, y, [0.5, 0.4, 0.19])) return light;
    if (inCircle(x, y, [0.5, 1.0, 0.36])) return light;
    return mixed(colour, [20, 24, 28], y * 0.35);
  });
}

/** Whether a point lies inside a polygon, by the even-odd rule. */
function inPolygon(x: number, y: number, corners: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  corners.forEach(([x1, y1], index) => {
    const [x2, y2] = corners[(index + 1) % corners.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

const HAND = [
  [0.36, 0.48],
  [0.5, 0.14],
  [0.61, 0.16],
  [0.63, 0.26],
  [0.58, 0.42],
  [0.83, 0.42],
  [0.88, 0.5],
  [0.82, 0.84],
  [0.74, 0.88],
  [0.36, 0.86],
] as const;

/** A thumb that points up, on nothing. */
export function thumbPicture(sizePx = 120): Buffer {
  return png(sizePx, sizePx, (x, y) => {
    if (x > 0.12 && x < 0.31 && y > 0.46 && y < 0.88) return [23, 92, 196, 255];
    return inPolygon(x, y, HAND) ? [38, 122, 240, 255] : [38, 122, 240, 0];
  });
}

/** A quiet hill at sunset with a wheel in front: something to send when one has no photo at hand. */
export function samplePhoto(widthPx = 320): Buffer {
  const heightPx = Math.round(widthPx * 0.68);
  return png(widthPx, heightPx, (x, y) => {
    const fromHub = Math.hypot(x - 0.3, (y - 0.66) * 0.68);
    const angle = Math.atan2((y - 0.66) * 0.68, x - 0.3);
    if (Math.abs(fromHub - 0.17) < 0.014 || fromHub < 0.014) return [28, 32, 34, 255];
    if (fromHub < 0.17 && Math.abs(Math.sin(angle * 6)) < 0.05) return [70, 76, 78, 255];
    if (inCircle(x, y * 0.68, [0.72, 0.24, 0.08])) return [255, 241, 208, 255];
    if (y > 0.62 + 0.06 * Math.sin(x * 7)) return mixed([84, 122, 92], [38, 66, 60], y);
    return mixed([242, 178, 122], [126, 158, 184], 1 - y);
  });
}
