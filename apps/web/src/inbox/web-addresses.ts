// Linear on purpose: one class repeated, nothing to backtrack into, however hostile the text.
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^]+/g;
/** What ends a sentence rather than an address. */
const TRAILING: ReadonlySet<string> = new Set(['.', ',', ';', ':', '!', '?', ')', ']']);
const SAFE_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** A stretch of text; `isAddress` when it may become a link. */
export interface TextPart {
  text: string;
  isAddress: boolean;
}

/** Whether an address from outside may become a link: only kinds that open something and run nothing. */
export function isSafeAddress(address: string): boolean {
  try {
    return SAFE_PROTOCOLS.has(new URL(address).protocol);
  } catch {
    return false;
  }
}

function withoutTrailing(address: string): string {
  let end = address.length;
  while (end > 0 && TRAILING.has(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}

/** A text in its parts, in order; joined again they are the text. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutTrailing(match[0]);
    if (!isSafeAddress(address)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index), isAddress: false });
    parts.push({ text: address, isAddress: true });
    at = match.index + address.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isAddress: false });
  return parts;
}
