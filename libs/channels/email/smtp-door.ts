import { isIPv6, type AddressInfo } from 'node:net';
import { GatheredBytes, isPublicAddress } from '#platform';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** Who says he sends, who is to get it, and where it came from. */
export interface DoorEnvelope {
  /** '' for the null sender of bounces. */
  mailFrom: string;
  /** The recipients that were accepted, at least one. */
  rcptTo: string[];
  remoteAddress: string;
  /** What the client calls itself. */
  helo: string;
}

export interface SmtpDoorOptions {
  /** `host:port`; `[::1]:2525` for IPv6; port 0 takes a free one. */
  listen: string;
  /** May mail for this address come in? Throwing means that it cannot be said now (451). */
  isKnownRecipient(address: string): Promise<boolean>;
  /** Keep one mail for all its recipients. Resolves only once it is durable: then the sender is told that it is ours. */
  accept(raw: Buffer, envelope: DoorEnvelope): Promise<void>;
  /** LMTP instead of SMTP, for a mail server of one's own in front of this door. */
  lmtp?: boolean;
  sizeBytesMax?: number;
  clientsMax?: number;
  /** Of one address on the internet; a mail server of one's own in front may use them all. */
  clientsPerAddressMax?: number;
  /** Whose clients are counted by address; by default whoever is on the internet. */
  isStranger?: (address: string) => boolean;
  /** One mail from its first byte to its last, however slowly the client drips. */
  receiveMsMax?: number;
  /** For STARTTLS; without it the door offers none. */
  tls?: { key: string; cert: string };
  /** Without a byte from the client. */
  silenceMsMax?: number;
  /** How long `accept` and `isKnownRecipient` may take before the client is told to try later. */
  answerMsMax?: number;
  /** What we call ourselves in the greeting; the machine's name by default. */
  name?: string;
  /** Told of what goes wrong here, without addresses or content. */
  onError?(error: Error): void;
}

export interface SmtpDoor {
  /** Where it listens: the port that was taken. */
  readonly host: string;
  readonly port: number;
  /** Take no new mail, let what is under way end, then close. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const SIZE_BYTES_MAX = 35 * MIB;
const CLIENTS_MAX = 100;
const CLIENTS_PER_ADDRESS_MAX = 10;
/** Enough for the largest mail over a slow line: 60 kB/s. */
const RECEIVE_MS_MAX = 10 * 60_000;
const SILENCE_MS_MAX = 60_000;
/** RFC 5321 4.5.3.2.6 lets clients wait 10 minutes for the verdict; ours comes before they lose patience. */
const ANSWER_MS_MAX = 60_000;
const CLOSE_MS_MAX = 5_000;
/** RFC 5321 4.5.3.1.8 asks for at least 100. */
const RECIPIENTS_MAX = 100;

/**
 * Open a door for inbound mail.
 *
 * A mail is answered 250 only after `accept` resolved. Everything that is our fault is answered 4xx, so that the sender keeps the mail and
 * comes again; everything that will not get better 5xx.
 *
 * Limits   35 MiB per mail (552 5.3.4), 10 minutes; 100 clients, 10 of one address (421); 100 recipients (452)
 * Errors   rejects when the address cannot be listened on
 * Source   RFC 5321, RFC 1870 (SIZE), RFC 2033 (LMTP), RFC 3463 (the codes)
 */
export async function startSmtpDoor(options: SmtpDoorOptions): Promise<SmtpDoor> {
  const { host, port } = parseListen(options.listen);
  const receiving = new Set<string>();
  const report = (error: Error): void => options.onError?.(error);

  const clientsFrom = (address: string): number =>
    [...server.connections].filter(({ session }) => session.remoteAddress === address).length;
  const hangUp = (sessionId: string): void => {
    for (const client of server.connections) {
      if (client.session.id !== sessionId) continue;
      client.send(421, 'This takes too long');
      client.close();
    }
  };
  const server: SMTPServer = new SMTPServer(serverOptions(options, { receiving, report, clientsFrom, hangUp }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  // Clients that break off are no failure of ours, but neither may they end the program.
  server.on('error', report);
  const address = server.server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Who is not handing over a mail has nothing to lose.
        for (const client of server.connections) if (!receiving.has(client.session.id)) client.send(421, 'Closing');
      }),
  };
}

interface DoorState {
  /** The sessions that are handing over a mail. */
  receiving: Set<string>;
  report: (error: Error) => void;
  clientsFrom: (address: string) => number;
  /** End a session in the midst of a mail. Nothing it sends from then on is read: the rest of a text must not become commands. */
  hangUp: (sessionId: string) => void;
}

