/**
 * The other end of e-mail: the mailboxes of the customers, with a mail server that takes what the app sends to them,
 * and a way to bring their mail to the app.
 *
 * The app's own mailboxes are reached like at a real provider: by a signed POST of the raw mail, or over SMTP. A mail
 * that the app does not take is tried again, ever more rarely, as mail is.
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { FaultDesk } from './faults.js';
import { composeMail, type CustomerMail } from './mail-compose.js';
import { MailHabitDesk } from './mail-habits.js';
import { readMail, threadOf } from './mail-read.js';
import { complaintReport, readReport, reportedMail, type MailReport } from './mail-report.js';
import { postBytes } from './webhook-post.js';
import type { MailKeys } from './mail-keys.js';
import { asKind } from './mail-kinds.js';
import type { MediaStore } from './media.js';
import { durationMs, type SimClock } from './sim-clock.js';
import { MailDoor, sendOverSmtp, type MailEnvelope } from './smtp.js';
import type { MailToSend, SimMail } from './sim-mail.js';
import type { Underway } from './underway.js';
import type { Watch } from './watch.js';

/** As it lies on disk. */
export type SavedMail = Omit<SimMail, 'raw'> & { raw: string };

/** A mailbox of the app: exactly one way in. */
export type MailRoute = { address: string } & ({ webhookUrl: string; secret: string } | { smtpUrl: string });

export interface MailTownOptions {
  clock: SimClock;
  media: MediaStore;
  faults: FaultDesk;
  underway: Underway;
  answerTimeoutMs: number;
  nameOf: (address: string) => string | null;
  watch: Watch;
  keys: MailKeys;
  /** Whether mail that the app sends to one of its own mailboxes comes back to it, as at a real provider. */
  bringsOwnMail: boolean;
  onProblem: (problem: unknown) => void;
}

/** What came of bringing a mail to the app. `not_now`: worth another try. */
export interface HandedMail {
  outcome: 'taken' | 'refused' | 'not_now';
  answer: string;
}

const NOT_CONNECTED: HandedMail = { outcome: 'refused', answer: '550 no such mailbox: it is not connected' };
const MAILS_MAX = 500;
const TRY_AGAIN_AFTER_MS = [{ seconds: 5 }, { seconds: 15 }, { minutes: 1 }, { minutes: 5 }, { minutes: 30 }].map(durationMs);

const plainAddress = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, '@');

export class MailTown {
  /** Oldest first, bounded. */
  readonly mails: SimMail[] = [];
  readonly routes = new Map<string, MailRoute>();
  readonly door: MailDoor;
  readonly habits: MailHabitDesk;
  private readonly onTheirWay = new Map<SimMail, () => void>();
  private closed = false;

  constructor(private readonly options: MailTownOptions) {
    this.door = new MailDoor(options.faults, (raw, envelope) => this.receive(raw, envelope));
    this.habits = new MailHabitDesk({ send: (mail) => this.send(mail), report: (report) => this.report(report) });
  }

  /** From now on mail to this address reaches the app this way. */
  connect(route: MailRoute): void {
    this.routes.set(route.address.toLowerCase(), route);
    this.options.watch.changed();
  }

  to(owner: string): SimMail[] {
    return this.mails.filter((mail) => mail.owner === owner.toLowerCase() && mail.direction === 'received');
  }

  /** The first received mail that fits, now or within `timeoutMs`; rejects after it. */
  waitFor(fits: (mail: SimMail) => boolean, timeoutMs: number): Promise<SimMail> {
    return this.options.watch.until(() => this.mails.find((mail) => mail.direction === 'received' && fits(mail)), timeoutMs, 'such mail');
  }

