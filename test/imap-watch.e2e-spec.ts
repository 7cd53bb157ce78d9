import { MailFetcher } from '#channels';
import { startServer } from '../apps/standalone/server.js';
import { Dovecot, hasDovecot } from './dovecot.js';
import { ImapMailbox } from './imap-mailbox.js';
import { ImapProxy } from './imap-proxy.js';
import { until } from './killable-server.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

const SOON_MS = 15_000;
/** What agents were promised. */
const ON_SCREEN_MS_MAX = 5_000;

/** Mailboxes are watched without anybody’s doing: from when they are connected until they are not, through every failure. */
(hasDovecot('watching mailboxes') ? describe : describe.skip)('a watched mailbox', () => {
  let dovecot: Dovecot;
  let world: World;
  let spaak: Tenant;
  let proxy: ImapProxy;
  let boxes = 0;

  beforeAll(async () => {
    dovecot = await Dovecot.start();
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await world.tenant(0);
  });
  afterAll(async () => {
    await world.close();
    await dovecot.stop();
  });
  beforeEach(async () => {
    proxy = await ImapProxy.to(dovecot.port);
    inAHurry({ pollEveryMs: 60_000 });
  });
  afterEach(() => proxy.close());

  const inAHurry = (tempo: Partial<MailFetcher['tempo']>) => {
    const fetcher = world.get(MailFetcher);
    fetcher.tempo = {
      ...fetcher.tempo,
      listEveryMs: 50,
      answerMsMax: 500,
      restMsFirst: 50,
      restMsMax: 200,
      signInAgainMs: 3_600_000,
      ...tempo,
    };
  };
  const mailbox = (more: { folders?: string[] } = {}) =>
    ImapMailbox.connect(world, spaak, { dovecot, address: `watched${String(boxes++)}@spaak.example`, port: proxy.port, ...more });
  const arrive = (box: ImapMailbox, text: string, folder = 'INBOX') =>
    dovecot.deliver(box.address, rawMail({ from: 'somebody@mail.example', to: box.address, text }), { folder });
  const isIn = (box: ImapMailbox, text: string, timeoutMs = SOON_MS) =>
    until(`“${text}” is in`, timeoutMs, async () => (await box.texts()).includes(text));
  const isWatched = () => until('the server is asked to tell of news', SOON_MS, () => Promise.resolve(proxy.commands.at(-1) === 'IDLE'));
  const disconnect = (box: ImapMailbox) => spaak.owner.delete(`/api/connections/${box.connectionId}`);

  it('brings a new mail onto the screen within five seconds, told by the server long before the next look', async () => {
    const box = await mailbox();
    await isWatched();
    await arrive(box, 'Hello?');
    await isIn(box, 'Hello?', ON_SCREEN_MS_MAX);
    await isWatched();
    await arrive(box, 'Anybody there?');
    await isIn(box, 'Anybody there?', ON_SCREEN_MS_MAX);
  });

  it('is looked into in all its folders again and again, also where the server does not tell', async () => {
    inAHurry({ pollEveryMs: 200 });
    const box = await mailbox({ folders: ['INBOX'] });
    await arrive(box, 'makes the folder', 'Orders');
    await world.rows("update mailbox set folders = '{INBOX,Orders}' where connection_id = $1", [box.connectionId]);
    await until('both were seen', SOON_MS, async () => (await box.cursors()).length === 2);
    await arrive(box, 'An order.', 'Orders');
    await isIn(box, 'An order.');
  });

  it('is let go of within seconds when it is disconnected, and taken up again where it was left', async () => {
    const box = await mailbox();
    await isWatched();
    expect((await disconnect(box)).status).toBeLessThan(300);
    await until('the line is given up', SOON_MS, () => Promise.resolve(proxy.open === 0));
    await arrive(box, 'While disconnected.');
    const url = dovecot.url(box.address, box.password, proxy.port);
    expect((await spaak.owner.post('/api/connections/email', { address: box.address, imap: { url } })).status).toBe(201);
    await isIn(box, 'While disconnected.');
  });

  it('is opened anew when the line falls silent, though it stays open and nothing is said of an end', async () => {
    inAHurry({ pollEveryMs: 1_000 });
    const box = await mailbox();
    await isWatched();
    proxy.swallow();
    await arrive(box, 'Into the silence.');
    await isIn(box, 'Into the silence.');
    expect((await box.connection()).mailbox!.health.error).toBeNull();
  });

  it('comes through a restart of the mail server without alarming anybody', async () => {
    const box = await mailbox();
    await isWatched();
    const lines = () => world.rows("select 1 from feed_line where type = 'connection_changed' and connection_id = $1", [box.connectionId]);
    await until('it was seen', SOON_MS, async () => (await box.connection()).mailbox!.health.lastSeenAt !== null);
    const told = (await lines()).length;
    proxy.cutAll();
    await arrive(box, 'During the restart.');
    await isIn(box, 'During the restart.');
    expect((await lines()).length).toBe(told);
  });

  it('needs its people after two refusals, asks only each hour from then on, and mends by itself', async () => {
    const box = await mailbox();
    await isWatched();
    await dovecot.user(box.address, 'changed elsewhere');
    proxy.cutAll();
    await until('it needs reconnecting', SOON_MS, async () => (await box.connection()).state === 'needs_reconnecting');
    const tried = proxy.connections;
    await dovecot.user(box.address, box.password);
    expect(proxy.connections).toBe(tried);
    world.advance({ hours: 2 });
    await until('it is mended', SOON_MS, async () => (await box.connection()).state === 'active');
    await arrive(box, 'Mended.');
    await isIn(box, 'Mended.');
  });

  it('is tried at once when somebody enters the new password', async () => {
    const box = await mailbox();
    await isWatched();
    await dovecot.user(box.address, 'the new one');
    proxy.cutAll();
    await until('it needs reconnecting', SOON_MS, async () => (await box.connection()).state === 'needs_reconnecting');
    await arrive(box, 'Waiting.');
    const url = dovecot.url(box.address, 'the new one', proxy.port);
    expect((await spaak.owner.post('/api/connections/email', { address: box.address, imap: { url } })).status).toBe(201);
    await isIn(box, 'Waiting.');
    expect(await box.connection()).toMatchObject({ state: 'active', mailbox: { health: { error: null } } });
  });

  it('is watched by one process of the installation, and by the next when that one ends', async () => {
    const box = await mailbox();
    await isWatched();
    const other = await startServer({ config: world.config, databaseUrls: world.database.urls, clock: world.clock, log: world.log });
    try {
      await arrive(box, 'To the one.');
      await isIn(box, 'To the one.');
      expect(proxy.open).toBe(1);
      await world.get(MailFetcher).beforeApplicationShutdown();
      proxy.forget();
      await isWatched();
      await arrive(box, 'To the other.');
      await until('it waits in the log', SOON_MS, async () => {
        const [row] = await box.cursors();
        return row?.last_uid === '2';
      });
      await isIn(box, 'To the other.');
    } finally {
      await other.close();
    }
  });
});
