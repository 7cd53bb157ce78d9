import type { MailPerson } from '#contract';
import type { AuthVerdict } from './authentication.js';
import type { MailAddress, ParsedMail } from './parsed-mail.js';
import type { ReadingFacts } from './reading-facts.js';

/*
 * Whose mail it is, and whom to answer.
 *
 * The person is who From names, and the answer goes to Reply-To. Two kinds of machines put their own address into From and the person's into
 * Reply-To: web forms, which an admin lists, and groups that bring mail to one of the tenant's own addresses. An agent who passes a mail on
 * is not its author either. Each of these makes somebody the person who did not sign the mail, so none is believed of a mail whose From was
 * found to be false.
 */

/** No address can be this one: nobody's, for a mail that does not say whose it is. */
export const NOBODY = 'unknown@invalid';

export interface MailAuthor {
  person: MailAddress;
  /** Null where there is nobody to answer. */
  replyAddress: string | null;
  /** Set when an agent passed the mail on; what he wrote above, and the mail itself. */
  forward: { by: MailPerson; note: string; mail: NonNullable<ParsedMail['forwarded']> } | null;
}

type AuthorFacts = Pick<ReadingFacts, 'ownAddresses' | 'agents' | 'settings'>;

export function authorOf(mail: ParsedMail, facts: AuthorFacts, verdict: AuthVerdict): MailAuthor {
  const { from } = mail;
  const answerTo = answerAddressOf(mail, facts);
  if (from === null) return { person: { address: NOBODY, name: null }, replyAddress: null, forward: null };
  if (verdict === 'fail') return { person: from, replyAddress: answerTo?.address ?? from.address, forward: null };
  const agent = facts.agents.get(from.address.toLowerCase());
  const first = mail.forwarded?.from.address ?? null;
  if (agent !== undefined && mail.forwarded !== null && first !== null && !facts.ownAddresses.has(first.toLowerCase())) {
    const by = { address: from.address, name: agent.name };
    const person = { address: first, name: mail.forwarded.from.name };
    return { person, replyAddress: first, forward: { by, note: mail.forwarded.note, mail: mail.forwarded } };
  }
  const stoodIn = answerTo !== null && (isForm(from.address, facts) || isOwnGroup(mail, answerTo, facts));
  return { person: stoodIn ? answerTo : from, replyAddress: answerTo?.address ?? from.address, forward: null };
}

/** Never one of the tenant's own mailboxes: an answer would come straight back. */
function answerAddressOf({ replyTo }: ParsedMail, { ownAddresses }: AuthorFacts): MailAddress | null {
  return replyTo.find(({ address }) => !ownAddresses.has(address.toLowerCase())) ?? null;
}

function isForm(address: string, { settings }: AuthorFacts): boolean {
  const lower = address.toLowerCase();
  const domain = lower.slice(lower.lastIndexOf('@'));
  return settings.forms.some((form) => form.toLowerCase() === lower || form.toLowerCase() === domain);
}

/** A group of the tenant's own took the mail in and put its address in the author's place, so that its own signature fits. */
function isOwnGroup({ from, originalFrom, mailClass }: ParsedMail, answerTo: MailAddress, { ownAddresses }: AuthorFacts): boolean {
  if (from === null || !ownAddresses.has(from.address.toLowerCase())) return false;
  return originalFrom === null ? mailClass === 'list' : originalFrom.toLowerCase() === answerTo.address.toLowerCase();
}
