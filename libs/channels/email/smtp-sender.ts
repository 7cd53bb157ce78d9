import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { MailNotSent, remedyForReply, remedyForSilence, type SmtpPhase } from './smtp-remedy.js';

/** How long each step may take. */
export interface SmtpTimeouts {
  connectMs: number;
  greetingMs: number;
  /** Without a byte from the server, between any two. RFC 5321 4.5.3.2 asks for patience at the verdict on the text. */
  silenceMs: number;
}

const TIMEOUTS: SmtpTimeouts = { connectMs: 15_000, greetingMs: 30_000, silenceMs: 120_000 };
/** One mail from beginning to end, however slowly the server drips. */
const SEND_MS_MAX = 10 * 60_000;
/** Connections kept open per server for the next mail. */
const IDLE_PER_URL_MAX = 3;
const IDLE_MS_MAX = 30_000;
/** Servers close connections that carried many mails; we do it first. */
const MAILS_PER_CONNECTION_MAX = 100;
const RESPONSE_CHARS_MAX = 500;

export interface MailToSend {
  /** `smtp://user:password@host:587` or `smtps://…:465`. */
  url: string;
  envelope: { from: string; to: string[] };
  raw: Buffer;
  timeouts?: Partial<SmtpTimeouts>;
}

export interface SentMail {
  accepted: string[];
  /** Recipients the server refused while it took the mail for others. */
  rejected: { address: string; code: number | null }[];
  /** The server's last line, at most 500 characters. */
  response: string;
}

export interface SmtpSenderOptions {
  /** Roots to trust besides the usual ones (PEM), for a relay with a certificate of its own. Checking is never switched off. */
  trustedCertificates?: string[];
  /** What we call ourselves; the machine's name by default. */
  name?: string;
}

interface Line {
  connection: SMTPConnection;
  sentCount: number;
  idleTimer: NodeJS.Timeout | null;
  /** It ended while nobody waited for it. */
  isBroken: boolean;
}

/**
 * Hands mails to SMTP servers.
 *
 * TLS is required and checked everywhere but on the loopback address, where the mail does not leave the machine. Nothing is repeated by
 * itself once the text began to flow: whether to send again is for the caller to decide, with the remedy in hand.
 */
export class SmtpSender {
  private readonly idle = new Map<string, Line[]>();
  private isClosed = false;

  constructor(private readonly options: SmtpSenderOptions = {}) {}

  /**
   * Send one mail.
   *
   * Limits   10 minutes in all
   * Errors   MailNotSent with a remedy; `unknown` means that it may have been sent
   */
  async send(mail: MailToSend): Promise<SentMail> {
    if (this.isClosed) throw new MailNotSent('try_later', 'sender_closed', 'connect', null);
    const kept = this.takeIdle(mail.url);
    if (kept !== null) {
      try {
        return await this.sendOn(kept, mail);
      } catch (error) {
        // The server hung up on a connection we kept, before anything was sent: the mail deserves a fresh one.
        if (!(error instanceof MailNotSent) || error.phase !== 'envelope' || error.response !== null) throw error;
      }
    }
    return this.sendOn(await this.connect(mail), mail);
  }

  /** Reach the server and sign in, and send nothing. Errors: MailNotSent. */
  async verify(url: string, timeouts: Partial<SmtpTimeouts> = {}): Promise<void> {
    if (this.isClosed) throw new MailNotSent('try_later', 'sender_closed', 'connect', null);
    this.hangUp(await this.connect({ url, timeouts }));
  }

  /** Close what is kept open. Mails under way end as they end. */
  close(): void {
    this.isClosed = true;
    for (const lines of this.idle.values()) for (const line of lines) this.hangUp(line);
    this.idle.clear();
  }

