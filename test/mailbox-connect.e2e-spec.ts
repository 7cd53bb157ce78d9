import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ConnectedMailbox, Connection, Doctor, DoctorLine } from '#contract';
import { hasDovecot, Dovecot } from './dovecot.js';
import { colleague } from './furnished.js';
import { connectMailbox } from './mailbox.js';
import { postMail } from './post-mail.js';
import { rawMail } from './raw-mail.js';
import { placesHolding, rowCounts } from './stores.js';
import { TestSmtp } from './test-smtp.js';
import { type Tenant, World } from './world.js';

interface Refused {
  error: { code: string; message: string; fields?: { path: string; message: string }[] };
}

const IMAP_PASSWORD = 'the-imap-password-7f3a';
const SMTP_PASSWORD = 'the-smtp-password-9c1b';
const isDovecotHere = hasDovecot('connecting a mailbox over IMAP');

/** Who connects a mailbox learns at once whether it works, in both directions, and what to do when it does not; its secrets are never seen again. */
describe('connecting a mailbox', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let smtp: TestSmtp;
  let silent: Server;
  const sockets: Socket[] = [];
  let mailboxes = 0;

  beforeAll(async () => {
    smtp = await TestSmtp.start({
      onAuth({ username, password }, _, done) {
        if (password === SMTP_PASSWORD) done(null, { user: username });
        else done(Object.assign(new Error('5.7.8 Authentication failed'), { responseCode: 535 }));
      },
    });
    // Takes every connection, and never says a word.
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(async () => {
    await world.close();
    await smtp.stop();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => silent.close(() => resolve()));
  });

  const newAddress = () => `box${String(mailboxes++)}@spaak.example`;
  const connect = <Body = ConnectedMailbox>(body: object, { owner }: Tenant = spaak) => owner.post<Body>('/api/connections/email', body);
  const refused = async (body: object) => {
    const before = await rowCounts(world);
    const answer = await connect<Refused>(body);
    expect(await rowCounts(world)).toEqual(before);
    expect(answer.status).toBe(422);
    return answer.body.error;
  };
  const connectionOf = async (id: string, { owner }: Tenant = spaak) =>
    (await owner.get<{ items: Connection[] }>('/api/connections')).body.items.find((connection) => connection.id === id);
  const sealed = async (id: string) =>
    (await world.rows<{ sealed_secrets: Buffer }>('select sealed_secrets from connection where id = $1', [id]))[0]!.sealed_secrets;

  describe('by the server it sends by', () => {
    it('is done when that server lets it in, as parts or as one address', async () => {
      const parts = { host: '127.0.0.1', port: smtp.port, security: 'none', user: 'anna@spaak.example', password: SMTP_PASSWORD };
      const one = await connect({ address: newAddress(), smtp: parts });
      expect(one).toMatchObject({ status: 201, body: { connection: { state: 'active', mailbox: { hasSmtp: true, inbound: 'raw' } } } });
      const other = await connect({ address: newAddress(), smtp: { url: smtp.url('anna@spaak.example', SMTP_PASSWORD) } });
      expect(other.status).toBe(201);
    });

    it('is refused, with nothing saved, when that server refuses the sign-in', async () => {
      const { code, fields } = await refused({ address: newAddress(), smtp: { url: smtp.url('anna', 'wrong-password') } });
      expect({ code, fields }).toMatchObject({ code: 'smtp_refused', fields: [{ path: 'smtp' }] });
      expect(fields![0]!.message).toContain('refused the sign-in');
    });

    it('is refused where nobody answers, says nothing, or is named like this', async () => {
      const at = (place: object) => refused({ address: newAddress(), smtp: { security: 'tls', user: 'a', password: 'b', ...place } });
      expect((await at({ host: '127.0.0.1', port: 1 })).message).toContain('cannot be reached');
      expect((await at({ host: '127.0.0.1', port: (silent.address() as AddressInfo).port })).message).toContain('outgoing');
      expect((await at({ host: 'mail.nowhere.example', port: 465 })).message).toContain('no mail server named mail.nowhere.example');
    }, 60_000);

    it('is refused without encryption, but on this very machine', async () => {
      const place = { host: 'mail.elsewhere.example', port: 25, security: 'none', user: 'a', password: 'b' };
      expect((await refused({ address: newAddress(), smtp: place })).message).toContain('TLS');
    });
  });

  it('is refused for a key that is none of the provider’s, before anything is tried', async () => {
    const wrong = [{ provider: 'mailgun' }, { provider: 'sendgrid', key: 'MFkw' }, { provider: 'ses', key: 'arn:aws:s3:::bucket' }];
    for (const inbound of [...wrong, { provider: 'postmark', key: 'short:word' }]) {
      const { code, fields } = await refused({ address: newAddress(), inbound });
      expect({ code, fields }).toMatchObject({ code: 'inbound_key_wrong', fields: [{ path: 'inbound.key' }] });
    }
  });

  it('gives the address to which a provider is to bring the mail, and the secret once', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const keys: Record<string, string | undefined> = {
      raw: undefined,
      postmark: undefined,
      mailgun: 'key-0123456789abcdef',
      sendgrid: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      ses: 'arn:aws:sns:eu-west-1:123456789012:mail',
    };
    for (const [provider, key] of Object.entries(keys)) {
      const { status, body } = await connect({ address: newAddress(), inbound: { provider, key } });
      expect({ status, inbound: body.connection.mailbox?.inbound }).toEqual({ status: 201, inbound: provider });
      const path = `/webhooks/email/${body.mailboxKey}`;
      expect(body.webhookPath).toBe(provider === 'raw' ? path : `${path}/${provider}`);
      if (provider === 'postmark') expect(body.inboundSecret).toMatch(/^omnidesk:.{32}$/);
      expect(JSON.stringify(await connectionOf(body.connection.id))).not.toContain(body.inboundSecret);
      for (const secret of [body.inboundSecret, key ?? body.inboundSecret]) expect(await placesHolding(world, secret)).toEqual([]);
    }
  });

  it('takes one way in, not two', async () => {
    const imap = { url: 'imap://a:b@127.0.0.1:143' };
    expect((await refused({ address: newAddress(), imap, inbound: { provider: 'raw' } })).code).toBe('one_way_in');
  });

  it('again gives it new secrets, and keeps its name, key, settings, conversations and place', async () => {
    const address = newAddress();
    const first = await connectMailbox(world, spaak, { address });
    const { body: named } = await connect({ address, name: 'Help desk', smtp: { url: world.simulator.smtpUrl } });
    await spaak.owner.patch(`/api/connections/${first.connectionId}/mailbox`, {
      signature: 'Bikes since 1921',
      forms: ['Form@Site.example'],
    });
    await postMail(world, { ...first, secret: named.inboundSecret }, rawMail({ from: 'anna@people.example', to: address }));
    await world.drain();
    const before = await sealed(first.connectionId);
    const { body } = await connect({ address: address.toUpperCase(), smtp: { url: smtp.url() } });
    expect(body).toMatchObject({
      mailboxKey: named.mailboxKey,
      connection: {
        id: first.connectionId,
        name: 'Help desk',
        mailbox: { settings: { signature: 'Bikes since 1921', forms: ['form@site.example'] } },
      },
    });
    expect(body.inboundSecret).not.toBe(named.inboundSecret);
    expect((await sealed(first.connectionId)).equals(before)).toBe(false);
    expect(await first.conversationIds('anna@people.example')).toHaveLength(1);
    await expect(postMail(world, { ...first, secret: named.inboundSecret }, rawMail({ from: 'b@b.example' }))).rejects.toThrow('401');
    await postMail(world, { ...first, secret: body.inboundSecret }, rawMail({ from: 'b@b.example', to: address }));
  });

  it('is refused for an address that another business has here, without naming it', async () => {
    const address = newAddress();
    await connectMailbox(world, spaak, { address });
    const answer = await connect<Refused>({ address, smtp: { url: smtp.url() } }, linden);
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'connected_elsewhere' } } });
    expect(JSON.stringify(answer.body)).not.toContain('Spaak');
  });

  it('is for those who manage connections, and of their own tenant', async () => {
    const mailbox = await connectMailbox(world, spaak, { address: newAddress() });
    const agent = await colleague(world, spaak.owner, { email: 'agent@spaak.example', name: 'Agent', role: 'agent' });
    const path = `/api/connections/${mailbox.connectionId}`;
    const routes: [string, string, object | undefined][] = [
      ['POST', '/api/connections/email', { address: newAddress() }],
      ['POST', '/api/connections/email/guess', { address: 'anna@gmail.com' }],
      ['POST', '/api/connections/email/folders', { imap: { url: 'imap://a:b@127.0.0.1:1' } }],
      ['PATCH', `${path}/mailbox`, { signature: 'mine' }],
      ['POST', `${path}/test-mail`, undefined],
    ];
    for (const [method, route, body] of routes) expect((await agent.request(method, route, body)).status).toBe(403);
    for (const [method, route, body] of routes.slice(3)) expect((await linden.owner.request(method, route, body)).status).toBe(404);
    expect((await connectionOf(mailbox.connectionId))?.mailbox?.settings.signature).toBe('');
    expect(await connectionOf(mailbox.connectionId, linden)).toBeUndefined();
  });

  it('lets its settings be changed one by one, and not those of a page', async () => {
    const { connectionId: id } = await connectMailbox(world, spaak, { address: newAddress() });
    const path = `/api/connections/${id}/mailbox`;
    const changes = [
      { signature: 'Spaak' },
      { autoReply: { on: true, text: 'We have it.' } },
      { plusAddressing: 'off' },
      { authservIds: ['MX.Spaak.example', 'mx.spaak.example'] },
      { trustedSealers: ['lists.example'], agentMail: true },
      {},
    ];
    for (const change of changes) expect((await spaak.owner.patch(path, change)).status).toBe(200);
    expect((await connectionOf(id))?.mailbox?.settings).toEqual({
      signature: 'Spaak',
      forms: [],
      plusAddressing: 'off',
      autoReply: { on: true, text: 'We have it.' },
      agentMail: true,
      authservIds: ['mx.spaak.example'],
      trustedSealers: ['lists.example'],
    });
    for (const wrong of [{ plusAddressing: 'maybe' }, { forms: ['nobody'] }, { trustedSealers: ['a b'] }]) {
      expect((await spaak.owner.patch(path, wrong)).status).toBe(400);
    }
    const page = await spaak.owner.patch(`/api/connections/${spaak.connectionId}/mailbox`, { signature: 'x' });
    expect(page).toMatchObject({ status: 422, body: { error: { code: 'not_a_mailbox' } } });
  });

  describe('by a test mail to itself', () => {
    const testMails = (address: string) => smtp.taken.filter(({ from, raw }) => from === address && raw.includes('Omnidesk test'));
    const connectForTest = async () => {
      const address = newAddress();
      const { body } = await connect({ address, smtp: { url: smtp.url() } });
      const mailbox = { webhookUrl: `${world.server.url}/webhooks/email/${body.mailboxKey}`, secret: body.inboundSecret };
      const id = body.connection.id;
      const comesBack = async (raw: string, ...above: string[]) => {
        await postMail(world, mailbox, Buffer.from([...above, raw].join('\r\n')));
        await world.drain();
      };
      return { address, id, comesBack, mailboxOf: async () => (await connectionOf(id))!.mailbox! };
    };

    it('finds out by itself that plus addresses work, and who vouches for its mail; no conversation comes of it', async () => {
      const { address, comesBack, mailboxOf } = await connectForTest();
      expect((await mailboxOf()).plusAddressingWorks).toBeNull();
      world.advance({ minutes: 3 });
      await world.drain();
      const [bare, plus, ...more] = testMails(address);
      expect({ bare: bare!.to, more }).toEqual({ bare: [address], more: [] });
      expect(plus!.to[0]).toMatch(/^box\d+\+tp[0-9a-f]{32}@spaak\.example$/);
      const conversations = await world.rows('select 1 from conversation');
      await comesBack(bare!.raw, 'Authentication-Results: mx.spaak.example; dkim=none', 'Received: from a by mx.spaak.example; now');
      expect(await mailboxOf()).toMatchObject({ plusAddressingWorks: null, settings: { authservIds: ['mx.spaak.example'] } });
      await comesBack(plus!.raw, 'Authentication-Results: mx.spaak.example; dkim=none', 'Received: from a by mx.spaak.example; now');
      expect(await mailboxOf()).toMatchObject({ plusAddressingWorks: true, settings: { authservIds: ['mx.spaak.example'] } });
      expect(await world.rows('select 1 from conversation')).toEqual(conversations);
      expect(await world.rows('select 1 from delivery')).toEqual([]);
    });

    it('learns nothing a second time from a copy, nor from a former test, nor from one that is a day old', async () => {
      const { id, address, comesBack, mailboxOf } = await connectForTest();
      const forged = ['Authentication-Results: forged.example; dmarc=pass', 'Received: from a by b; now'];
      await spaak.owner.post(`/api/connections/${id}/test-mail`, undefined);
      const [former] = testMails(address);
      await spaak.owner.post(`/api/connections/${id}/test-mail`, undefined);
      const [bare, plus] = testMails(address).slice(2);
      await comesBack(former!.raw, ...forged);
      await comesBack(bare!.raw, 'Received: from a by b; now');
      await comesBack(bare!.raw, ...forged);
      expect((await mailboxOf()).settings.authservIds).toEqual([]);
      world.advance({ hours: 25 });
      await comesBack(plus!.raw, ...forged);
      expect(await mailboxOf()).toMatchObject({ settings: { authservIds: [] } });
    });

    it('finds out that they do not work when only the other mail is back after half an hour', async () => {
      const { id, address, comesBack, mailboxOf } = await connectForTest();
      expect((await spaak.owner.post(`/api/connections/${id}/test-mail`, undefined)).status).toBe(202);
      await comesBack(testMails(address)[0]!.raw, 'Received: from a by b; now');
      world.advance({ minutes: 29 });
      await world.drain();
      expect((await mailboxOf()).plusAddressingWorks).toBeNull();
      world.advance({ minutes: 2 });
      await world.drain();
      expect((await mailboxOf()).plusAddressingWorks).toBe(false);
      // A mail may be late; that it came is stronger than that it had not.
      await comesBack(testMails(address)[1]!.raw, 'Received: from a by b; now');
      expect((await mailboxOf()).plusAddressingWorks).toBe(true);
    });

    it('concludes nothing when nothing came back at all', async () => {
      const { id, mailboxOf } = await connectForTest();
      await spaak.owner.post(`/api/connections/${id}/test-mail`, undefined);
      world.advance({ hours: 2 });
      await world.drain();
      expect((await mailboxOf()).plusAddressingWorks).toBeNull();
    });

    it('writes to the plain address alone where the admin knows better', async () => {
      const { id, address } = await connectForTest();
      await spaak.owner.patch(`/api/connections/${id}/mailbox`, { plusAddressing: 'off' });
      await spaak.owner.post(`/api/connections/${id}/test-mail`, undefined);
      expect(testMails(address).map(({ to }) => to)).toEqual([[address]]);
    });

    it('says so when the mail cannot be sent, and for what is no mailbox or is disconnected', async () => {
      const { body } = await connect({ address: newAddress() });
      const test = (id: string) => spaak.owner.post<Refused>(`/api/connections/${id}/test-mail`, undefined);
      expect(await test(body.connection.id)).toMatchObject({ status: 422, body: { error: { code: 'smtp_refused' } } });
      expect(await test(spaak.connectionId)).toMatchObject({ status: 422, body: { error: { code: 'not_a_mailbox' } } });
      await spaak.owner.delete(`/api/connections/${body.connection.id}`);
      expect(await test(body.connection.id)).toMatchObject({ status: 422, body: { error: { code: 'connection_gone' } } });
    });
  });

  describe('and asking the doctor', () => {
    const look = async (id: string): Promise<Record<string, DoctorLine>> => {
      const { body } = await spaak.owner.get<Doctor>(`/api/connections/${id}/doctor`);
      return Object.fromEntries(body.lines.map((line) => [line.check, line]));
    };

    it('says how far plus addresses are known to work, and what to press', async () => {
      const { connectionId: id } = await connectMailbox(world, spaak, { address: newAddress() });
      expect((await look(id))['plus_addressing']).toMatchObject({
        verdict: 'unknown',
        code: 'plus_unknown',
        remedy: { kind: 'self_test' },
      });
      await world.rows('update mailbox set plus_works = false where connection_id = $1', [id]);
      expect((await look(id))['plus_addressing']).toMatchObject({ verdict: 'warning', code: 'plus_fails' });
      await spaak.owner.patch(`/api/connections/${id}/mailbox`, { plusAddressing: 'on' });
      expect((await look(id))['plus_addressing']).toMatchObject({ verdict: 'bad', code: 'plus_fails' });
      await spaak.owner.patch(`/api/connections/${id}/mailbox`, { plusAddressing: 'off' });
      expect((await look(id))['plus_addressing']).toMatchObject({ verdict: 'good', code: 'plus_off' });
    });

    it('says of a mailbox that is fetched how that goes, with the remedy, until it goes well again', async () => {
      const { connectionId: id } = await connectMailbox(world, spaak, { address: newAddress() });
      const set = (sets: string, parameters: unknown[] = []) =>
        world.rows(`update mailbox set inbound = 'imap', ${sets} where connection_id = $1`, [id, ...parameters]);
      const minutesAgo = (minutes: number) => new Date(world.clock.now().getTime() - minutes * 60_000);
      const mailIn = async () => (await look(id))['mail_in'];
      await set('folders = $2', [['INBOX']]);
      expect(await mailIn()).toMatchObject({ verdict: 'warning', code: 'not_looked_yet' });
      await set('last_seen_at = $2, lag_seconds = 4', [minutesAgo(1)]);
      expect(await mailIn()).toMatchObject({ verdict: 'good', code: 'fetched' });
      await set('lag_seconds = 3000');
      expect(await mailIn()).toMatchObject({ verdict: 'warning', code: 'fetched_late' });
      await set('last_seen_at = $2', [minutesAgo(30)]);
      expect(await mailIn()).toMatchObject({ verdict: 'bad', code: 'not_fetched', remedy: { kind: 'operator' } });
      const error = "error_code = 'sign_in_refused', error_message = 'No.', error_at = $2, error_since = $3";
      await set(`${error}, error_remedy = 'reconnect'`, [minutesAgo(1), minutesAgo(2)]);
      expect(await mailIn()).toMatchObject({ verdict: 'bad', code: 'sign_in_refused', message: 'No.', remedy: { kind: 'reconnect' } });
      await set(`${error}, error_remedy = 'try_later'`, [minutesAgo(1), minutesAgo(2)]);
      expect(await mailIn()).toMatchObject({ verdict: 'warning', remedy: null });
      await set(`${error}, error_remedy = 'try_later'`, [minutesAgo(1), minutesAgo(90)]);
      expect(await mailIn()).toMatchObject({ verdict: 'bad' });
      expect((await connectionOf(id))?.mailbox?.health).toMatchObject({
        lagSeconds: 3000,
        error: { code: 'sign_in_refused', remedy: 'try_later' },
        folders: [{ path: 'INBOX', lastSeenAt: null }],
      });
    });

    it('shows the record that has to be published, and reads the domain’s own', async () => {
      world.simulator.dns.set('bikes.example', 'TXT', ['v=spf1 include:_spf.somewhere.example ~all']);
      world.simulator.dns.set('_dmarc.bikes.example', 'TXT', ['v=DMARC1; p=reject']);
      const { connectionId: id } = await connectMailbox(world, spaak, { address: 'help@bikes.example' });
      const { spf, dkim, dmarc } = await look(id);
      expect([spf?.code, dmarc?.code]).toEqual(['spf_found', 'dmarc_found']);
      const { dkim: own } = (await connectionOf(id))!.mailbox!;
      expect(dkim).toMatchObject({ verdict: 'warning', code: 'dkim_waiting', names: [own!.recordName, own!.recordValue] });
      expect(own!.recordName).toMatch(/\._domainkey\.bikes\.example$/);
      expect(own!.recordValue).toMatch(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/=]{300,}$/);
    });
  });

  (isDovecotHere ? describe : describe.skip)('by the server it is fetched from', () => {
    let dovecot: Dovecot;

    beforeAll(async () => {
      dovecot = await Dovecot.start();
    });
    afterAll(() => dovecot.stop());

    const account = async (address: string) => {
      await dovecot.user(address, IMAP_PASSWORD);
      await dovecot.deliver(address, rawMail({ from: 'old@people.example' }), { folder: 'Sales' });
      return { url: dovecot.url(address, IMAP_PASSWORD) };
    };

    it('lists its folders, and writes nothing', async () => {
      const address = newAddress();
      const imap = await account(address);
      const before = await rowCounts(world);
      const { status, body } = await spaak.owner.post<{ folders: object[] }>('/api/connections/email/folders', { imap });
      expect({ status, folders: body.folders }).toMatchObject({
        status: 200,
        folders: [{ path: 'INBOX' }, { path: 'Sales', messages: 1 }],
      });
      expect(await rowCounts(world)).toEqual(before);
      const wrong = await spaak.owner.post('/api/connections/email/folders', { imap: { url: dovecot.url(address, 'wrong') } });
      expect(wrong).toMatchObject({ status: 422, body: { error: { code: 'imap_refused', fields: [{ path: 'imap' }] } } });
    });

    it('is done when both servers let it in and its folders are there, and shows none of its secrets', async () => {
      const address = newAddress();
      const imap = await account(address);
      const wish = { address, imap, folders: ['inbox', 'Sales'], smtp: { url: smtp.url(address, SMTP_PASSWORD) } };
      const { status, body } = await connect(wish);
      expect({ status, body }).toMatchObject({
        status: 201,
        body: {
          webhookPath: null,
          connection: { state: 'active', mailbox: { inbound: 'imap', login: null, folders: ['inbox', 'Sales'], hasSmtp: true } },
        },
      });
      for (const secret of [IMAP_PASSWORD, SMTP_PASSWORD]) {
        expect(await placesHolding(world, secret)).toEqual([]);
        expect(JSON.stringify([body, await connectionOf(body.connection.id)])).not.toContain(secret);
      }
    });

    it('keeps the chosen folders when it is connected again without naming any', async () => {
      const address = newAddress();
      const imap = await account(address);
      await connect({ address, imap, folders: ['Sales'] });
      const { body } = await connect({ address, imap });
      expect(body.connection.mailbox?.folders).toEqual(['Sales']);
    });

    it('says of each direction what is wrong with it, at once', async () => {
      const address = newAddress();
      await account(address);
      const { code, fields } = await refused({
        address,
        imap: { url: dovecot.url(address, 'wrong') },
        smtp: { url: smtp.url(address, 'wrong') },
      });
      expect({ code, paths: fields!.map(({ path }) => path) }).toEqual({ code: 'imap_refused', paths: ['imap', 'smtp'] });
    });

    it('names the folder that is not there', async () => {
      const address = newAddress();
      const imap = await account(address);
      const { fields } = await refused({ address, imap, folders: ['INBOX', 'Purchases'] });
      expect(fields).toMatchObject([{ path: 'folders', message: expect.stringContaining('“Purchases”') as string }]);
    });
  });
});

