import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A wire between a mail program and a server that can be watched, cut, and made to swallow what the server says. */
export class ImapProxy {
  /** Commands, without their tags and without what follows the verb and its first words. */
  readonly commands: string[] = [];
  bytes = 0;
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private cutAfterBytes: number | null = null;
  private refusal: string | null = null;
  private readonly silent = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async to(port: number): Promise<ImapProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new ImapProxy((server.address() as AddressInfo).port, server);
    server.on('connection', (socket) => proxy.join(socket, port));
    return proxy;
  }

  /** Cut each connection once the server has said so many bytes on it; null: no more. */
  cutAfter(bytes: number | null): void {
    this.cutAfterBytes = bytes;
  }

  /** From now on nothing the server says arrives on the lines that are open, and they stay open. */
  swallow(): void {
    for (const socket of this.sockets) this.silent.add(socket);
  }

  /** As a server that is restarted. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** How many lines are open. */
  get open(): number {
    return this.sockets.size / 2;
  }

  /** Greet with this line and hang up. */
  refuse(line: string | null): void {
    this.refusal = line;
  }

  forget(): void {
    this.commands.length = 0;
    this.bytes = 0;
    this.connections = 0;
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, port: number): void {
    this.connections++;
    if (this.refusal !== null) {
      near.on('error', () => undefined).end(`${this.refusal}\r\n`);
      return;
    }
    const far = connect(port, '127.0.0.1');
    let said = 0;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.silent.delete(socket);
        other.destroy();
      });
    }
    near.on('data', (data: Buffer) => {
      for (const line of data.toString('latin1').split('\r\n')) if (line !== '') this.commands.push(line.replace(/^[0-9A-Z]+ /, ''));
      far.write(data);
    });
    far.on('data', (data: Buffer) => {
      if (this.silent.has(near)) return;
      this.bytes += data.length;
      said += data.length;
      const isOver = this.cutAfterBytes !== null && said > this.cutAfterBytes;
      near.write(isOver ? data.subarray(0, Math.max(0, data.length - (said - this.cutAfterBytes!))) : data);
      if (isOver) near.destroySoon();
    });
  }
}
