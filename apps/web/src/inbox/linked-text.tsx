import { Fragment } from 'react';
import { partsOf } from './web-addresses.js';

/** Text as somebody typed it, with its web addresses as links. Never as markup. */
export function LinkedText({ text }: { text: string }) {
  return partsOf(text).map((part, index) =>
    part.isAddress ? (
      <a key={index} href={part.text} target="_blank" rel="noopener noreferrer nofollow">
        {part.text}
      </a>
    ) : (
      <Fragment key={index}>{part.text}</Fragment>
    ),
  );
}
