import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How this server differs from one that does as it should. */
export interface Oddities {
  /** What it says of every mail's size. */
  saysSize?: number;
  /** Answers with the whole mail whatever piece was asked for. */
  knowsNoPieces?: boolean;
  /** Gives no more than so much at once. */
  pieceBytesMax?: number;
  /** Has the mail, says OK, and gives nothing. */
  givesNothing?: boolean;
  /** Announces a literal of so many bytes. */
  announcesBytes?: number;
  /** Says so much between, that nobody asked for. */
  chatters?: boolean;
  /** Answers nothing after signing in but a byte now and then. */
  drips?: boolean;
  capability?: string;
}

/** Just enough of an IMAP server to be wrong in every way that is seen in the wild; holds one mail, with the number 7. */
export class OddImapServer {
  readonly said: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly mail: Buffer,
    private readonly odd: Oddities,
  ) {}

  static async start(mail: Buffer, odd: Oddities = {}, host = '127.0.0.1'): Promise<OddImapServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const started = new OddImapServer(server, mail, odd);
    server.on('connection', (socket) => started.greet(socket));
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private greet(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.write('* OK ready\r\n');
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString('latin1')).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) this.answer(socket, line);
    });
  }

  private answer(socket: Socket, line: string): void {
    const [tag = '', ...words] = line.split(' ');
    const command = words.join(' ');
    this.said.push(command);
    if (this.odd.drips && command.startsWith('EXAMINE')) {
      const timer = setInterval(() => socket.write(' '), 50);
      socket.on('close', () => clearInterval(timer));
      return;
    }
    if (this.odd.chatters) socket.write('* 1 FETCH (FLAGS (\\Seen) UID 3)\r\n* 5 EXISTS\r\n* OK still here\r\n');
    for (const part of this.answersTo(command)) socket.write(part);
    socket.write(`${tag} OK done\r\n`);
  }

  private answersTo(command: string): (string | Buffer)[] {
    if (command === 'CAPABILITY') return [`* CAPABILITY ${this.odd.capability ?? 'IMAP4rev1'}\r\n`];
    if (command.startsWith('LIST')) return ['* LIST () "/" INBOX\r\n'];
    if (command.startsWith('EXAMINE')) return ['* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 8] x\r\n* FLAGS ()\r\n'];
    if (command.startsWith('UID SEARCH')) return ['* SEARCH 7\r\n'];
    if (command.startsWith('UID FETCH')) return this.fetched(command);
    return [];
  }

  private fetched(command: string): (string | Buffer)[] {
    const { saysSize, knowsNoPieces, pieceBytesMax, givesNothing, announcesBytes } = this.odd;
    if (!command.includes('BODY.PEEK[]')) {
      return [`* 1 FETCH (UID 7 RFC822.SIZE ${String(saysSize ?? this.mail.length)} INTERNALDATE "03-Nov-2026 09:12:04 +0100")\r\n`];
    }
    if (givesNothing) return [];
    const [, start = '0', length = '0'] = /<(\d+)\.(\d+)>/.exec(command) ?? [];
    const from = knowsNoPieces ? 0 : Number(start);
    const piece = this.mail.subarray(from, knowsNoPieces ? undefined : from + Math.min(Number(length), pieceBytesMax ?? Infinity));
    const label = knowsNoPieces ? 'BODY[]' : `BODY[]<${start}>`;
    return [`* 1 FETCH (UID 7 ${label} {${String(announcesBytes ?? piece.length)}}\r\n`, piece, ')\r\n'];
  }
}
