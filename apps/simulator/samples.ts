/** Small files drawn in code, so that the project carries no media: a document, a sound, a moving picture. */
import { SAMPLE_VIDEO_BASE64 } from './sample-video.js';

const SAMPLES_PER_SECOND = 8000;
const TONE_HERTZ = 440;
const WAV_HEADER_BYTES = 44;

/** One page that says what it is. Source: the smallest form of ISO 32000-1. */
export function samplePdf(): Buffer {
  const text = 'BT /F1 24 Tf 72 720 Td (Invoice 2026-0117) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const starts = objects.map((object, index) => {
    const start = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const lines = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`);
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines.join('')}`;
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body + table + end, 'latin1');
}

/** A quiet tone that fades out, eight bits a sample. Source: RIFF WAVE, PCM. */
export function sampleSound(seconds: number): Buffer {
  const samples = Math.floor(seconds * SAMPLES_PER_SECOND);
  const sound = Buffer.alloc(WAV_HEADER_BYTES + samples);
  sound.write('RIFF', 0, 'latin1');
  sound.writeUInt32LE(WAV_HEADER_BYTES - 8 + samples, 4);
  sound.write('WAVEfmt ', 8, 'latin1');
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20);
  sound.writeUInt16LE(1, 22);
  sound.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  sound.writeUInt32LE(SAMPLES_PER_SECOND, 28);
  sound.writeUInt16LE(1, 32);
  sound.writeUInt16LE(8, 34);
  sound.write('data', 36, 'latin1');
  sound.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at += 1) {
    const wave = Math.sin((2 * Math.PI * TONE_HERTZ * at) / SAMPLES_PER_SECOND);
    sound[WAV_HEADER_BYTES + at] = 128 + Math.round(40 * wave * (1 - at / samples));
  }
  return sound;
}

/** A dot that crosses a small screen. */
export const sampleVideo = (): Buffer => Buffer.from(SAMPLE_VIDEO_BASE64, 'base64');
