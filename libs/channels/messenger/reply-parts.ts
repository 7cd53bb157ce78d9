import {
  type ConversationKind,
  QUICK_REPLIES_MAX,
  REPLY_ATTACHMENTS_MAX,
  REPLY_LENGTH_MAX,
  type ReplyLimits,
  UPLOAD_BYTES_MAX,
} from '#contract';
import type { ReplyPart } from '../channel.js';
import { splitText } from './split-text.js';

/** Source: Meta's Send API; counted in UTF-16 units, the strictest reading. */
const TEXT_LENGTH_MAX = 2000;
/** Source: Facebook's own composer; a longer comment is refused. */
const COMMENT_LENGTH_MAX = 8000;
/** A comment carries one picture. */
const COMMENT_ATTACHMENTS_MAX = 1;

export function messengerLimits(place: ConversationKind): ReplyLimits {
  const isComment = place === 'comments';
  return {
    partLengthMax: isComment ? COMMENT_LENGTH_MAX : TEXT_LENGTH_MAX,
    textLengthMax: REPLY_LENGTH_MAX,
    attachmentsMax: isComment ? COMMENT_ATTACHMENTS_MAX : REPLY_ATTACHMENTS_MAX,
    attachmentBytesMax: UPLOAD_BYTES_MAX,
    quickRepliesMax: isComment ? 0 : QUICK_REPLIES_MAX,
    cc: false,
    html: false,
    forward: false,
  };
}

/** The text first, then each file by itself: a message has one or the other. A comment has its picture beside its last piece of text. */
export function messengerParts({ text, fileCount }: { text: string; fileCount: number }, place: ConversationKind): ReplyPart[] {
  const texts = splitText(text, place === 'comments' ? COMMENT_LENGTH_MAX : TEXT_LENGTH_MAX);
  const files = Array.from({ length: fileCount }, (_, position) => position);
  const parts =
    place === 'comments'
      ? [...texts.slice(0, -1).map((piece) => ({ text: piece, files: [] })), { text: texts.at(-1) ?? '', files }]
      : [...texts.map((piece) => ({ text: piece, files: [] })), ...files.map((position) => ({ text: '', files: [position] }))];
  const whole = parts.length === 0 ? [{ text: '', files: [] }] : parts;
  return whole.map((part, at) => ({ ...part, isLast: at === whole.length - 1 }));
}