  /** Writes and sends a customer's mail. Resolves after the first try, whatever came of it: see `state`. */
  async send(given: MailToSend): Promise<SimMail> {
    const { clock, media } = this.options;
    const answered = given.answersMailId === undefined ? null : this.find(given.answersMailId);
    const from = { name: given.fromName ?? this.options.nameOf(given.from) ?? '', address: given.from };
    const to = [given.to ?? answered?.replyTo ?? answered?.from.address ?? []].flat();
    if (to.length === 0) throw new Error('a mail needs somebody to go to');
    const subject = given.subject ?? (answered ? `Re: ${answered.subject.replace(/^(?:re: *)+/i, '')}` : '');
    const answers = answered ? { ...answered, to: answered.to.join(', ') } : undefined;
    const atMs = clock.nowMs();
    const written: CustomerMail = { ...given, from, to, subject, atMs, ...(answers ? { answers } : {}) };
    const whole = given.kind === undefined ? written : asKind(given.kind, written);
    const composed = await composeMail(whole);
    const files = [...(whole.inlinePictures ?? []), ...(whole.files ?? [])];
    const mail: SimMail = {
      id: randomUUID(),
      owner: (given.owner ?? given.from).toLowerCase(),
      direction: 'sent',
      messageId: composed.messageId,
      inReplyTo: answered?.messageId ?? null,
      references: composed.references,
      from,
      replyTo: null,
      to,
      cc: given.cc ?? [],
      subject: whole.subject,
      text: given.text,
      html: given.html ?? null,
      files: files.map(({ name, mediaType, content }) => ({ name, mediaType, mediaId: media.add(name, mediaType, content) })),
      atMs,
      thread: answered?.thread ?? composed.messageId,
      state: 'on_its_way',
      reason: null,
      raw: given.isForged ? composed.raw : await this.options.keys.sign(composed.raw, given.from),
      ...(given.envelopeFrom === undefined ? {} : { envelopeFrom: given.envelopeFrom }),
    };
    return this.sendOff(mail);
  }

  /** Any bytes as a mail to one of the app's mailboxes, once. A refusal is an answer too. */
  async rawMail(to: string, raw: Buffer, from = 'stranger@mail.example'): Promise<HandedMail> {
    const route = this.routeTo(to);
    if (!route) throw new Error(`${to} is not connected to the simulator`);
    return this.hand(route, { from, to: [to] }, raw);
  }

  /** The reader's program or provider tells the sender about this mail: that it was read, or that it was not wanted. */
  tell(mailId: string, what: 'read' | 'complaint'): Promise<HandedMail> {
    const mail = this.find(mailId);
    const reported = reportedMail(mail);
    const back = mail.envelopeFrom ?? mail.from.address;
    return this.report(what === 'read' ? readReport(reported, mail.replyTo ?? mail.from.address) : complaintReport(reported, back));
  }

  /** A report of a machine, signed by its domain, once. */
  private async report({ to, from, raw }: MailReport): Promise<HandedMail> {
    const route = this.routeTo(to);
    return route ? this.hand(route, { from: '', to: [to] }, await this.options.keys.sign(raw, from)) : NOT_CONNECTED;
  }

  /** Tries everything that waits for a later try now. */
  retryNow(): void {
    for (const [mail, callOff] of [...this.onTheirWay]) {
      callOff();
      this.onTheirWay.delete(mail);
      void this.carry(mail, TRY_AGAIN_AFTER_MS.length - 1);
    }
  }

  saved(): { mails: SavedMail[]; routes: MailRoute[] } {
    return { mails: this.mails.map((mail) => ({ ...mail, raw: mail.raw.toString('base64') })), routes: [...this.routes.values()] };
  }

  /** Takes back what was kept. Mail that was on its way sets out again. */
  restore(saved: { mails: SavedMail[]; routes: MailRoute[] }): void {
    for (const route of saved.routes) this.routes.set(route.address.toLowerCase(), route);
    for (const kept of saved.mails) {
      const mail: SimMail = { ...kept, raw: Buffer.from(kept.raw, 'base64') };
      this.mails.push(mail);
      if (mail.state === 'on_its_way') void this.carry(mail, 0);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const callOff of this.onTheirWay.values()) callOff();
    this.onTheirWay.clear();
    await this.door.close();
  }

  private find(id: string): SimMail {
    const mail = this.mails.find((one) => one.id === id);
    if (!mail) throw new Error(`there is no mail ${id}`);
    return mail;
  }

  private async sendOff(mail: SimMail): Promise<SimMail> {
    this.keep(mail);
    const ended = this.options.underway.begin(`mail ${mail.messageId}`);
    await this.carry(mail, 0).finally(ended);
    return mail;
  }

