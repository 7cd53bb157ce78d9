import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { FaultDesk } from './faults.js';

const MAIL_BYTES_MAX = 35 * 1024 * 1024;
const RECIPIENTS_MAX = 50;
const CLIENTS_MAX = 50;
const SOCKET_TIMEOUT_MS = 60_000;
/** How long a client may still talk when the simulator stops. */
const CLOSE_TIMEOUT_MS = 500;
const SEND_TIMEOUT_MS = 10_000;

export interface MailEnvelope {
  from: string;
  to: string[];
}

interface SmtpRefusal extends Error {
  responseCode?: number;
}

function refusal(responseCode: number, message: string): SmtpRefusal {
  return Object.assign(new Error(message), { responseCode });
}

/** The customers' mail server: takes mail for any address, on loopback, without TLS, with any password or none. */
export class MailDoor {
  private readonly sockets = new Set<Socket>();
  private readonly plain: SMTPServer;
  /** Offers TLS with a certificate that is good for nobody. */
  private readonly broken: SMTPServer;
  private readonly server: Server;
  private port = 0;

  constructor(
    private readonly faults: FaultDesk,
    private readonly accept: (raw: Buffer, envelope: MailEnvelope) => Promise<void>,
  ) {
    this.plain = this.makeServer(['STARTTLS']);
    this.broken = this.makeServer([]);
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      const isBroken = this.faults.forMail(['tls_failure']) !== null;
      (isBroken ? this.broken : this.plain).connect(socket, {});
    });
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    const listening = once(this.server, 'listening');
    this.server.listen(port, '127.0.0.1');
    await listening;
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Whoever still talks may finish a sentence, and is then cut off. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  }

  private makeServer(disabledCommands: string[]): SMTPServer {
    const server = new SMTPServer({
      name: 'mail.example',
      banner: 'the customers of the simulator',
      logger: false,
      disabledCommands,
      authOptional: true,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      size: MAIL_BYTES_MAX,
      rejectOversized: true,
      maxRecipients: RECIPIENTS_MAX,
      maxClients: CLIENTS_MAX,
      socketTimeout: SOCKET_TIMEOUT_MS,
      onAuth: ({ username = 'somebody' }, _session, callback) => {
        const isRefused = this.faults.forMail(['sign_in_refused']) !== null;
        callback(isRefused ? refusal(535, '5.7.8 Username and password not accepted') : null, { user: username });
      },
      onMailFrom: ({ address }, session, callback) => {
        later(this.slowMs(), () => {
          callback(this.refuseSender(address, session));
        });
      },
      onRcptTo: ({ address }, _session, callback) => {
        callback(RECIPIENT_REFUSALS[this.faults.forMail(['greylisted', 'unknown_recipient'], address) ?? ''] ?? null);
      },
      onData: (stream, session, callback) => {
        this.take(stream, session).then((isAnswered) => {
          if (isAnswered) callback(null, '2.0.0 Ok: kept');
        }, callback);
      },
    });
    // A client that breaks off is its own affair; without a listener Node would end the process.
    server.on('error', () => undefined);
    return server;
  }

  private slowMs(): number {
    return this.faults.forMail(['slow']) === null ? 0 : SLOW_MS;
  }

  private refuseSender(address: string, session: SMTPServerSession): SmtpRefusal | null {
    if (this.faults.forMail(['closing']) !== null) return refusal(421, '4.7.0 Too many connections, come back later');
    if (session.user === undefined && this.faults.forMail(['sign_in_refused']) !== null) return refusal(530, '5.7.0 Sign in first');
    const isPlus = /^[^@]*\+/.test(address);
    return isPlus && this.faults.forMail(['sender_refused']) !== null ? refusal(553, '5.7.1 This sender is not yours') : null;
  }

  /** Answers whether the client hears that it was kept. */
  private async take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<boolean> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    if (stream.sizeExceeded) throw refusal(552, '5.3.4 Too large');
    const { mailFrom, rcptTo } = session.envelope;
    const fault = this.faults.forMail(DATA_FAULTS, rcptTo[0]?.address);
    const refused = DATA_REFUSALS[fault ?? ''];
    if (refused !== undefined) throw refused;
    if (fault === 'hang_after_data') return false;
    if (fault !== 'drop_after_dot')
      await this.accept(Buffer.concat(chunks), { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) });
    if (fault === null) return true;
    this.cut(session);
    return false;
  }

  private cut(session: SMTPServerSession): void {
    for (const connection of [...this.plain.connections, ...this.broken.connections]) {
      if (connection.session === session) connection.close();
    }
  }
}

const SLOW_MS = 1500;
const RECIPIENT_REFUSALS: Record<string, SmtpRefusal> = {
  greylisted: refusal(450, '4.2.0 Greylisted, please try again later'),
  unknown_recipient: refusal(550, '5.1.1 No such person here'),
};
const DATA_REFUSALS: Record<string, SmtpRefusal> = {
  busy: refusal(451, '4.3.0 Busy, try again later'),
  too_large: refusal(552, '5.3.4 Too large'),
  rejected: refusal(554, '5.7.1 Rejected: this looks like advertising'),
};
const DATA_FAULTS = ['busy', 'too_large', 'rejected', 'hang_after_data', 'drop_after_dot', 'cut_after_accept'] as const;

function later(ms: number, act: () => void): void {
  if (ms === 0) act();
  else setTimeout(act, ms).unref();
}

/** Hands one mail to a server. Resolves with its answer, also when that is a refusal; rejects when there is none. */
export async function sendOverSmtp(url: string, envelope: MailEnvelope, raw: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const transport = createTransport({
    host: hostname,
    port: Number(port),
    secure: false,
    ignoreTLS: true,
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
  });
  try {
    const sent = await transport.sendMail({ envelope: { from: envelope.from, to: envelope.to }, raw });
    return sent.response;
  } catch (error) {
    if (error instanceof Error && 'response' in error && typeof error.response === 'string') return error.response;
    throw error;
  } finally {
    transport.close();
  }
}