  private async connect(mail: Pick<MailToSend, 'url' | 'timeouts'>): Promise<Line> {
    const { host, port, secure, user, password } = parseSmtpUrl(mail.url);
    const timeouts = { ...TIMEOUTS, ...mail.timeouts };
    const isLoopback = LOOPBACK.test(host);
    const connection = new SMTPConnection({
      host,
      port,
      secure,
      requireTLS: !secure && !isLoopback,
      ignoreTLS: !secure && isLoopback,
      tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ca: [...rootCertificates, ...(this.options.trustedCertificates ?? [])] },
      connectionTimeout: timeouts.connectMs,
      greetingTimeout: timeouts.greetingMs,
      socketTimeout: timeouts.silenceMs,
      ...(this.options.name !== undefined && { name: this.options.name }),
      logger: false,
    });
    const line: Line = { connection, sentCount: 0, idleTimer: null, isBroken: false };
    const markBroken = (): void => {
      line.isBroken = true;
    };
    // Listening for good: an error nobody listens for would end the program, and servers hang up whenever they like.
    connection.on('error', markBroken);
    connection.on('end', markBroken);
    await within(timeouts.connectMs + timeouts.greetingMs, line, 'connect', (done) => {
      connection.connect((error) => done(error ?? null, undefined));
    });
    if (user !== '') {
      await within(timeouts.silenceMs, line, 'sign_in', (done) => {
        connection.login({ user, pass: password, credentials: { user, pass: password } }, (error) => done(error ?? null, undefined));
      });
    }
    return line;
  }

  private async sendOn(line: Line, mail: MailToSend): Promise<SentMail> {
    // Nodemailer reports every lost connection alike; what it has read of the text tells how far it was.
    const progress = { phase: 'envelope' as SmtpPhase };
    const text = textStream(mail.raw, progress);
    const info = await within(
      SEND_MS_MAX,
      line,
      () => progress.phase,
      (done: Done<Info>) => {
        line.connection.send({ from: mail.envelope.from, to: mail.envelope.to, size: mail.raw.length }, text, (error, sent) => {
          done(error ?? null, sent);
        });
      },
    );
    line.sentCount += 1;
    this.keep(mail.url, line);
    return {
      accepted: info.accepted.map(addressText),
      rejected: (info.rejectedErrors ?? []).map((error) => ({ address: error.recipient ?? '', code: error.responseCode ?? null })),
      response: info.response.slice(0, RESPONSE_CHARS_MAX),
    };
  }

  private takeIdle(url: string): Line | null {
    const line = this.idle.get(url)?.pop() ?? null;
    if (line?.idleTimer) clearTimeout(line.idleTimer);
    return line === null || line.isBroken ? null : line;
  }

  private keep(url: string, line: Line): void {
    const lines = this.idle.get(url) ?? [];
    if (this.isClosed || lines.length >= IDLE_PER_URL_MAX || line.sentCount >= MAILS_PER_CONNECTION_MAX) {
      this.hangUp(line);
      return;
    }
    line.idleTimer = setTimeout(() => {
      const left = (this.idle.get(url) ?? []).filter((other) => other !== line);
      if (left.length === 0) this.idle.delete(url);
      else this.idle.set(url, left);
      this.hangUp(line);
    }, IDLE_MS_MAX).unref();
    this.idle.set(url, [...lines, line]);
  }

  private hangUp(line: Line): void {
    if (line.idleTimer !== null) clearTimeout(line.idleTimer);
    line.connection.quit();
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

interface Info {
  accepted: (string | { address: string })[];
  rejectedErrors?: { recipient?: string; responseCode?: number }[];
  response: string;
}

type Done<T> = (error: Error | null, value: T) => void;

/** Wait for one step, with a limit, and put whatever goes wrong into words we act on. */
async function within<T>(msMax: number, line: Line, phase: SmtpPhase | (() => SmtpPhase), step: (done: Done<T>) => void): Promise<T> {
  const phaseNow = (): SmtpPhase => (typeof phase === 'function' ? phase() : phase);
  const { connection } = line;
  return new Promise<T>((resolve, reject) => {
    const fail = (error: Error): void => {
      settle();
      connection.close();
      reject(notSent(error, phaseNow()));
    };
    const timer = setTimeout(() => fail(Object.assign(new Error('time ran out'), { code: 'ETIMEDOUT' })), msMax);
    const onEnd = (): void => fail(Object.assign(new Error('connection ended'), { code: 'ECONNECTION' }));
    const settle = (): void => {
      clearTimeout(timer);
      connection.removeListener('error', fail);
      connection.removeListener('end', onEnd);
    };
    connection.once('error', fail);
    connection.once('end', onEnd);
    step((error, value) => {
      if (error !== null) fail(error);
      else {
        settle();
        resolve(value);
      }
    });
  });
}

interface SmtpError extends Error {
  code?: string;
  originalCode?: string;
  responseCode?: number;
  response?: string;
}

function notSent(error: SmtpError, phase: SmtpPhase): MailNotSent {
  const response = error.response?.slice(0, RESPONSE_CHARS_MAX) ?? null;
  const reply = error.responseCode ?? 0;
  // Before the reply: a server without STARTTLS answers 502 to it, and that is not the mail's fault.
  if ((error.code === 'ETLS' && (reply < 400 || reply >= 500)) || isCertificateError(error)) {
    return new MailNotSent('reconnect', 'tls_failed', phase, response);
  }
  if (reply >= 400) return new MailNotSent(remedyForReply(reply, phase), `smtp_${reply}`, phase, response);
  if (error.code === 'EAUTH') return new MailNotSent('reconnect', 'sign_in_failed', phase, response);
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return new MailNotSent('give_up', 'mail_refused', phase, response);
  const code = error.code === 'ETIMEDOUT' ? 'timed_out' : error.code === 'EDNS' ? 'host_unknown' : connectionCode(phase);
  return new MailNotSent(remedyForSilence(phase), code, phase, response);
}

function connectionCode(phase: SmtpPhase): string {
  return phase === 'connect' ? 'connection_failed' : 'connection_lost';
}

function isCertificateError(error: SmtpError): boolean {
  return /^(?:CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(error.originalCode ?? error.code ?? '');
}

/** The text, telling how far it was taken: reading begins when the server said to go ahead, and ends with the final dot. */
function textStream(raw: Buffer, progress: { phase: SmtpPhase }): Readable {
  let position = 0;
  return new Readable({
    highWaterMark: TEXT_CHUNK_BYTES,
    read() {
      progress.phase = position >= raw.length ? 'verdict' : 'data';
      const chunk = raw.subarray(position, position + TEXT_CHUNK_BYTES);
      position += chunk.length;
      if (position >= raw.length) progress.phase = 'verdict';
      this.push(chunk.length === 0 ? null : chunk);
    },
  });
}

const TEXT_CHUNK_BYTES = 64 * 1024;

function addressText(address: string | { address: string }): string {
  return typeof address === 'string' ? address : address.address;
}

function parseSmtpUrl(text: string): { host: string; port: number; secure: boolean; user: string; password: string } {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isEscapedWell = !/%(?![0-9A-Fa-f]{2})/.test(text);
  // The address holds a password, so it is not repeated.
  if (url === null || !isEscapedWell || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw new MailNotSent('reconnect', 'bad_smtp_url', 'connect', null);
  }
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
