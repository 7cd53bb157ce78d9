import type { InboundEdit, InboundMessage, InboundReaction, InboundReceipt } from '../inbound.js';
import { instant } from './read-time.js';
import { type Told, unsupported } from './told.js';
import { type Fields, mid, text } from './vendor-json.js';

/** The longest emoji are families of many code points; a name stands where there is none. */
const EMOJI_LENGTH_MAX = 64;

/** What Meta calls them where it does not send the emoji itself. */
const EMOJI_BY_NAME: Partial<Record<string, string>> = {
  like: '👍',
  dislike: '👎',
  love: '❤️',
  care: '🥰',
  haha: '😆',
  smile: '😆',
  wow: '😮',
  sad: '😢',
  sorry: '😢',
  angry: '😠',
  anger: '😠',
  other: '👍',
};

/** Everything up to the watermark was delivered or read; older ones name messages too. */
export function readReceipt(state: 'delivered' | 'read', receipt: Fields, { routeId, personId, isStandby, at }: Told): InboundReceipt {
  const externalIds = Array.isArray(receipt['mids']) ? receipt['mids'].map(mid).filter((one) => one !== null) : [];
  return { type: 'receipt', routeId, personId, isStandby, state, watermarkAt: instant(receipt['watermark']) ?? at, externalIds };
}

/** A reaction, or one taken back. Only the person's own: it is the person whom it is shown of. */
export function readReaction(reaction: Fields, told: Told): InboundReaction | InboundMessage {
  const externalId = mid(reaction['mid']);
  if (externalId === null || told.isFromPage) return unsupported('reaction', told);
  const { routeId, personId, isStandby, at } = told;
  const emoji = reaction['action'] === 'unreact' ? null : emojiOf(reaction['emoji'], reaction['reaction']);
  return { type: 'reaction', routeId, personId, isStandby, externalId, emoji, reactedAt: at };
}

/** What the person saw. Name and emoji can disagree: then the emoji is right. */
export function emojiOf(emoji: unknown, name: unknown): string {
  const named = text(name);
  const shown = text(emoji) ?? (named === null ? null : (EMOJI_BY_NAME[named.toLowerCase()] ?? named)) ?? '👍';
  return shown.slice(0, EMOJI_LENGTH_MAX).toWellFormed();
}

/** What a message says from now on. */
export function readEdit(edit: Fields, told: Told): InboundEdit | InboundMessage {
  const externalId = mid(edit['mid']);
  const said = edit['text'];
  if (externalId === null || typeof said !== 'string') return unsupported('message_edit', told);
  const { routeId, personId, isStandby, at } = told;
  return { type: 'edit', routeId, personId, isStandby, externalId, text: said, editNumber: count(edit['num_edit']), editedAt: at };
}

/** A number, or a number as text. */
function count(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 1e9 ? number : null;
}
