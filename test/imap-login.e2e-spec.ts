import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionService, MailFetcher, MailTokens } from '#channels';
import { Database } from '#platform';
import { Dovecot, hasDovecot } from './dovecot.js';
import { ImapProxy } from './imap-proxy.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

const ADDRESS = 'help@spaak.example';

/** A provider that knows which tokens are good, tells its own mail server, and gives new ones. */
class Provider {
  good = 'first token';
  given = 0;
  readonly server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'POST') {
      this.given++;
      this.good = `token ${String(this.given)}`;
      response.end(JSON.stringify({ access_token: this.good, expires_in: 3600, token_type: 'Bearer' }));
      return;
    }
    const isGood = request.headers.authorization === `Bearer ${this.good}`;
    response.statusCode = isGood ? 200 : 401;
    response.end(JSON.stringify({ active: isGood ? 'yes' : 'no', email: ADDRESS }));
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }
}

/** A mailbox that its provider signs in is fetched with the provider's token, and with no password. */
(hasDovecot('signing in with a token') ? describe : describe.skip)('mail fetched with a provider’s token', () => {
  const provider = new Provider();
  let dovecot: Dovecot;
  let proxy: ImapProxy;
  let world: World;
  let spaak: Tenant;
  let key: Parameters<MailFetcher['look']>[0];

  beforeAll(async () => {
    const url = await provider.listen();
    dovecot = await Dovecot.start({ introspectionUrl: `${url}/about` });
    await dovecot.user(ADDRESS, 'never used');
    proxy = await ImapProxy.to(dovecot.port);
    world = await World.open({
      GOOGLE_CLIENT_ID: 'a client',
      GOOGLE_CLIENT_SECRET: 'its secret',
      GOOGLE_TOKEN_URL: `${url}/token`,
      GOOGLE_IMAP_URL: `imap://127.0.0.1:${String(proxy.port)}`,
    });
    spaak = await world.tenant(0);
    const connection = await world.get(ConnectionService).connect(spaak.id, {
      channel: 'email',
      externalId: ADDRESS,
      name: 'Help',
      secrets: {},
      routes: [{ kind: 'email-address', externalId: ADDRESS }],
    });
    key = { tenantId: spaak.id, connectionId: connection.id as typeof key.connectionId };
    await world.rows(
      "insert into mailbox (tenant_id, connection_id, inbound, login, folders) values ($1, $2, 'imap', 'google', '{INBOX}')",
      [spaak.id, connection.id],
    );
    const tokens = { accessToken: provider.good, refreshToken: 'a refresh token' };
    const accessExpiresAt = new Date(world.clock.now().getTime() + 3_600_000);
    await world
      .get(Database)
      .inTenant(spaak.id, (tx) =>
        world.get(MailTokens).keep(tx, key.connectionId, { provider: 'google', address: ADDRESS, tokens, accessExpiresAt }),
      );
  });
  afterAll(async () => {
    await world.close();
    await proxy.close();
    await dovecot.stop();
    await new Promise((resolve) => provider.server.close(resolve));
  });

  const texts = async () =>
    (await world.rows<{ text: string }>('select text from message order by created_at')).map(({ text }) => text.trim());
  const arrive = (text: string) => dovecot.deliver(ADDRESS, rawMail({ from: 'somebody@mail.example', to: ADDRESS, text }));

  it('says who it is and shows the token, in the one form that the provider takes', async () => {
    await arrive('With the first.');
    await world.get(MailFetcher).look(key);
    await world.drain();
    expect(await texts()).toEqual(['With the first.']);
    const said = proxy.commands.find((command) => command.startsWith('AUTHENTICATE XOAUTH2'))!;
    expect(Buffer.from(said.split(' ')[2]!, 'base64').toString()).toBe(`user=${ADDRESS}\x01auth=Bearer first token\x01\x01`);
  });

  it('asks for another token once when the server refuses one before its time', async () => {
    provider.good = 'nobody has this one';
    await arrive('With another.');
    await world.get(MailFetcher).look(key);
    await world.drain();
    expect(provider.given).toBe(1);
    expect(await texts()).toEqual(['With the first.', 'With another.']);
    await world.get(MailFetcher).look(key);
    expect(provider.given).toBe(1);
  });
});