  /** One try for every mailbox it is meant for. What is not taken waits for the next; a refusal for good is the end. */
  private async carry(mail: SimMail, tries: number): Promise<void> {
    const { clock } = this.options;
    const ways = new Map<MailRoute, string>();
    for (const address of [...mail.to, ...mail.cc]) {
      const route = this.routeTo(address);
      if (route && !ways.has(route)) ways.set(route, address);
    }
    const handed = await Promise.all(
      [...ways].map(([route, to]) => this.hand(route, { from: mail.envelopeFrom ?? mail.from.address, to: [to] }, mail.raw)),
    );
    const refused = ways.size === 0 ? NOT_CONNECTED : handed.find(({ outcome }) => outcome !== 'taken');
    const againMs = TRY_AGAIN_AFTER_MS[tries];
    mail.reason = refused?.answer ?? null;
    if (!refused) mail.state = 'taken';
    else if (refused.outcome === 'refused' || againMs === undefined || this.closed) mail.state = 'given_up';
    else {
      const callOff = clock.at(clock.nowMs() + againMs, () => {
        this.onTheirWay.delete(mail);
        void this.carry(mail, tries + 1);
      });
      this.onTheirWay.set(mail, callOff);
    }
    this.options.watch.changed();
  }

  private routeTo(address: string): MailRoute | undefined {
    return this.routes.get(address.toLowerCase()) ?? this.routes.get(plainAddress(address));
  }

  private async hand(route: MailRoute, envelope: MailEnvelope, raw: Buffer): Promise<HandedMail> {
    if ('smtpUrl' in route) {
      const answer = await sendOverSmtp(route.smtpUrl, envelope, raw).catch((error: unknown) => `no answer: ${String(error)}`);
      return { outcome: answer.startsWith('2') ? 'taken' : answer.startsWith('5') ? 'refused' : 'not_now', answer };
    }
    const timestamp = String(Math.floor(this.options.clock.nowMs() / 1000));
    const mac = createHmac('sha256', route.secret).update(`${timestamp}.`).update(raw).digest('hex');
    const headers = { 'Content-Type': 'message/rfc822', 'X-Omnidesk-Timestamp': timestamp, 'X-Omnidesk-Signature': `sha256=${mac}` };
    const { status, problem } = await postBytes(route.webhookUrl, raw, headers, { timeoutMs: this.options.answerTimeoutMs });
    if (status === null) return { outcome: 'not_now', answer: problem ?? 'no answer' };
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    return { outcome: status >= 200 && status < 300 ? 'taken' : isFinal ? 'refused' : 'not_now', answer: `HTTP ${status}` };
  }

  private async receive(raw: Buffer, envelope: MailEnvelope): Promise<void> {
    const { clock, media, underway, onProblem } = this.options;
    const read = await readMail(raw);
    const atMs = clock.nowMs();
    const arrived: SimMail[] = [];
    const own: { route: MailRoute; owner: string }[] = [];
    for (const owner of new Set(envelope.to.map((address) => address.toLowerCase()))) {
      const mail: SimMail = {
        id: randomUUID(),
        owner,
        direction: 'received',
        ...read,
        files: read.files.map(({ name, mediaType, content }) => ({ name, mediaType, mediaId: media.add(name, mediaType, content) })),
        atMs,
        thread: threadOf(this.mails, owner, read),
        state: 'received',
        reason: null,
        raw,
        envelopeFrom: envelope.from,
      };
      const route = this.options.bringsOwnMail ? this.routeTo(owner) : undefined;
      if (route) own.push({ route, owner });
      else {
        if (this.habits.keeps(owner)) this.keep(mail);
        arrived.push(mail);
      }
    }
    const ended = underway.begin(`what comes of mail ${read.messageId}`);
    // The server has taken the mail; what its people and machines make of it comes after.
    Promise.all([this.react(arrived), ...own.map(({ route, owner }) => this.hand(route, { from: envelope.from, to: [owner] }, raw))])
      .catch(onProblem)
      .finally(ended);
  }

  private async react(arrived: readonly SimMail[]): Promise<void> {
    for (const mail of arrived) await this.habits.react(mail);
  }

  private keep(mail: SimMail): void {
    this.mails.push(mail);
    if (this.mails.length > MAILS_MAX) this.mails.shift();
    this.options.watch.changed();
  }
}