/** Whoever may name a mail server must not get to see through us what stands beside us. */
describe('a mail server that a tenant names', () => {
  let world: World;
  let spaak: Tenant;
  let inside: Server;
  let knocks = 0;

  beforeAll(async () => {
    inside = createServer(() => (knocks += 1));
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    world = await World.open({ MAIL_HOSTS_TRUSTED: 'mail.trusted.example' });
    spaak = await world.tenant(0);
    const { dns } = world.simulator;
    dns.set('inside.evil.example', 'A', ['127.0.0.1']);
    dns.set('both.evil.example', 'A', ['203.0.113.5', '10.0.0.7']);
    dns.set('six.evil.example', 'AAAA', ['::1']);
    dns.set('mapped.evil.example', 'AAAA', ['::ffff:10.0.0.7']);
    dns.set('cloud.evil.example', 'A', ['169.254.169.254']);
  });
  afterAll(async () => {
    await world.close();
    await new Promise<void>((resolve) => inside.close(() => resolve()));
  });

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    'localhost',
    'localhost.',
    '0.0.0.0',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '10.0.0.7',
    '192.168.1.1',
    '169.254.169.254',
    'fd00::1',
    'fe80::1',
    '64:ff9b::7f00:1',
    'inside.evil.example',
    'both.evil.example',
    'six.evil.example',
    'mapped.evil.example',
    'cloud.evil.example',
  ])('is not reached at %s', async (host) => {
    const { port } = inside.address() as AddressInfo;
    const server = { host, port, security: 'tls', user: 'a', password: 'b' };
    const both = await spaak.owner.post<Refused>('/api/connections/email', { address: 'a@spaak.example', imap: server, smtp: server });
    expect(both.status).toBe(422);
    const said = both.body.error.fields!.map(({ message }) => message).join(' ');
    expect(said).toMatch(/private network|no mail server named|not the address of a mail server/);
    const folders = await spaak.owner.post('/api/connections/email/folders', { imap: server });
    expect(folders.status).toBe(422);
    expect(knocks).toBe(0);
    expect(await world.rows("select 1 from connection where channel = 'email'")).toEqual([]);
  });
});
