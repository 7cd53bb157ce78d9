import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
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

/** The customers' mail server: takes mail for any address, on loopback, without TLS or password. */
export class MailDoor {
  private readonly server: SMTPServer;
  private port = 0;

  constructor(
    private readonly faults: FaultDesk,
    private readonly accept: (raw: Buffer, envelope: MailEnvelope) => Promise<void>,
  ) {
    this.server = new SMTPServer({
      name: 'mail.example',
      banner: 'the customers of the simulator',
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      size: MAIL_BYTES_MAX,
      rejectOversized: true,
      maxRecipients: RECIPIENTS_MAX,
      maxClients: CLIENTS_MAX,
      socketTimeout: SOCKET_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      onRcptTo: (_address, _session, callback) => {
        callback(this.faults.forMail(['unknown_recipient']) === null ? null : refusal(550, '5.1.1 No such person here'));
      },
      onData: (stream, session, callback) => {
        this.take(stream, session).then(() => {
          callback(null, '2.0.0 Ok: kept');
        }, callback);
      },
    });
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    // A client that breaks off is its own affair; without a listener Node would end the process. A taken port rejects below.
    this.server.on('error', () => undefined);
    const listening = once(this.server.server, 'listening');
    this.server.listen(port, '127.0.0.1');
    await listening;
    this.port = (this.server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    if (stream.sizeExceeded) throw refusal(552, '5.3.4 Too large');
    const fault = this.faults.forMail(['busy', 'too_large', 'cut_after_accept']);
    if (fault === 'busy') throw refusal(451, '4.3.0 Busy, try again later');
    if (fault === 'too_large') throw refusal(552, '5.3.4 Too large');
    const { mailFrom, rcptTo } = session.envelope;
    await this.accept(Buffer.concat(chunks), { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) });
    if (fault === 'cut_after_accept') this.cut(session);
  }

  private cut(session: SMTPServerSession): void {
    for (const connection of this.server.connections) {
      if (connection.session === session) connection.close();
    }
  }
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
