import type { BouncedAddress } from '#channels';

/** What a report's code means, to go on behind "did not get it:". */
const WORDS: Readonly<Record<string, string>> = {
  user_unknown: 'the address does not exist',
  host_unknown: 'the part behind the @ does not exist',
  moved: 'the person has another address now',
  disabled: 'the mailbox has been closed',
  mailbox_full: 'the mailbox is full',
  too_large: 'the mail is too large for the other mail server',
  rate: 'the other mail server gets too much mail at once',
  expired: 'the other mail server could not be reached for days',
  network: 'the other mail server could not be reached',
  system: 'the other mail server has a fault',
  loop: 'the mail went round in circles between mail servers',
  spam: 'the other mail server takes it for unwanted mail',
  virus: 'the other mail server takes a file in it for dangerous',
  reputation: 'the other mail server takes no mail from our mail server',
  authentication: 'the other mail server found that the mail does not prove its sender (SPF, DKIM or DMARC)',
  sender_refused: 'the other mail server refuses this mailbox as a sender',
  relay_refused: 'the other mail server does not take mail for this address',
  policy: 'a rule of the other mail server refuses it',
  blocked: 'a rule of the other mail server refuses it',
  syntax: 'the other mail server did not understand the mail',
};
const UNDETERMINED = 'the other mail server does not say why';

/** The codes after which nothing will ever arrive at an address. */
export const DEAD_CODES: ReadonlySet<string> = new Set(['user_unknown', 'host_unknown', 'moved', 'disabled']);

const SAID_CHARS_MAX = 200;
/** A report's code goes into ours; it comes from our own table, and whatever it is, it is short and plain. */
const CODE = /^[a-z][a-z_]{0,39}$/;

export function codeOf({ code }: Pick<BouncedAddress, 'code'>): string {
  return CODE.test(code) ? code : 'undetermined';
}

/** A sentence for the agent. `who`: null for a mail that went to this one person. */
export function failureSentence(who: string | null, { code, diagnostic }: Pick<BouncedAddress, 'code' | 'diagnostic'>): string {
  const why = WORDS[code] ?? UNDETERMINED;
  const said = oneLine(diagnostic ?? '');
  const words = said === '' ? `${why}.` : `${why}. It said: ${said}`;
  return who === null ? `Not delivered: ${words}` : `${who} did not get it: ${words}`;
}

export const DELAYED_SENTENCE = 'The other mail server has not taken it yet. It is being tried for some days.';

/** What somebody else's server said is hostile: one line, without anything that could turn it around or hide. */
function oneLine(said: string): string {
  const plain = said.replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return plain.length > SAID_CHARS_MAX ? `${plain.slice(0, SAID_CHARS_MAX).toWellFormed()}…` : plain;
}
