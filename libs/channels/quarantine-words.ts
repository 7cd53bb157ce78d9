/** Why something that came in lies in quarantine, and what can be done, in a sentence for people. */
const SENTENCES: Readonly<Record<string, string>> = {
  too_large: 'This mail is larger than 50 MB. Ask the sender to send its files another way.',
  too_many_parts: 'This mail is made of more parts than any mail program makes. Download it to look into it.',
  header_too_large: 'The header of this mail is larger than any mail program makes it. Download it to look into it.',
  too_slow: 'Reading this mail took longer than 20 seconds. Try again, or release it to have it in a conversation as a file.',
  broken: 'This mail could not be read. Release it to have it in a conversation as a file.',
  not_storable: 'This mail was read but could not be stored, three times. Try again, or release it to have it in a conversation as a file.',
  reader_died: 'The program ended each time it read this mail. Download it to look into it, or release it as a file.',
  no_mailbox: 'The mailbox that this mail came to is no longer there.',
  not_fetched: 'The mail server did not hand out this mail, three times. What is known of it is below.',
  flood: 'This sender sent more than 60 mails within 10 minutes. Try again to let this one through, or delete them all at once.',
  unmatched_bounce: 'A mail server says that a mail was not delivered, but does not prove that it was one of ours. It may be forged.',
  unmatched_report: 'A machine reports on a mail, but does not prove that it was one of ours. It may be forged.',
  agent_mail_unproven:
    'Somebody wrote to an agent’s answering address without proving to be that agent. Nothing was sent. Agents answer from their own address, signed by its domain (DKIM).',
};
const UNKNOWN = 'This could not be taken in. Try again, or release it to have it in a conversation as a file.';

/** The sentence for a code; never empty. */
export function quarantineSentence(code: string): string {
  return SENTENCES[code] ?? UNKNOWN;
}
