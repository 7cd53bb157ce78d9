import { z } from 'zod';
import { Instant } from './pages.js';

/** Who wrote a mail: a person, or which kind of machine. */
export const MailClass = z.enum(['human', 'auto_reply', 'auto_generated', 'list', 'bounce', 'receipt', 'complaint', 'calendar']);
export type MailClass = z.infer<typeof MailClass>;

/** Whether From is true. `none`: the sender publishes nothing to tell by. `temperror`: it could not be found out. */
export const MailVerdict = z.enum(['pass', 'fail', 'none', 'temperror']);
export type MailVerdict = z.infer<typeof MailVerdict>;

export const MailPerson = z.object({ address: z.string(), name: z.string().nullable() });
export type MailPerson = z.infer<typeof MailPerson>;

const CalendarMoment = z.object({
  /** Null where the zone is unknown: then `written` is all there is to show. */
  at: Instant.nullable(),
  isDate: z.boolean(),
  zone: z.string().nullable(),
  written: z.string(),
});

/** An invitation, or an answer to one, as a card. */
export const MailCalendar = z.object({
  method: z.enum(['request', 'reply', 'cancel', 'counter', 'add', 'refresh', 'declinecounter', 'publish']),
  summary: z.string().nullable(),
  location: z.string().nullable(),
  description: z.string().nullable(),
  start: CalendarMoment.nullable(),
  end: CalendarMoment.nullable(),
  isRepeated: z.boolean(),
  isCancelled: z.boolean(),
  organiser: z.object({ address: z.string().nullable(), name: z.string().nullable() }).nullable(),
  attendees: z.array(
    z.object({
      address: z.string().nullable(),
      name: z.string().nullable(),
      answer: z.enum(['accepted', 'declined', 'tentative', 'delegated', 'needs_action']),
    }),
  ),
  hasMore: z.boolean(),
});
export type MailCalendar = z.infer<typeof MailCalendar>;

/**
 * Worth knowing about a mail. `from_ambiguous`, `structure_ambiguous`: it can be read in two ways. `subject_changed`: same thread, other
 * subject. `id_reused`: another mail has its Message-ID. `looks_like_agent`: its sender calls himself as one of the agents.
 * `body_attached`, `tnef_unpacked`, `tnef_unreadable`: what was done to show it.
 */
export const MailFlag = z.enum([
  'from_ambiguous',
  'structure_ambiguous',
  'body_attached',
  'tnef_unpacked',
  'tnef_unreadable',
  'subject_changed',
  'id_reused',
  'looks_like_agent',
]);
export type MailFlag = z.infer<typeof MailFlag>;

/** What only a mail has. */
export const MailFacts = z.object({
  class: MailClass,
  /** Null for what we sent. */
  authentication: z
    .object({ verdict: MailVerdict, by: z.enum(['dkim', 'dmarc', 'spf', 'arc']).nullable(), domain: z.string().nullable() })
    .nullable(),
  /** The real address, or a machine's own user without a domain; the name beside a message is the contact's. */
  from: MailPerson.nullable(),
  to: z.array(MailPerson),
  /** Of what we sent: who got it unseen by the others. */
  bcc: z.array(z.string()),
  /** An agent passed it on: the author of the message is who wrote it at first. */
  forwardedBy: MailPerson.nullable(),
  calendar: MailCalendar.nullable(),
  flags: z.array(MailFlag),
  /** Other mailboxes of the tenant's that got the same mail. */
  alsoReceivedIn: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type MailFacts = z.infer<typeof MailFacts>;

/** An attached mail, as a few lines to show. Its words are not the sender's. */
export const AttachedMail = z.object({
  from: MailPerson.nullable(),
  to: z.array(MailPerson),
  subject: z.string(),
  date: Instant.nullable(),
  preview: z.string(),
  fileNames: z.array(z.string()),
});
export type AttachedMail = z.infer<typeof AttachedMail>;
