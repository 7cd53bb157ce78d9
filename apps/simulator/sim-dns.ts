/**
 * The DNS of the simulated world: what its mail domains say about themselves. Names that are not in it do not exist.
 *
 * Whoever runs the world may put any record there; that comes before what the domains say by themselves.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer, type Packet, type Question } from 'dns-packet';
import { answerOf, DNS_TYPES, readRecords, type DnsRecord, type DnsType } from './dns-records.js';
import type { FaultDesk } from './faults.js';

/** RFC 1035 4.1.1. */
const FORMAT_ERROR = 1;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;
const ALIASES_MAX = 8;
const ENTRIES_MAX = 10_000;

type Records = Partial<Record<DnsType, readonly DnsRecord<DnsType>[]>>;

/** As it lies on disk. */
export type SavedDns = [string, Records][];

/** What a domain says without anybody having entered it. Null: nothing, as far as this source knows. */
export type StandingRecords = (name: string) => Records | null;

export class SimDns {
  /** How many questions were asked, by name; for tests that count. */
  readonly asked = new Map<string, number>();
  private readonly entered = new Map<string, Records>();
  private readonly standing: StandingRecords[] = [];
  private socket: Socket | null = null;

  constructor(private readonly faults: FaultDesk) {}

  /** `host:port`, as the environment wants it. */
  get server(): string {
    return this.socket === null ? '' : `127.0.0.1:${String(this.socket.address().port)}`;
  }

  async listen(port: number): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('message', (packet, from) => {
      this.take(socket, packet, from);
    });
    const listening = once(socket, 'listening');
    socket.bind(port, '127.0.0.1');
    await listening;
    // What is sent to somebody who has gone comes back as an error; that is his affair.
    socket.on('error', () => undefined);
    this.socket = socket;
  }

  async close(): Promise<void> {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }

  /** One more who speaks for names. */
  speaksFor(records: StandingRecords): void {
    this.standing.push(records);
  }

  /** From now on the name says exactly this of this kind; an empty list: nothing, though the name exists. */
  set<Type extends DnsType>(name: string, type: Type, records: readonly DnsRecord<Type>[]): void {
    const key = name.toLowerCase();
    if (!this.entered.has(key) && this.entered.size >= ENTRIES_MAX) throw new Error('the simulated DNS is full');
    this.entered.set(key, { ...this.entered.get(key), [type]: readRecords(type, records) });
  }

  /** What was entered is gone: of this kind, or all of it. What the name says by itself counts again. */
  unset(name: string, type?: DnsType): void {
    const key = name.toLowerCase();
    const { [type ?? 'A']: _gone, ...rest } = this.entered.get(key) ?? {};
    if (type === undefined || Object.keys(rest).length === 0) this.entered.delete(key);
    else this.entered.set(key, rest);
  }

  /** Everything that was entered, as a restart must find it. */
  saved(): SavedDns {
    return [...this.entered];
  }

  restore(saved: SavedDns): void {
    for (const [name, records] of saved) this.entered.set(name, records);
  }

  /** What the name says, null when there is no such name. */
  private recordsOf(name: string): Records | null {
    const found = [...this.standing.map((records) => records(name)), this.entered.get(name)].filter(
      (one) => one !== null && one !== undefined,
    );
    if (found.length > 0) return Object.assign({}, ...found) as Records;
    // A name above one that exists exists too, and says nothing. Source: RFC 8020.
    const isAbove = [...this.entered.keys()].some((entered) => entered.endsWith(`.${name}`));
    return isAbove ? {} : null;
  }

  private take(socket: Socket, packet: Buffer, from: RemoteInfo): void {
    const answer = this.answerTo(packet);
    if (answer !== null) socket.send(encode(answer), from.port, from.address, () => undefined);
  }

  private answerTo(packet: Buffer): Packet | null {
    let query: Packet;
    try {
      query = decode(packet);
    } catch {
      return null; // not a question at all
    }
    const [question] = query.questions ?? [];
    if (question === undefined) return response(query, FORMAT_ERROR);
    const name = question.name.toLowerCase();
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    const fault = this.faults.forDns(name);
    if (fault === 'silence') return null;
    if (fault === 'servfail') return response(query, SERVER_FAILURE);
    const found = isKnownType(question.type) ? this.follow(question, question.type) : this.recordsOf(name) && [];
    return found === null ? response(query, NO_SUCH_NAME) : response(query, 0, found);
  }

  private follow({ name }: Question, type: DnsType): Answer[] | null {
    const answers: Answer[] = [];
    let at = name;
    for (let aliases = 0; aliases < ALIASES_MAX; aliases += 1) {
      const records = this.recordsOf(at.toLowerCase());
      if (records === null) return answers.length > 0 ? answers : null;
      answers.push(...(records[type] ?? []).map((record) => answerOf(at, type, record)));
      const [alias] = type === 'CNAME' || records[type] !== undefined ? [] : (records.CNAME ?? []);
      if (alias === undefined) return answers;
      answers.push(answerOf(at, 'CNAME', alias));
      at = alias as string;
    }
    return answers;
  }
}

function isKnownType(type: string): type is DnsType {
  return (DNS_TYPES as readonly string[]).includes(type);
}

function response(query: Packet, code: number, answers: Answer[] = []): Packet {
  return {
    type: 'response',
    ...(query.id === undefined ? {} : { id: query.id }),
    flags: AUTHORITATIVE_ANSWER | code,
    questions: query.questions ?? [],
    answers,
  };
}
