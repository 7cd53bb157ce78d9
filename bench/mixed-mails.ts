import { randomBytes } from 'node:crypto';
import { type AnsweredMail, composeMail, type CustomerMail } from '../apps/simulator/mail-compose.js';
import type { Simulator } from '../apps/simulator/index.js';
import { MAILBOX, type MailToPost } from './mail-house.js';

const FILE_BYTES = 100 * 1024;
/** Of ten mails seven are plain answers, two are new ones with formatting, and one is an answer with a file. */
const MIX = ['answer', 'answer', 'answer', 'page', 'answer', 'answer', 'file', 'answer', 'page', 'answer'] as const;
const SENTENCES = [
  'Thank you, that is clear.',
  'I can come by on Saturday between ten and twelve.',
  'The bell rings by itself when it rains, and the light does not burn.',
  'Could you send the invoice to my work address, please?',
  'The frame number is on the other side, I had to turn it around to read it.',
];

/** A customer in the middle of a conversation. */
interface Writer {
  address: string;
  /** What the next answer answers. */
  last: AnsweredMail;
}

/** People with mails to write, each signed by the domain of its sender. The same order of sorts in every run. */
export class MailCrowd {
  private readonly writers: Writer[] = [];
  private written = 0;

  constructor(
    private readonly simulator: Simulator,
    private readonly domain: string,
  ) {}

  get addresses(): string[] {
    return this.writers.map(({ address }) => address);
  }

  /** Everybody's first mail. */
  async firstMails(people: number): Promise<MailToPost[]> {
    const mails: MailToPost[] = [];
    for (let n = 0; n < people; n += 1) {
      const address = `person${String(n)}@${this.domain}`;
      const { raw, messageId } = await this.compose(address, { subject: `Question ${String(n)}`, program: 'plain' });
      this.writers.push({ address, last: answered(messageId, `Question ${String(n)}`) });
      mails.push({ person: address, raw });
    }
    return mails;
  }

  /** From now on this person answers that mail of ours. */
  gotAnswer(address: string, messageId: string): void {
    const writer = this.writers.find((one) => one.address === address);
    if (writer) writer.last = answered(messageId, writer.last.subject);
  }

  async mixed(count: number): Promise<MailToPost[]> {
    const mails: MailToPost[] = [];
    for (let n = 0; n < count; n += 1) {
      const kind = MIX[this.written % MIX.length]!;
      const { address, last } = this.writers[this.written % this.writers.length]!;
      const more: Partial<CustomerMail> =
        kind === 'page'
          ? { subject: `Another question ${String(this.written)}`, program: 'gmail' }
          : { subject: `Re: ${last.subject}`, answers: last, program: 'plain', ...(kind === 'file' ? { files: [file()] } : {}) };
      mails.push({ person: address, raw: (await this.compose(address, more)).raw });
    }
    return mails;
  }

  private async compose(address: string, more: Partial<CustomerMail>): Promise<{ raw: Buffer; messageId: string }> {
    this.written += 1;
    const text = `Hello,\n\n${SENTENCES[this.written % SENTENCES.length]!} (${String(this.written)})\n\nRegards,\nA customer`;
    const from = { name: 'A Customer', address };
    const { raw, messageId } = await composeMail({ from, to: [MAILBOX], subject: '', text, atMs: Date.now(), ...more });
    return { raw: await this.simulator.signMail(raw, address), messageId };
  }
}

function answered(messageId: string, subject: string): AnsweredMail {
  const from = { name: 'Bench', address: MAILBOX };
  const text = 'It is ready.\n\nKind regards,\nthe shop';
  return { messageId, references: [], from, to: 'you@mail.example', subject, text, atMs: Date.now() };
}

function file(): { name: string; mediaType: string; content: Buffer } {
  return { name: 'photo.jpg', mediaType: 'image/jpeg', content: randomBytes(FILE_BYTES) };
}
