import { Fragment } from 'react';

// Linear on purpose: one class repeated, nothing to backtrack into, however hostile the text.
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^]+/g;
const TRAILING = /[.,;:!?)\]]+$/;
const SAFE_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** Whether an address from outside may become a link: only kinds that open something and run nothing. */
export function isSafeAddress(address: string): boolean {
  try {
    return SAFE_PROTOCOLS.has(new URL(address).protocol);
  } catch {
    return false;
  }
}

/** Text as somebody typed it, with its web addresses as links. Never as markup. */
export function LinkedText({ text }: { text: string }) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, '');
    if (!isSafeAddress(address)) continue;
    parts.push(<Fragment key={`${match.index} text`}>{text.slice(at, match.index)}</Fragment>);
    parts.push(
      <a key={match.index} href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>,
    );
    at = match.index + address.length;
  }
  parts.push(<Fragment key="rest">{text.slice(at)}</Fragment>);
  return <>{parts}</>;
}
