import type { Locale } from '#contract';

/** What a notification says, beside what the person wrote. */
export interface NoticeFacts {
  number: string;
  subject: string;
  author: string;
  /** Who gets an answer. */
  contact: string;
  /** He takes no part in this conversation: he only held an address of it. */
  isStranger: boolean;
  /** As far as the recording policy keeps it. */
  text: string;
  isWithheld: boolean;
  fileNames: string[];
  /** Given to the agent just now, by somebody else. */
  isAssignment: boolean;
  canAnswer: boolean;
  url: string;
}

const TEXT_CHARS_MAX = 20_000;
const FILES_NAMED_MAX = 20;

export function noticeMail(locale: Locale, facts: NoticeFacts): { subject: string; text: string } {
  const words = WORDS[locale];
  const text = facts.text.trim();
  const isCut = text.length > TEXT_CHARS_MAX;
  const parts = [
    facts.isAssignment ? words.assigned : null,
    facts.isStranger ? words.stranger(facts.author) : words.wrote(facts.author),
    text === '' ? (facts.isWithheld ? words.withheld : words.noText) : text.slice(0, TEXT_CHARS_MAX).toWellFormed(),
    isCut ? words.cut : null,
    facts.fileNames.length > 0 ? words.files(facts.fileNames.slice(0, FILES_NAMED_MAX).join(', ')) : null,
    '—',
    facts.canAnswer ? words.answer(facts.contact) : words.noAnswer,
    `${words.open} ${facts.url}`,
  ];
  return { subject: `[#${facts.number}] ${facts.subject === '' ? words.noSubject : facts.subject}`, text: present(parts) };
}

interface Words {
  assigned: string;
  wrote: (author: string) => string;
  stranger: (author: string) => string;
  withheld: string;
  noText: string;
  cut: string;
  files: (names: string) => string;
  answer: (contact: string) => string;
  noAnswer: string;
  open: string;
  noSubject: string;
}

const WORDS: Record<Locale, Words> = {
  en: {
    assigned: 'This conversation is yours now.',
    wrote: (author) => `${author} wrote:`,
    stranger: (author) => `${author}, who takes no part in this conversation, wrote:`,
    withheld: '(What was written is not kept here, by your recording policy.)',
    noText: '(no text)',
    cut: '(There is more. Open the conversation to read it.)',
    files: (names) => `With files, to be found in the conversation: ${names}`,
    answer: (contact) =>
      `Answer this mail and ${contact} gets your answer, in your name. Leave the text above out or quote it: it does not go along. This address is yours alone: do not pass this mail on.`,
    noAnswer: 'This mail cannot be answered: the mailbox does not take the address that this needs. Open the conversation to answer.',
    open: 'The conversation:',
    noSubject: '(no subject)',
  },
  nl: {
    assigned: 'Dit gesprek is nu van u.',
    wrote: (author) => `${author} schreef:`,
    stranger: (author) => `${author}, die niet aan dit gesprek deelneemt, schreef:`,
    withheld: '(De tekst wordt hier niet bewaard, door uw vastleggingsbeleid.)',
    noText: '(geen tekst)',
    cut: '(Er is meer. Open het gesprek om het te lezen.)',
    files: (names) => `Met bestanden, te vinden in het gesprek: ${names}`,
    answer: (contact) =>
      `Beantwoord deze mail en ${contact} krijgt uw antwoord, op uw naam. Of u de tekst hierboven laat staan maakt niet uit: die gaat niet mee. Dit adres is alleen van u: stuur deze mail niet door.`,
    noAnswer:
      'Deze mail kan niet worden beantwoord: de mailbox neemt het adres dat daarvoor nodig is niet aan. Open het gesprek om te antwoorden.',
    open: 'Het gesprek:',
    noSubject: '(geen onderwerp)',
  },
};

/** What a mail says that gives an agent back what could not be sent. */
export function returnMail(
  locale: Locale,
  { code, text, url }: { code: string; text: string; url: string },
): { subject: string; text: string } {
  const words = RETURN_WORDS[locale];
  const why = words.why[code] ?? words.other;
  return { subject: words.subject, text: present([words.intro, why, `${words.open} ${url}`, words.below, text]) };
}

interface ReturnWords {
  subject: string;
  intro: string;
  why: Readonly<Record<string, string>>;
  other: string;
  open: string;
  below: string;
}

const RETURN_WORDS: Record<Locale, ReturnWords> = {
  en: {
    subject: 'Your answer was not sent',
    intro: 'What you answered by mail did not go to the customer.',
    why: {
      agent_mail_off: 'Answering by mail has been switched off for this mailbox.',
      not_allowed: 'You may no longer answer conversations.',
      tenant_suspended: 'Access for your business was suspended when it came.',
      nothing_said: 'There was nothing in it but what it quotes.',
      not_found: 'The conversation no longer exists.',
      conversation_merged: 'The conversation was merged into one with somebody else. Open it to see whom an answer would go to.',
      conversation_quarantined: 'The conversation is set aside, because its mail is not from whom it says.',
      address_suppressed: 'Mail to this customer came back, so nothing is sent there. Look at the conversation for what to do.',
      reply_window_closed: 'The time in which the customer can be answered is over.',
      no_reply_address: 'The customer’s mail names no address to answer to.',
      connection_gone: 'The mailbox is no longer connected.',
      text_too_long: 'The text is too long for one answer.',
      attachment_too_large: 'The files are too large for one mail.',
      too_many_attachments: 'There are too many files for one mail.',
    },
    other: 'Open the conversation to see why, and to answer there.',
    open: 'The conversation:',
    below: 'This is what you wrote. Files you attached are in the mail you sent.',
  },
  nl: {
    subject: 'Uw antwoord is niet verzonden',
    intro: 'Wat u per mail antwoordde, is niet naar de klant gegaan.',
    why: {
      agent_mail_off: 'Antwoorden per mail is voor deze mailbox uitgezet.',
      not_allowed: 'U mag geen gesprekken meer beantwoorden.',
      tenant_suspended: 'De toegang van uw bedrijf was opgeschort toen het binnenkwam.',
      nothing_said: 'Er stond niets in behalve wat werd aangehaald.',
      not_found: 'Het gesprek bestaat niet meer.',
      conversation_merged: 'Het gesprek is samengevoegd met dat van iemand anders. Open het om te zien naar wie een antwoord zou gaan.',
      conversation_quarantined: 'Het gesprek is apart gezet, omdat de mail niet is van wie hij zegt te zijn.',
      address_suppressed: 'Mail naar deze klant kwam terug, dus er wordt niets meer heen gestuurd. In het gesprek staat wat u kunt doen.',
      reply_window_closed: 'De tijd waarin de klant kan worden beantwoord, is voorbij.',
      no_reply_address: 'De mail van de klant noemt geen adres om op te antwoorden.',
      connection_gone: 'De mailbox is niet meer gekoppeld.',
      text_too_long: 'De tekst is te lang voor één antwoord.',
      attachment_too_large: 'De bestanden zijn te groot voor één mail.',
      too_many_attachments: 'Het zijn te veel bestanden voor één mail.',
    },
    other: 'Open het gesprek om te zien waarom, en om daar te antwoorden.',
    open: 'Het gesprek:',
    below: 'Dit is wat u schreef. Meegestuurde bestanden staan in de mail die u verzond.',
  },
};

function present(parts: (string | null)[]): string {
  return parts.filter((part) => part !== null).join('\n\n');
}
