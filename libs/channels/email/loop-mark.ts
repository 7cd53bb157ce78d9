import { createHmac, timingSafeEqual } from 'node:crypto';

const MARK_BYTES = 16;

/** What our own automatic mail carries as X-Loop, so that we know it when a machine sends it back. `key`: one for the installation. */
export function loopMark(key: Buffer): string {
  return createHmac('sha256', key)
    .update('omnidesk mail loop')
    .digest('hex')
    .slice(0, 2 * MARK_BYTES);
}

/** Whether one of these X-Loop values is ours. Nobody who has had no automatic mail of ours can write it. */
export function hasLoopMark(key: Buffer, values: readonly string[]): boolean {
  const ours = Buffer.from(loopMark(key));
  return values.some((value) => {
    const theirs = Buffer.from(value.trim().toLowerCase());
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  });
}
