import { randomBytes } from 'node:crypto';
import { signInbound } from '#channels';
import type { ConnectedMailbox, ConversationRow, Message, Page } from '#contract';
import { DEMO_APP, type Simulator, startSimulator } from '../apps/simulator/index.js';
import { closePeers, realServer } from '../libs/channels/email/fixtures/smtp-peers.js';
import { ApiClient } from './api-client.js';
import { KillableServer, until } from './killable-server.js';
import { knock } from './knock.js';
import { rawMail } from './raw-mail.js';

/** A dead worker's jobs are free within a minute; a little more for two busy cores. */
const FREED_MS_MAX = 90_000;
const [TAKEN, NOT_TAKEN] = ['taken@mail.example', 'not-taken@mail.example'];
const HELP = 'help@spaak.example';

/** A mail that was under way when the server died goes out a second time only by an agent's word, and is the very same mail then. */
describe('kill -9 while a mail is being sent', () => {
  let simulator: Simulator;
  let server: KillableServer;
  let owner: ApiClient;
  let mailbox: ConnectedMailbox;
  const received: { to: string; raw: Buffer }[] = [];
  /** People for whom the mail server falls silent: before it has the mail, or after. */
  const silentFor = new Set<string>();
  let silences = 0;

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0, app: DEMO_APP, webhookUrl: null });
    server = await KillableServer.prepare(simulator.url, { DNS_SERVERS: simulator.dnsServer, MAIL_HOSTS_TRUSTED: '127.0.0.1' });
    await server.start();
    const { port } = await realServer({
      onRcptTo: ({ address }, _session, callback) => {
        if (address === NOT_TAKEN && silentFor.has(address)) silences++;
        else callback();
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo[0]!.address;
          received.push({ to, raw: Buffer.concat(chunks) });
          if (silentFor.has(to)) silences++;
          else callback();
        });
      },
    });
    owner = new ApiClient(server.url);
    const account = { email: 'owner@spaak.example', password: randomBytes(12).toString('hex') };
    expect((await owner.post('/api/setup', { tenantName: 'Spaak', name: 'Owner', ...account })).status).toBe(201);
    expect((await owner.post('/api/session', account)).status).toBe(200);
    const connected = await owner.post<ConnectedMailbox>('/api/connections/email', {
      address: HELP,
      smtp: { url: `smtp://127.0.0.1:${String(port)}` },
    });
    expect(connected.status).toBe(201);
    mailbox = connected.body;
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    await closePeers();
    await simulator.close();
  }, 60_000);

  const conversationOf = async (person: string) =>
    (await owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body.items.find(({ contact }) => contact.name === person)?.id;
  const last = async (id: string) => (await owner.get<Page<Message>>(`/api/conversations/${id}/messages?limit=100`)).body.items.at(-1)!;
  const got = (person: string) => received.filter(({ to }) => to === person);
  const messageIdOf = (raw: Buffer) => /^Message-ID:\s*(\S+)/im.exec(raw.toString('latin1'))![1];

  it('leaves it open whether it arrived, sends nothing by itself, and sends the same mail when asked to', async () => {
    for (const person of [TAKEN, NOT_TAKEN]) {
      const body = rawMail({ from: person, to: HELP });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = signInbound(body, mailbox.inboundSecret, timestamp);
      const headers = { 'content-type': 'message/rfc822', 'x-omnidesk-timestamp': timestamp, 'x-omnidesk-signature': signature };
      expect((await knock(`${server.url}${mailbox.webhookPath!}`, { body, headers })).status).toBe(200);
      silentFor.add(person);
    }
    await until(
      'both questions are read',
      30_000,
      async () => (await conversationOf(TAKEN)) !== undefined && (await conversationOf(NOT_TAKEN)) !== undefined,
    );
    const ids = [(await conversationOf(TAKEN))!, (await conversationOf(NOT_TAKEN))!];
    for (const id of ids) expect((await owner.post(`/api/conversations/${id}/replies`, { text: 'an answer' })).status).toBe(202);
    await until('both are under way', 30_000, () => Promise.resolve(silences === 2));
    await server.kill();
    silentFor.clear();
    await server.start();

    const stateOf = async (id: string) => (await last(id)).delivery?.state;
    await until('the agent is told', FREED_MS_MAX, async () => (await Promise.all(ids.map(stateOf))).every((state) => state === 'unknown'));
    expect([got(TAKEN).length, got(NOT_TAKEN).length]).toEqual([1, 0]);
    for (const id of ids) expect((await owner.post(`/api/messages/${(await last(id)).id}/resend`, {})).status).toBe(202);
    await until('both were sent', 30_000, async () => (await Promise.all(ids.map(stateOf))).every((state) => state === 'sent'));
    const [first, again] = got(TAKEN).map(({ raw }) => messageIdOf(raw));
    expect(again).toBe(first);
    expect([got(TAKEN).length, got(NOT_TAKEN).length]).toEqual([2, 1]);
  }, 240_000);
});
