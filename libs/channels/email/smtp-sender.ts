import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { ChannelError } from '../channel.js';
import type { MailHost } from './mail-host.js';
import { notSent, RESPONSE_CHARS_MAX } from './smtp-failure.js';
import { MailNotSent, type SmtpPhase } from './smtp-remedy.js';
import { smtpKeyOf, type SmtpPlace, smtpPlaceOf, type SmtpServer, uncheckedHost } from './smtp-server.js';

export type { SmtpServer } from './smtp-server.js';

/** How long each step may take. */
export interface SmtpTimeouts {
  connectMs: number;
  greetingMs: number;
  /** Without a byte from the server, between any two. RFC 5321 4.5.3.2 asks for patience at the verdict on the text. */
  silenceMs: number;
  /** One mail from beginning to end, however slowly the server drips. */
  wholeMs: number;
}

const TIMEOUTS: SmtpTimeouts = { connectMs: 15_000, greetingMs: 30_000, silenceMs: 120_000, wholeMs: 10 * 60_000 };
/** Connections kept open per server for the next mail. */
const IDLE_PER_SERVER_MAX = 3;
const IDLE_MS_MAX = 30_000;
/** Servers close connections that carried many mails; we do it first. */
const MAILS_PER_CONNECTION_MAX = 100;

export type MailToSend = SmtpServer & {
  envelope: { from: string; to: string[] };
  raw: Buffer;
  timeouts?: Partial<SmtpTimeouts>;
};

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
  /** Find the address of a server, and say whether it may be reached. Without it every server may: the operator named it. Errors: ChannelError */
  findHost?: (host: string) => Promise<MailHost>;
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
    const kept = this.takeIdle(smtpKeyOf(mail));
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
  async verify(server: string | SmtpServer, timeouts: Partial<SmtpTimeouts> = {}): Promise<void> {
    if (this.isClosed) throw new MailNotSent('try_later', 'sender_closed', 'connect', null);
    this.hangUp(await this.connect({ ...(typeof server === 'string' ? { url: server } : server), timeouts }));
  }

  /** Close what is kept open. Mails under way end as they end. */
  close(): void {
    this.isClosed = true;
    for (const lines of this.idle.values()) for (const line of lines) this.hangUp(line);
    this.idle.clear();
  }

  private async connect(mail: SmtpServer & Pick<MailToSend, 'timeouts'>): Promise<Line> {
    const place = smtpPlaceOf(mail);
    const timeouts = { ...TIMEOUTS, ...mail.timeouts };
    const connection = new SMTPConnection(this.optionsFor(place, await this.hostOf(place.host), timeouts));
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
    if (place.user !== '') {
      await within(timeouts.silenceMs, line, 'sign_in', (done) => {
        connection.login(signInOf(place), (error) => done(error ?? null, undefined));
      });
    }
    return line;
  }

  private async hostOf(host: string): Promise<MailHost> {
    try {
      return await (this.options.findHost?.(host) ?? uncheckedHost(host));
    } catch (error) {
      if (error instanceof ChannelError) throw new MailNotSent(error.remedy, error.code, 'connect', null);
      throw error;
    }
  }

  private optionsFor(
    { port, secure }: SmtpPlace,
    { address, servername, isLoopback }: MailHost,
    timeouts: SmtpTimeouts,
  ): SMTPConnection.Options {
    return {
      host: address,
      port,
      secure,
      requireTLS: !secure && !isLoopback,
      ignoreTLS: !secure && isLoopback,
      tls: {
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ca: [...rootCertificates, ...(this.options.trustedCertificates ?? [])],
        ...(servername !== null && { servername }),
      },
      connectionTimeout: timeouts.connectMs,
      greetingTimeout: timeouts.greetingMs,
      socketTimeout: timeouts.silenceMs,
      ...(this.options.name !== undefined && { name: this.options.name }),
      logger: false,
    };
  }

  private async sendOn(line: Line, mail: MailToSend): Promise<SentMail> {
    // Nodemailer reports every lost connection alike; what it has read of the text tells how far it was.
    const progress = { phase: 'envelope' as SmtpPhase };
    const text = textStream(mail.raw, progress);
    const info = await within(
      mail.timeouts?.wholeMs ?? TIMEOUTS.wholeMs,
      line,
      () => progress.phase,
      (done: Done<Info>) => {
        line.connection.send({ from: mail.envelope.from, to: mail.envelope.to, size: mail.raw.length }, text, (error, sent) => {
          done(error ?? null, sent);
        });
      },
    );
    line.sentCount += 1;
    this.keep(smtpKeyOf(mail), line);
    return {
      accepted: info.accepted.map(addressText),
      rejected: (info.rejectedErrors ?? []).map((error) => ({ address: error.recipient ?? '', code: error.responseCode ?? null })),
      response: info.response.slice(0, RESPONSE_CHARS_MAX),
    };
  }

  private takeIdle(key: string): Line | null {
    const line = this.idle.get(key)?.pop() ?? null;
    if (line?.idleTimer) clearTimeout(line.idleTimer);
    return line === null || line.isBroken ? null : line;
  }

  private keep(key: string, line: Line): void {
    const lines = this.idle.get(key) ?? [];
    if (this.isClosed || lines.length >= IDLE_PER_SERVER_MAX || line.sentCount >= MAILS_PER_CONNECTION_MAX) {
      this.hangUp(line);
      return;
    }
    line.idleTimer = setTimeout(() => {
      const left = (this.idle.get(key) ?? []).filter((other) => other !== line);
      if (left.length === 0) this.idle.delete(key);
      else this.idle.set(key, left);
      this.hangUp(line);
    }, IDLE_MS_MAX).unref();
    this.idle.set(key, [...lines, line]);
  }

  private hangUp(line: Line): void {
    if (line.idleTimer !== null) clearTimeout(line.idleTimer);
    line.connection.quit();
  }
}

/** Source: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol for the form of a token's answer */
function signInOf({ user, secret }: SmtpPlace): object {
  if ('password' in secret) return { user, pass: secret.password, credentials: { user, pass: secret.password } };
  const { accessToken } = secret;
  return {
    user,
    method: 'XOAUTH2',
    oauth2: {
      getToken: (isRenewed: boolean, done: (error: Error | null, token?: string) => void) => {
        if (isRenewed) done(new Error('the token was refused'));
        else done(null, accessToken);
      },
      buildXOAuth2Token: (token: string) => Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`).toString('base64'),
    },
  };
}

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
    // A server that says 421 hangs up in the same breath, and what it said comes a moment after the end.
    const onEnd = (): void => void setImmediate(() => fail(Object.assign(new Error('connection ended'), { code: 'ECONNECTION' })));
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