/** The library's own form of what this door promises. */
function serverOptions(options: SmtpDoorOptions, { receiving, report, clientsFrom, hangUp }: DoorState): SMTPServerOptions {
  const sizeBytesMax = options.sizeBytesMax ?? SIZE_BYTES_MAX;
  const answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX;
  return {
    lmtp: options.lmtp ?? false,
    size: sizeBytesMax,
    rejectOversized: true,
    maxClients: options.clientsMax ?? CLIENTS_MAX,
    socketTimeout: options.silenceMsMax ?? SILENCE_MS_MAX,
    closeTimeout: CLOSE_MS_MAX,
    // This door takes mail for its own recipients from anyone, and relays for no one: there is nothing to sign in for.
    disabledCommands: options.tls === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    authOptional: true,
    // Looking up names would let a stranger's name server delay us.
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    ...(options.name !== undefined && { name: options.name }),
    ...options.tls,
    logger: false,

    // One stranger who opens connections and says nothing must not take the place of everybody else.
    onConnect(session, callback) {
      const own = clientsFrom(session.remoteAddress);
      if (
        (options.isStranger ?? isPublicAddress)(session.remoteAddress) &&
        own > (options.clientsPerAddressMax ?? CLIENTS_PER_ADDRESS_MAX)
      ) {
        callback(new Reply(421, 'Too many connections from your address'));
      } else callback(null);
    },

    onRcptTo(address, session, callback) {
      if (session.envelope.rcptTo.length >= RECIPIENTS_MAX) return callback(new Reply(452, 'Too many recipients'));
      limited(options.isKnownRecipient(address.address), answerMsMax).then(
        (isKnown) => callback(isKnown ? null : new Reply(550, 'No such mailbox here')),
        (error: unknown) => {
          report(asError(error));
          callback(new Reply(451, 'Cannot look that up now, try again later'));
        },
      );
    },

    onData(stream, session, callback) {
      receiving.add(session.id);
      const slow = setTimeout(() => hangUp(session.id), options.receiveMsMax ?? RECEIVE_MS_MAX);
      receive(stream, sizeBytesMax)
        .then(async (raw) => {
          if (raw === null) throw new Reply(552, 'Message exceeds the maximum size');
          await limited(options.accept(raw, envelopeOf(session)), answerMsMax);
        })
        .then(
          // One line for each recipient is what LMTP expects; SMTP takes the first.
          () => callback(null, options.lmtp === true ? session.envelope.rcptTo.map(() => 'Kept') : 'Kept'),
          (error: unknown) => {
            if (error instanceof Reply) return callback(error);
            report(asError(error));
            return callback(new Reply(451, 'Cannot keep this now, try again later'));
          },
        )
        .finally(() => {
          clearTimeout(slow);
          receiving.delete(session.id);
        });
    },
  };
}

/** The whole mail; null when it is larger than allowed, of which no more than that is ever held. */
async function receive(stream: SMTPServerDataStream, sizeBytesMax: number): Promise<Buffer | null> {
  let gathered: GatheredBytes | null = new GatheredBytes();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (gathered !== null && gathered.length + chunk.length <= sizeBytesMax) gathered.add(chunk);
    else gathered = null;
  }
  return gathered?.take() ?? null;
}

function envelopeOf(session: SMTPServerSession): DoorEnvelope {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    mailFrom: mailFrom === false ? '' : mailFrom.address,
    rcptTo: rcptTo.map(({ address }) => address),
    remoteAddress: session.remoteAddress,
    helo: session.hostNameAppearsAs,
  };
}

/** A promise of the caller's that must be kept in time. What it does after that is not waited for. */
async function limited<T>(work: Promise<T>, msMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${msMax} ms`)), msMax);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the client is told; the library puts the enhanced code of RFC 3463 before the text. */
class Reply extends Error {
  constructor(
    readonly responseCode: number,
    text: string,
  ) {
    super(text);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('something that is no error was thrown');
}

function parseListen(listen: string): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(listen.trim());
  const host = match?.[1]?.replace(/^\[|\]$/g, '') ?? '';
  const port = Number(match?.[2]);
  if (match === null || port > 65_535 || (listen.startsWith('[') && !isIPv6(host)))
    throw new Error(`Not an address to listen on: ${listen}`);
  return { host, port };
}
