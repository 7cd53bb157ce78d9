/** More at once looks like an attack to a provider, and counts against its limits. */
const CONNECTIONS_PER_HOST_MAX = 10;
const CONNECTIONS_MAX = 200;

/** Leave to hold one connection with a host. */
export interface ImapSlot {
  /** Aborts when somebody else waits for it: finish what you are at, and give it back. */
  wanted: AbortSignal;
  give: () => void;
}

interface Held {
  host: string;
  wanted: AbortController;
}

interface Waiting {
  host: string;
  admit: (slot: ImapSlot) => void;
}

/**
 * Who may hold a connection. While there are as many as are good, each mailbox keeps its own, and hears of news at once; beyond that they
 * take turns: for each that waits, the one that has held longest is asked to give way.
 */
export class ImapSlots {
  /** In the order they were taken. */
  private readonly held = new Set<Held>();
  private readonly waiting: Waiting[] = [];

  constructor(
    private readonly perHostMax = CONNECTIONS_PER_HOST_MAX,
    private readonly allMax = CONNECTIONS_MAX,
  ) {}

  /** Resolves when there is room, first come, first served. Errors: the signal's reason when it ends the waiting */
  async take(host: string, signal: AbortSignal): Promise<ImapSlot> {
    signal.throwIfAborted();
    if (this.hasRoom(host)) return this.admit(host);
    const { promise, resolve, reject } = Promise.withResolvers<ImapSlot>();
    const place: Waiting = { host, admit: resolve };
    const leave = (): void => {
      const at = this.waiting.indexOf(place);
      if (at !== -1) this.waiting.splice(at, 1);
      // Where it was given in the same moment, it is taken, and given back by who took it.
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.waiting.push(place);
    this.askSomebody(host);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** At once, before anybody else can ask. */
  private admit(host: string): ImapSlot {
    const held: Held = { host, wanted: new AbortController() };
    this.held.add(held);
    return {
      wanted: held.wanted.signal,
      give: () => {
        if (this.held.delete(held)) this.admitNext();
      },
    };
  }

  private askSomebody(host: string): void {
    const isHostFull = this.countOn(host) >= this.perHostMax;
    const longest = [...this.held].find((held) => (!isHostFull || held.host === host) && !held.wanted.signal.aborted);
    longest?.wanted.abort();
  }

  private admitNext(): void {
    const at = this.waiting.findIndex(({ host }) => this.hasRoom(host));
    if (at === -1) return;
    const [next] = this.waiting.splice(at, 1);
    next!.admit(this.admit(next!.host));
  }

  private hasRoom(host: string): boolean {
    return this.held.size < this.allMax && this.countOn(host) < this.perHostMax;
  }

  private countOn(host: string): number {
    return [...this.held].filter((held) => held.host === host).length;
  }
}
