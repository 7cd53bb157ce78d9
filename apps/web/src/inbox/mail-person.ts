import type { MailPerson } from '#contract';
import { shownAddress } from './addresses.js';

/** A person of a mail in one line: the name, and always the real address. */
export function personText({ name, address }: MailPerson): string {
  const shown = shownAddress(address);
  return name === null || name === '' ? shown : `${name} <${shown}>`;
}
