import { parentPort } from 'node:worker_threads';
import { parseMail } from './parse-mail.js';
import { UnreadableMail, type MailLimits } from './parsed-mail.js';
import type { ReadAnswer } from './read-mail.js';

/*
 * The thread behind `MailReader`: reads one mail after another, as told. It knows no more than the bytes it is given.
 */

async function answer(raw: Buffer, limits: MailLimits): Promise<ReadAnswer> {
  try {
    return { mail: await parseMail(raw, limits) };
  } catch (error) {
    if (error instanceof UnreadableMail) return { refusal: { code: error.code, detail: error.detail } };
    // The name only: a parser's message may quote the mail.
    return { refusal: { code: 'broken', detail: error instanceof Error ? error.name : 'unknown' } };
  }
}

parentPort?.on('message', ({ raw, limits }: { raw: Uint8Array; limits: MailLimits }) => {
  void answer(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), limits).then((result) => {
    // Attachments are handed over, not copied; small ones share a pool that must stay here, and of which none is ever a half.
    const handed =
      'mail' in result
        ? result.mail.attachments.flatMap(({ content }) => (ownsItsMemory(content) ? [content.buffer as ArrayBuffer] : []))
        : [];
    parentPort?.postMessage(result, [...new Set(handed)]);
  });
});

function ownsItsMemory(content: Buffer): boolean {
  return content.byteLength * 2 > content.buffer.byteLength;
}

parentPort?.postMessage({ isReady: true } satisfies ReadAnswer);
