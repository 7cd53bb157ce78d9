import type { ReplyLimits } from '#contract';
import { problemOf } from './uploads.js';

/** An agent is told before sending what the channel cannot carry. */
describe('a file chosen for a reply', () => {
  const limits: ReplyLimits = {
    partLengthMax: 2_000,
    textLengthMax: 20_000,
    attachmentsMax: 10,
    attachmentBytesMax: 1_000,
    quickRepliesMax: 13,
    cc: false,
    html: false,
    forward: false,
  };

  it('is refused when it is empty or larger than the channel carries, and not at the limit', () => {
    expect(problemOf({ size: 0 }, limits)).toBe('empty');
    expect(problemOf({ size: 1_000 }, limits)).toBeNull();
    expect(problemOf({ size: 1_001 }, limits)).toBe('too_large');
  });
});
