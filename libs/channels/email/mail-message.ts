import type { MailCalendar, MailClass, MailPerson } from '#contract';
import type { RecordableAttachment } from '#policies';
import type { Delivery } from '../delivery-log.service.js';
import type { InboundMessage, MailToken } from '../inbound.js';
import type { MailAuthentication } from './authentication.js';
import type { CalendarCard } from './calendar-card.js';
import { authorOf, NOBODY, type MailAuthor } from './mail-author.js';
import type { AttachedMail, MailAddress, MailAttachment, ParsedMail } from './parsed-mail.js';
import type { ReadingFacts } from './reading-facts.js';

/** A mail is known by its Message-ID and a hash of what it says: another mail that reuses the id must not be taken for a copy. */
export const HASH_MARK = ' ';
const HASH_CHARS = 16;
const NAMED_PEOPLE_MAX = 50;
/** `[#123]`, as the subjects of our own mails say it. */
const SUBJECT_NUMBER = /\[#(\d{1,9})\]/;

/** What is known of a mail beside what it says. */
export interface KnownOfMail {
  delivery: Delivery;
  facts: ReadingFacts;
  authentication: Pick<MailAuthentication, 'verdict' | 'by' | 'fromDomain'>;
  token: MailToken | null;
}

/** What a mail is known by, however it came. */
export function externalIdOfMail({ messageId, contentHash }: Pick<ParsedMail, 'messageId' | 'contentHash'>): string {
  return `${messageId}${HASH_MARK}${contentHash.slice(0, HASH_CHARS)}`;
}

/** A mail that says something, as an event. */
export function messageOf(mail: ParsedMail, known: KnownOfMail): InboundMessage {
  const { delivery, facts, authentication, token } = known;
  const author = authorOf(mail, facts, authentication.verdict);
  const { person, forward } = author;
  // What an agent passes on is in the author's name without his doing: only a proven agent may put it into a conversation that exists.
  const isProven = forward === null || authentication.verdict === 'pass';
  const { verdict, by } = authentication;
  return {
    type: 'message',
    origin: 'live',
    routeId: delivery.connectionId!,
    personId: person.address.toLowerCase(),
    isStandby: false,
    direction: 'in',
    kind: 'text',
    externalId: externalIdOfMail(mail),
    replyToExternalId: mail.inReplyTo[0] ?? null,
    ownMessageId: null,
    appId: null,
    // A sender's clock may say anything; the order of a thread is the order in which it reached us.
    sentAt: delivery.receivedAt,
    content: {
      ...(forward === null ? ownWords(mail, known) : passedOn(forward, mail, known)),
      senderName: person.name ?? person.address,
      attachments: mail.attachments.map((attachment) => asRecordable(attachment, forward === null)),
      mailHeaders: {
        from: person.address === NOBODY ? mail.localSender : asPerson(person),
        to: mail.to.slice(0, NAMED_PEOPLE_MAX).map(asPerson),
        forwardedBy: forward?.by ?? null,
        threadIndex: mail.outlookThread.index,
        threadTopic: mail.outlookThread.topic,
      },
      calendar: mail.calendar === null ? null : cardOf(mail.calendar),
    },
    mail: {
      token,
      references: isProven ? [...mail.inReplyTo, ...mail.references.toReversed()] : [],
      subjectNumber: isProven ? subjectNumberOf(mail.subject) : null,
      replyAddress: author.replyAddress,
      mailClass: classOf(mail, delivery),
      authentication: { verdict, by, domain: by === null ? null : authentication.fromDomain },
      mayAutoAnswer: mail.mayAutoAnswer && !hasNullSender(delivery) && verdict !== 'fail' && author.replyAddress !== null,
      forwarded: forward === null ? null : { by: forward.by, note: forward.note },
      flags: mail.flags,
    },
    referral: null,
    formerPersonId: null,
    raw: null,
  };
}

type Words = Pick<InboundMessage['content'], 'text' | 'fullText' | 'html' | 'subject' | 'cc'>;

function ownWords(mail: ParsedMail, { facts }: KnownOfMail): Words {
  return {
    text: mail.split.reply,
    fullText: mail.split.quoted === null ? null : mail.text,
    html: mail.safeHtml,
    subject: mail.subject,
    cc: [...mail.to, ...mail.cc]
      .map(({ address }) => address)
      .filter((address) => address !== mail.from?.address && address.toLowerCase() !== facts.address),
  };
}

/** The words of the mail that was passed on; what stands above them is the agent's. */
function passedOn({ mail }: NonNullable<MailAuthor['forward']>, { subject }: ParsedMail, { facts }: KnownOfMail): Words {
  const others = [...mail.to, ...mail.cc].flatMap(({ address }) => address ?? []);
  return {
    text: mail.text,
    fullText: null,
    html: null,
    subject: mail.subject ?? subject,
    cc: others.filter((address) => !facts.ownAddresses.has(address.toLowerCase()) && !facts.agents.has(address.toLowerCase())),
  };
}

/** A null sender on the envelope says "a machine, do not answer", also where no header repeats it. Source: RFC 3834 2 */
function classOf({ mailClass }: ParsedMail, delivery: Delivery): MailClass {
  return mailClass === 'human' && hasNullSender(delivery) ? 'auto_generated' : mailClass;
}

function hasNullSender({ envelope }: Delivery): boolean {
  return envelope?.mailFrom === '';
}

function subjectNumberOf(subject: string): number | null {
  const digits = SUBJECT_NUMBER.exec(subject)?.[1];
  return digits === undefined ? null : Number(digits);
}

function asPerson({ address, name }: MailAddress): MailPerson {
  return { address, name };
}

/** `isShown`: the HTML that shows its pictures is kept; else they are files like any other. */
function asRecordable({ name, mediaType, content, cid, inline, mail }: MailAttachment, isShown: boolean): RecordableAttachment {
  const kind = mediaType.startsWith('image/')
    ? 'image'
    : mediaType.startsWith('audio/')
      ? 'audio'
      : mediaType.startsWith('video/')
        ? 'video'
        : 'file';
  const summary = mail === undefined ? null : summaryOf(mail);
  return { kind, name, mediaType, sourceUrl: null, content, contentId: inline && isShown ? cid : null, summary };
}

function summaryOf({ from, to, subject, date, preview, fileNames }: AttachedMail): object {
  return {
    from: from && asPerson(from),
    to: to.slice(0, NAMED_PEOPLE_MAX).map(asPerson),
    subject,
    date: date?.toISOString() ?? null,
    preview,
    fileNames,
  };
}

function cardOf(card: CalendarCard): MailCalendar {
  const { method, summary, location, description, isRepeated, isCancelled, organiser, attendees, hasMore } = card;
  const moment = (at: CalendarCard['start']) => at && { ...at, at: at.at?.toISOString() ?? null };
  return {
    method,
    summary,
    location,
    description,
    start: moment(card.start),
    end: moment(card.end),
    isRepeated,
    isCancelled,
    organiser: organiser && { address: organiser.address, name: organiser.name },
    attendees: attendees.map(({ address, name, answer }) => ({ address, name, answer })),
    hasMore,
  };
}
