import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TakenMail {
  from: string;
  to: string[];
  raw: string;
}

/** A mail server to send by, on loopback, that takes whom it is told to. */
export class TestSmtp {
  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
    /** In the order in which they came. */
    readonly taken: readonly TakenMail[],
  ) {}

  static async start(options: SMTPServerOptions): Promise<TestSmtp> {
    const taken: TakenMail[] = [];
    const server = new SMTPServer({
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      authOptional: true,
      closeTimeout: 100,
      ...options,
      onData(stream, { envelope }, done) {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          taken.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(pieces).toString() });
          done();
        });
      },
    });
    // Who only looks whether we are here hangs up without a word.
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TestSmtp(server, (server.server.address() as AddressInfo).port, taken);
  }

  url(user?: string, password = ''): string {
    const signIn = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
    return `smtp://${signIn}127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
