import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectedMailbox } from '#contract';
import type { Simulator } from '../apps/simulator/index.js';
import { ApiClient } from '../test/api-client.js';
import { benchConfig, type Ground, openGround, withClient } from './ground.js';
import { HttpConnection } from './http-connection.js';
import { type ServerChild, startServerChild } from './server-child.js';

export const MAILBOX = 'help@spaak.example';

const CONNECTIONS = 16;
const TAKEN_IN_MS_MAX = 180_000;
const POLL_MS = 20;

/** A mail and whose it is: what one person wrote is posted one after the other. */
export interface MailToPost {
  person: string;
  raw: Buffer;
}

/** A server in a process of its own, with one tenant and one mailbox that is brought its mail. */
export class MailHouse {
  private constructor(
    readonly ground: Ground,
    readonly server: ServerChild,
    readonly owner: ApiClient,
    readonly mailbox: ConnectedMailbox,
  ) {}

  static async open(simulator: Simulator): Promise<MailHouse> {
    const ground = await openGround();
    try {
      const config = benchConfig(ground.dataDir, { DNS_SERVERS: simulator.dnsServer, MAIL_HOSTS_TRUSTED: '127.0.0.1' });
      const server = await startServerChild({ config, databaseUrls: ground.urls });
      try {
        const owner = new ApiClient(server.url.origin);
        const setup = { tenantName: 'Bench', name: 'Owner', email: 'owner@bench.example', password: 'a password for benches' };
        if ((await owner.post('/api/setup', setup)).status !== 201) throw new Error('the tenant could not be prepared');
        const connect = { address: MAILBOX, smtp: { url: simulator.smtpUrl } };
        const { status, body } = await owner.post<ConnectedMailbox>('/api/connections/email', connect);
        if (status !== 201) throw new Error(`the mailbox could not be connected: ${String(status)}`);
        return new MailHouse(ground, server, owner, body);
      } catch (error) {
        await server.close();
        throw error;
      }
    } catch (error) {
      await ground.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.ground.close();
  }

  async rows<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await withClient(this.ground.urls.owner, (client) => client.query<Row>(sql, parameters))).rows;
  }

  /** Post these and wait until each is a message or set aside. Answers the seconds it took. */
  async takeIn(mails: readonly MailToPost[]): Promise<number> {
    const startedAt = performance.now();
    await this.post(mails);
    await this.until('the mails were taken in', 'select 1 from delivery where quarantined_at is null limit 1');
    return (performance.now() - startedAt) / 1000;
  }

  /** Wait until this finds nothing any more. */
  async until(what: string, findsNothing: string): Promise<void> {
    await withClient(this.ground.urls.owner, async (client) => {
      const giveUpAt = performance.now() + TAKEN_IN_MS_MAX;
      while ((await client.query(findsNothing)).rows.length > 0) {
        if (performance.now() > giveUpAt) throw new Error(`it took too long until ${what}`);
        await pause(POLL_MS);
      }
    });
  }

  private async post(mails: readonly MailToPost[]): Promise<void> {
    const { url } = this.server;
    const lanes: MailToPost[][] = Array.from({ length: CONNECTIONS }, () => []);
    const laneOf = new Map<string, MailToPost[]>();
    for (const mail of mails) {
      const lane = laneOf.get(mail.person) ?? lanes[laneOf.size % CONNECTIONS]!;
      laneOf.set(mail.person, lane);
      lane.push(mail);
    }
    await Promise.all(
      lanes.map(async (lane) => {
        const connection = await HttpConnection.open(url);
        try {
          for (const { raw } of lane) {
            const status = await connection.send(this.request(raw));
            if (status !== 200) throw new Error(`a mail was answered with ${String(status)}`);
          }
        } finally {
          connection.close();
        }
      }),
    );
  }

  private request(raw: Buffer): Buffer {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', this.mailbox.inboundSecret).update(`${timestamp}.`).update(raw).digest('hex');
    const head = [
      `POST /webhooks/email/${this.mailbox.mailboxKey} HTTP/1.1`,
      `Host: ${this.server.url.host}`,
      'Content-Type: message/rfc822',
      `Content-Length: ${String(raw.length)}`,
      `X-Omnidesk-Timestamp: ${timestamp}`,
      `X-Omnidesk-Signature: sha256=${mac}`,
      '\r\n',
    ].join('\r\n');
    return Buffer.concat([Buffer.from(head, 'latin1'), raw]);
  }
}
