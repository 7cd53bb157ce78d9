import { ImapFlow } from 'imapflow';
import { type Config, SECOND_MS } from '#platform';
import { ChannelError } from '../channel.js';
import type { ImapServer } from './imap-server.js';
import { imapTrouble, silentServer } from './imap-trouble.js';
import { type MailHost, resolveMailHost } from './mail-host.js';
import { MAIL_LIMITS } from './mail-limits.js';

const CONNECT_MS_MAX = 15 * SECOND_MS;
const GREETING_MS_MAX = 15 * SECOND_MS;
/** Connecting, turning to TLS and signing in together: a server may drip. */
const OPEN_MS_MAX = 45 * SECOND_MS;
/** Without a byte while an answer is due. */
const SILENCE_MS_MAX = 60 * SECOND_MS;
const GOODBYE_MS_MAX = 2 * SECOND_MS;
const MIB = 1024 * 1024;
/** One line of an answer: the numbers of a million mails fit. */
const LINE_BYTES_MAX = 16 * MIB;
/** A server that does not know of partial fetches answers with the whole mail. */
const LITERAL_BYTES_MAX = MAIL_LIMITS.bytesMax + MIB;
const ANSWER_BYTES_MAX = LITERAL_BYTES_MAX + LINE_BYTES_MAX;
const ANSWER_TOKENS_MAX = 200_000;

export type LineRules = Pick<Config, 'demo' | 'mailHostsTrusted' | 'dnsServers'>;

/**
 * One connection with an IMAP server, signed in. Every question has a time limit; what it runs into closes the connection, because nobody
 * knows what is still on its way. It is never opened again: a new connection is a new object.
 */
export class ImapLine {
  private constructor(readonly client: ImapFlow) {
    // Told to whoever waits for an answer; without a listener it would end the program.
    client.on('error', () => undefined);
  }

  /**
   * Connect and sign in.
   *
   * Shape    signal: closes it, whatever it is doing
   * Limits   45 s; TLS 1.2 or newer with a good certificate, and no encryption only on this very machine
   * Errors   ChannelError
   */
  static async open(server: ImapServer, rules: LineRules, signal?: AbortSignal): Promise<ImapLine> {
    const line = new ImapLine(new ImapFlow(optionsFor(server, await resolveMailHost(server.host, rules))));
    signal?.throwIfAborted();
    // Whoever is told to stop does not wait for a server's answer.
    signal?.addEventListener('abort', () => line.close(), { once: true });
    await line.ask(line.client.connect(), OPEN_MS_MAX);
    return line;
  }

  /** Wait for an answer, so long. Errors: ChannelError; then the connection is closed unless the server said a plain no. */
  async ask<T>(answer: Promise<T>, timeoutMs = SILENCE_MS_MAX): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(silentServer()), timeoutMs);
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      const trouble = imapTrouble(error);
      if (!isPlainNo(trouble)) this.close();
      throw trouble;
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.client.usable && !this.client.isClosed;
  }

  /** Say goodbye, so that the server does not count us for a while longer. Never throws. */
  async end(): Promise<void> {
    if (this.isOpen) await this.ask(this.client.logout(), GOODBYE_MS_MAX).catch(() => undefined);
    this.close();
  }

  close(): void {
    this.client.close();
  }
}

function isPlainNo({ code }: ChannelError): boolean {
  return code === 'no_such_folder' || code === 'server_confused';
}

function optionsFor({ port, security, user, secret }: ImapServer, { address, servername, isLoopback }: MailHost) {
  if (security === 'none' && !isLoopback) {
    throw new ChannelError('reconnect', 'tls_missing', 'Mail is fetched over encrypted connections only. Choose TLS or STARTTLS.');
  }
  return {
    host: address,
    port,
    ...(servername === null ? {} : { servername }),
    secure: security === 'tls',
    doSTARTTLS: security === 'starttls' && !isLoopback,
    tls: { minVersion: 'TLSv1.2' as const },
    auth: { user, ...('password' in secret ? { pass: secret.password } : { accessToken: secret.accessToken }) },
    clientInfo: { name: 'Omnidesk', version: false as const, vendor: false as const, 'support-url': false as const },
    logger: false as const,
    // A few bytes could become any number of them.
    disableCompression: true,
    disableAutoIdle: true,
    disableIMAP4rev2: true,
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: GREETING_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    maxLineLength: LINE_BYTES_MAX,
    maxLiteralSize: LITERAL_BYTES_MAX,
    maxResponseSize: ANSWER_BYTES_MAX,
    maxResponseTokens: ANSWER_TOKENS_MAX,
  };
}
