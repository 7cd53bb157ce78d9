import { MailFetcher } from '#channels';
import { Dovecot, hasDovecot } from './dovecot.js';
import { ImapMailbox } from './imap-mailbox.js';
import { ImapProxy } from './imap-proxy.js';
import { rawMail } from './raw-mail.js';
import { type Tenant, World } from './world.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Whatever happens between us and a mail server, and whoever else is at work in the mailbox: every mail comes in, once. */
(hasDovecot('fetching mail') ? describe : describe.skip)('mail fetched over IMAP', () => {
  let dovecot: Dovecot;
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let boxes = 0;
  let people = 0;

  beforeAll(async () => {
    dovecot = await Dovecot.start();
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
  });
  afterAll(async () => {
    await world.close();
    await dovecot.stop();
  });

  const somebody = () => `person${String(people++)}@mail.example`;
  const mailbox = (more: { port?: number; folders?: string[]; tenant?: Tenant; address?: string } = {}) =>
    ImapMailbox.connect(world, more.tenant ?? spaak, { dovecot, address: `box${String(boxes++)}@spaak.example`, ...more });
  const arrive = (
    box: ImapMailbox,
    text: string,
    more: { folder?: string; receivedAt?: Date; from?: string; messageId?: string | null } = {},
  ) => {
    const { folder, receivedAt, ...mail } = more;
    const bytes = rawMail({ from: somebody(), to: box.address, text, ...mail });
    return dovecot.deliver(box.address, bytes, { ...(folder ? { folder } : {}), ...(receivedAt ? { receivedAt } : {}) });
  };
  const proxied = async (work: (proxy: ImapProxy) => Promise<void>) => {
    const proxy = await ImapProxy.to(dovecot.port);
    try {
      await work(proxy);
    } finally {
      await proxy.close();
    }
  };

  it('comes in as a conversation, and leaves what lay there before where it was', async () => {
    const box = await (async () => {
      await dovecot.user('first@spaak.example', 'of first@spaak.example');
      const old = rawMail({ from: somebody(), text: 'From last year.' });
      await dovecot.deliver('first@spaak.example', old, { receivedAt: new Date(Date.now() - 365 * 86_400_000) });
      return mailbox({ address: 'first@spaak.example' });
    })();
    expect(await box.fetch()).toBe(0);
    const person = somebody();
    await arrive(box, 'Is my bike ready?', { from: person });
    expect(await box.fetch()).toBe(1);
    expect((await box.thread(person)).map(({ text }) => text.trim())).toEqual(['Is my bike ready?']);
    expect(await box.texts()).toEqual(['Is my bike ready?']);
    expect((await box.connection()).mailbox!.health).toMatchObject({
      error: null,
      lastSeenAt: expect.any(String) as string,
      lagSeconds: expect.any(Number) as number,
    });
    expect(await box.fetch()).toBe(0);
  });

  it('comes in from every folder that was chosen, and from no other', async () => {
    const box = await mailbox({ address: 'folders@spaak.example' });
    for (const folder of ['Orders', 'Returns/2026', 'Spam'])
      await arrive(box, `before, in ${folder}`, { folder: folder.replace('/', '.') });
    const answer = await spaak.owner.post('/api/connections/email', {
      address: box.address,
      imap: { url: dovecot.url(box.address, box.password) },
      folders: ['INBOX', 'Orders', 'Returns/2026'],
    });
    expect(answer.status).toBe(201);
    await box.fetch();
    await Promise.all(['INBOX', 'Orders', 'Returns.2026', 'Spam'].map((folder) => arrive(box, `in ${folder}`, { folder })));
    expect(await box.fetch()).toBe(3);
    expect((await box.texts()).filter((text) => text.startsWith('in ')).sort()).toEqual(['in INBOX', 'in Orders', 'in Returns.2026']);
    expect((await box.connection()).mailbox!.health.folders).toEqual(
      ['INBOX', 'Orders', 'Returns/2026'].map((path) => ({ path, lastSeenAt: expect.any(String) as string })),
    );
  });

  it('comes in whole and once though the line is cut in the middle of it, again and again', async () => {
    await proxied(async (proxy) => {
      const box = await mailbox({ port: proxy.port });
      await box.fetch();
      const large = 'word '.repeat(80 * KIB);
      for (const text of ['one', large, 'three']) await arrive(box, text);
      for (const cut of [3 * KIB, 250 * KIB, 399 * KIB]) {
        proxy.cutAfter(cut);
        await expect(box.fetch()).rejects.toMatchObject({ code: 'connection_lost', remedy: 'try_later' });
      }
      expect((await box.connection()).mailbox!.health.error).toMatchObject({ code: 'connection_lost', remedy: 'try_later' });
      proxy.cutAfter(null);
      await box.fetch();
      expect((await box.texts()).map((text) => text.length)).toEqual(['one', large.trim(), 'three'].map((text) => text.length));
      expect(await box.cursors()).toMatchObject([{ failing_tries: 0 }]);
      expect(await box.quarantined()).toEqual([]);
      expect((await box.connection()).mailbox!.health.error).toBeNull();
    });
  });

  it('comes in whole and once wherever the line is cut', async () => {
    await proxied(async (proxy) => {
      const box = await mailbox({ port: proxy.port });
      await box.fetch();
      const words = Array.from({ length: 12 }, (_, n) => `${String(n)} ${'word '.repeat(n * 40)}`.trim());
      for (const text of words) await arrive(box, text);
      let cut = 0;
      // Each line carries a little more than the one before, until one is long enough.
      for (let looks = 0; looks < 60; looks++) {
        cut += 457;
        proxy.cutAfter(cut);
        const isThrough = await box.fetch().then(
          () => true,
          () => false,
        );
        if (isThrough && (await box.texts()).length === words.length) break;
      }
      proxy.cutAfter(null);
      await box.fetch();
      expect(await box.texts()).toEqual(words);
      expect(await box.quarantined()).toEqual([]);
    });
  });

  it('goes past a mail that can never be fetched, which stands aside with its header where people see it', async () => {
    await proxied(async (proxy) => {
      const box = await mailbox({ port: proxy.port });
      await box.fetch();
      for (const text of ['before', 'x '.repeat(200 * KIB), 'after']) await arrive(box, text);
      proxy.cutAfter(100 * KIB);
      let looks = 0;
      while ((await box.texts()).length < 2 && looks++ < 10) await box.fetch().catch(() => world.drain());
      expect(await box.texts()).toEqual(['before', 'after']);
      expect(await box.quarantined()).toEqual([{ problem: 'not_fetched', head: expect.stringMatching(/^From: person\d+@/) as string }]);
      // Three tries, one with the header in hand, and one for what came behind.
      expect(looks).toBeLessThanOrEqual(6);
      proxy.cutAfter(null);
      expect(await box.fetch()).toBe(0);
    });
  });

  it('keeps the header of a mail that is larger than any mail may be, and says so', async () => {
    const box = await mailbox();
    await box.fetch();
    await arrive(box, '0123456789abcde\n'.repeat(51 * 64 * KIB));
    await arrive(box, 'An ordinary one.');
    await box.fetch();
    expect(await box.texts()).toEqual(['An ordinary one.']);
    expect(await box.quarantined()).toEqual([
      { problem: 'too_large', head: expect.stringMatching(/^From: person\d+@.*\r\n\r\n$/s) as string },
    ]);
  });

  it('brings a mail of many chunks in byte by byte', async () => {
    const box = await mailbox();
    await box.fetch();
    for (const length of [512 * KIB, 512 * KIB - 1, 512 * KIB + 1, 2 * MIB]) {
      const mail = rawMail({ from: somebody(), to: box.address });
      const exact = Buffer.concat([mail, Buffer.alloc(length - mail.length - 2, 'y'), Buffer.from('\r\n')]);
      await dovecot.deliver(box.address, exact);
      await world.get(MailFetcher).look(box.key);
      const [row] = await world.rows<{ bytes: number }>('select body_bytes as bytes from delivery where connection_id = $1', [
        box.connectionId,
      ]);
      expect(row).toEqual({ bytes: exact.length });
      await world.drain();
    }
    expect(await box.texts()).toHaveLength(4);
  });

  it('is looked through once more when the server has numbered its mails anew: nothing twice, nothing lost, nothing from before', async () => {
    await dovecot.user('renumbered@spaak.example', 'of renumbered@spaak.example');
    for (let n = 0; n < 3; n++) {
      const old = rawMail({ from: somebody(), text: 'From before.' });
      await dovecot.deliver('renumbered@spaak.example', old, { receivedAt: new Date(Date.now() - 9 * 86_400_000) });
    }
    const box = await mailbox({ address: 'renumbered@spaak.example' });
    await box.fetch();
    for (const text of ['one', 'two']) await arrive(box, text);
    await arrive(box, 'no id', { messageId: null });
    await box.fetch();
    const [before] = await box.cursors();
    await arrive(box, 'meanwhile');
    await dovecot.renumber(box.address);
    await box.fetch();
    expect((await box.texts()).sort()).toEqual(['meanwhile', 'no id', 'one', 'two']);
    const [after] = await box.cursors();
    expect(after!.uid_validity).not.toBe(before!.uid_validity);
    await arrive(box, 'after');
    expect(await box.fetch()).toBe(1);
    expect(await box.texts()).toHaveLength(5);
  });

  it('is looked through once more by a server that by chance says the same validity, and has lower numbers', async () => {
    const box = await mailbox();
    await box.fetch();
    await arrive(box, 'one');
    await box.fetch();
    await world.rows('update mail_folder set last_uid = 1000 where connection_id = $1', [box.connectionId]);
    await arrive(box, 'two');
    await box.fetch();
    expect(await box.texts()).toEqual(['one', 'two']);
  });

  it('minds neither what others expunge nor what they have read before us', async () => {
    const box = await mailbox();
    await box.fetch();
    for (const text of ['one', 'two', 'three', 'four']) await arrive(box, text);
    await dovecot.admin(['expunge'], box.address, 'mailbox', 'INBOX', 'uid', '2');
    await dovecot.admin(['flags', 'add'], box.address, '\\Seen', 'mailbox', 'INBOX', 'uid', '3:4');
    await box.fetch();
    expect(await box.texts()).toEqual(['one', 'three', 'four']);
    await dovecot.admin(['expunge'], box.address, 'mailbox', 'INBOX', 'all');
    expect(await box.fetch()).toBe(0);
    await arrive(box, 'five');
    expect(await box.fetch()).toBe(1);
  });

  it('leaves every mark in the mailbox as it was: a mail that nobody has read stays unread', async () => {
    const box = await mailbox();
    for (const text of ['one', 'two', 'three']) await arrive(box, text);
    await dovecot.admin(['flags', 'add'], box.address, '\\Seen \\Flagged', 'mailbox', 'INBOX', 'uid', '2');
    const marks = (await dovecot.flags(box.address)).map((line) => line.replace(/ ?\\Recent ?/, ''));
    await box.fetch();
    await box.fetch();
    expect((await dovecot.flags(box.address)).map((line) => line.replace(/ ?\\Recent ?/, ''))).toEqual(marks);
    expect(marks.filter((line) => line.includes('Seen'))).toHaveLength(1);
  });

  it('is one message when it lies in two folders', async () => {
    const box = await mailbox({ folders: ['INBOX'] });
    const person = somebody();
    const copy = rawMail({ from: person, to: box.address, text: 'In both.', messageId: '<both@mail.example>' });
    await dovecot.deliver(box.address, rawMail({ from: person, text: 'to make the folder' }), {
      folder: 'Copies',
      receivedAt: new Date(0),
    });
    await world.rows("update mailbox set folders = '{INBOX,Copies}' where connection_id = $1", [box.connectionId]);
    await box.fetch();
    for (const folder of ['INBOX', 'Copies']) await dovecot.deliver(box.address, copy, { folder });
    await box.fetch();
    expect(await box.texts()).toEqual(['In both.']);
    expect(await box.thread(person)).toHaveLength(1);
  });

  it('is not doubled when we are killed between keeping it and noting how far we are, before it was read or after', async () => {
    const box = await mailbox();
    await box.fetch();
    for (const text of ['one', 'two']) await arrive(box, text);
    const asKilled = () => world.rows('update mail_folder set last_uid = last_uid - 2 where connection_id = $1', [box.connectionId]);
    await world.get(MailFetcher).look(box.key);
    await asKilled();
    await world.get(MailFetcher).look(box.key);
    await world.drain();
    await asKilled();
    expect(await box.fetch()).toBe(2);
    expect(await box.texts()).toEqual(['one', 'two']);
  });

  it('costs the same to look for in a mailbox of a hundred thousand mails as in one of ten', async () => {
    await proxied(async (proxy) => {
      const cost = async (mails: number): Promise<{ commands: string[]; bytes: number }> => {
        const address = `mails${String(mails)}@spaak.example`;
        await dovecot.user(address, 'a password', 'mbox:~/mbox');
        await dovecot.fillMbox(address, mails);
        const url = dovecot.url(address, 'a password', proxy.port);
        const box = await ImapMailbox.connectTo(world, spaak, { address, password: 'a password', url });
        expect(await box.fetch()).toBe(0);
        proxy.forget();
        expect(await box.fetch()).toBe(0);
        const commands = proxy.commands.filter((command) => !/^[\w+/]+=*$/.test(command) || command === command.toUpperCase());
        return { commands: commands.map((command) => command.replace(/\d+/g, 'n')), bytes: proxy.bytes };
      };
      const few = await cost(10);
      const many = await cost(100_000);
      expect(many.commands).toEqual(few.commands);
      expect(many.commands.length).toBeLessThan(15);
      // The same words; only the numbers in them are longer.
      expect(many.bytes - few.bytes).toBeLessThan(200);
    });
  }, 120_000);

  it('waits longer when the server says that there are too many connections', async () => {
    await proxied(async (proxy) => {
      const box = await mailbox({ port: proxy.port });
      proxy.refuse('* BYE Too many simultaneous connections. (Failure)');
      await expect(box.fetch()).rejects.toMatchObject({ code: 'throttled', remedy: 'try_later', retryAfterMs: 300_000 });
      const { state, mailbox: facts } = await box.connection();
      expect({ state, error: facts!.health.error }).toMatchObject({ state: 'active', error: { code: 'throttled', remedy: 'try_later' } });
    });
  });

  it('breaks the connection when the password is no longer right, tells the admins once, and mends it by itself', async () => {
    const box = await mailbox();
    await box.fetch();
    await dovecot.user(box.address, 'another');
    for (let tries = 0; tries < 2; tries++) {
      await expect(world.get(MailFetcher).look(box.key)).rejects.toMatchObject({ code: 'sign_in_refused', remedy: 'reconnect' });
    }
    await world.drain();
    // The installation of this test has no outgoing mail of its own, and says so where it would have been sent.
    expect(world.log.lines.filter((line) => line.includes('admins_not_told') && line.includes(box.connectionId))).toHaveLength(1);
    const broken = await box.connection();
    expect(broken).toMatchObject({ state: 'needs_reconnecting', problem: expect.stringContaining('password') as string });
    expect(broken.mailbox!.health.error).toMatchObject({ code: 'sign_in_refused', remedy: 'reconnect' });
    const told = await world.rows("select 1 from feed_line where type = 'connection_changed' and connection_id = $1", [box.connectionId]);
    await arrive(box, 'while it was broken');
    await dovecot.user(box.address, box.password);
    await box.fetch();
    expect(await box.connection()).toMatchObject({ state: 'active', problem: null, mailbox: { health: { error: null } } });
    expect(await box.texts()).toEqual(['while it was broken']);
    await box.fetch();
    await box.fetch();
    const toldSince = await world.rows("select 1 from feed_line where type = 'connection_changed' and connection_id = $1", [
      box.connectionId,
    ]);
    expect(toldSince.length - told.length).toBe(1);
  });

  it('goes on in the other folders when one is gone, and says which is the matter until it is back', async () => {
    const box = await mailbox({ folders: ['INBOX'] });
    await arrive(box, 'to make the folder', { folder: 'Orders' });
    await world.rows("update mailbox set folders = '{INBOX,Orders}' where connection_id = $1", [box.connectionId]);
    await box.fetch();
    await dovecot.admin(['mailbox', 'delete'], box.address, 'Orders');
    await arrive(box, 'still in');
    await box.fetch();
    expect((await box.texts()).at(-1)).toBe('still in');
    expect(await box.connection()).toMatchObject({
      state: 'active',
      mailbox: { health: { error: { code: 'no_such_folder', remedy: 'give_up' } } },
    });
    await dovecot.admin(['mailbox', 'create'], box.address, 'Orders');
    await box.fetch();
    expect((await box.connection()).mailbox!.health.error).toBeNull();
  });

  it('of another tenant stays with that tenant', async () => {
    const ours = await mailbox();
    const theirs = await mailbox({ tenant: linden, address: 'tea@linden.example' });
    await ours.fetch();
    await theirs.fetch();
    const person = somebody();
    await arrive(theirs, 'About tea.', { from: person });
    await arrive(ours, 'About bikes.', { from: person });
    await Promise.all([ours, theirs].map((box) => world.get(MailFetcher).look(box.key)));
    await world.drain();
    expect(await ours.texts()).toEqual(['About bikes.']);
    expect(await theirs.texts()).toEqual(['About tea.']);
    expect((await ours.thread(person)).map(({ text }) => text.trim())).toEqual(['About bikes.']);
    expect((await theirs.thread(person)).map(({ text }) => text.trim())).toEqual(['About tea.']);
    await expect(world.get(MailFetcher).look({ ...theirs.key, tenantId: ours.key.tenantId })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is nowhere in the log: neither what it says, nor the password it is fetched with', async () => {
    const box = await mailbox();
    await arrive(box, 'Word-that-is-nowhere-else.');
    await box.fetch();
    await dovecot.user(box.address, 'another');
    await expect(box.fetch()).rejects.toThrow();
    const log = world.log.lines.join('\n');
    for (const secret of ['Word-that-is-nowhere-else', box.password, encodeURIComponent(box.password), box.address])
      expect(log).not.toContain(secret);
  });

  it('loses nothing in ten days of outage', async () => {
    const box = await mailbox();
    await box.fetch();
    const startedMs = world.clock.now().getTime();
    world.advance({ days: 10 });
    spaak.owner = await world.signIn(spaak.ownerEmail);
    const hours = Array.from({ length: 240 }, (_, hour) => hour);
    for (const hour of hours) await arrive(box, `hour ${String(hour)}`, { receivedAt: new Date(startedMs + hour * 3_600_000) });
    expect(await box.fetch()).toBe(240);
    expect(new Set(await box.texts())).toEqual(new Set(hours.map((hour) => `hour ${String(hour)}`)));
    expect((await box.connection()).mailbox!.health.lagSeconds).toBeLessThan(2 * 3_600);
  });
});
