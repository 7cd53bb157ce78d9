/**
 * What happens to mail of a person without the person: out-of-office answers, a machine that answers everything, and a mail server that
 * reports what it could not deliver.
 */
import { z } from 'zod';
import type { MailToSend, SimMail } from './sim-mail.js';
import { BOUNCE_KINDS, deliveryReport, reportedMail, type MailReport } from './mail-report.js';

export const MailHabits = z.object({
  /** Answers every mail of a person once, and says that it is a machine. Source: RFC 3834. */
  outOfOffice: z.boolean(),
  /** Answers everything, automatic mail too, and does not say that it is a machine: what loops are made of. */
  answersBlindly: z.boolean(),
  /** The mail server takes the mail, and reports later that it could not be delivered, or not yet. */
  bounces: z.enum(BOUNCE_KINDS).nullable(),
});
export type MailHabits = z.infer<typeof MailHabits>;

const NONE: MailHabits = { outOfOffice: false, answersBlindly: false, bounces: null };
/** Whoever loops with us must end it: this is only so that a broken loop breaker does not run for ever. */
const BLIND_ANSWERS_MAX = 100;

/** How the town carries what these habits lead to. */
export interface HabitCarrier {
  send: (mail: MailToSend) => Promise<unknown>;
  report: (report: MailReport) => Promise<unknown>;
}

export class MailHabitDesk {
  private readonly byAddress = new Map<string, MailHabits>();
  private readonly answered = new Set<string>();
  private readonly blindAnswers = new Map<string, number>();

  constructor(private readonly carrier: HabitCarrier) {}

  of(address: string): Readonly<MailHabits> {
    return this.byAddress.get(address.toLowerCase()) ?? NONE;
  }

  set(address: string, habits: Partial<MailHabits>): void {
    const key = address.toLowerCase();
    this.byAddress.set(key, { ...this.of(key), ...habits });
    this.blindAnswers.delete(key);
  }

  /** Whether mail gets into this mailbox at all. */
  keeps(address: string): boolean {
    const { bounces } = this.of(address);
    return bounces === null || bounces === 'delayed';
  }

  /** What comes of a mail that arrived, without anybody doing anything. */
  async react(mail: SimMail): Promise<void> {
    const { outOfOffice, answersBlindly, bounces } = this.of(mail.owner);
    const returnPath = mail.envelopeFrom ?? mail.from.address;
    // Nobody is told about a report: that is what an empty sender means. Source: RFC 5321 4.5.5.
    if (bounces !== null && returnPath !== '') await this.carrier.report(deliveryReport(bounces, reportedMail(mail), returnPath));
    if (!this.keeps(mail.owner)) return;
    if (outOfOffice && !this.answered.has(`${mail.owner} ${mail.messageId}`) && !isAutomatic(mail)) {
      this.answered.add(`${mail.owner} ${mail.messageId}`);
      await this.carrier.send(outOfOfficeAnswer(mail));
    }
    const blindAnswers = this.blindAnswers.get(mail.owner) ?? 0;
    if (answersBlindly && blindAnswers < BLIND_ANSWERS_MAX) {
      this.blindAnswers.set(mail.owner, blindAnswers + 1);
      const text = 'Thank you for your message. It is in good hands, and we will come back to you.';
      await this.carrier.send({ from: mail.owner, answersMailId: mail.id, text, program: 'plain' });
    }
  }
}

function isAutomatic({ raw, envelopeFrom }: SimMail): boolean {
  const header = raw.toString('latin1').split(/\r?\n\r?\n/, 1)[0] ?? '';
  const isSaid = /^(?:auto-submitted: *(?!no\b)|precedence: *(?:bulk|list|junk|auto_reply)|list-id:)/im.test(header);
  return isSaid || envelopeFrom === '';
}

function outOfOfficeAnswer(mail: SimMail): MailToSend {
  return {
    from: mail.owner,
    answersMailId: mail.id,
    subject: `Automatic reply: ${mail.subject}`,
    text: 'I am away until Monday and read my mail then.',
    program: 'plain',
    envelopeFrom: '',
    headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All', Precedence: 'auto_reply' },
  };
}
