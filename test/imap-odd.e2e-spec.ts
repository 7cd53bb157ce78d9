import { networkInterfaces } from 'node:os';
import { ImapLine } from '../libs/channels/email/imap-line.js';
import { lookAtImap } from '../libs/channels/email/imap-look.js';
import { fetchMails, listMails, uidsIn } from '../libs/channels/email/imap-mail.js';
import { Dovecot, hasDovecot } from './dovecot.js';
import { type Oddities, OddImapServer } from './odd-imap-server.js';
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from './self-signed.js';

const KIB = 1024;
const NO_LONGER_MS = 1_000;
/** Long enough for a machine that is doing other things. */
const PATIENTLY_MS = 20_000;
const RULES = { demo: false, mailHostsTrusted: ['127.0.0.1'], dnsServers: [] };
const place = (port: number) => ({ host: '127.0.0.1', port, security: 'starttls' as const, user: 'help', secret: { password: 'secret' } });

/** Mail servers say wrong things; a mail that is fetched from one is whole, or is not called fetched. */
describe('a mail server that is wrong', () => {
  const mailOf = (bytes: number) => Buffer.alloc(bytes, 'Subject: 0123456789abcdef\r\n');
  const fetching = async <T>(mail: Buffer, odd: Oddities, work: (line: ImapLine) => Promise<T>): Promise<T> => {
    const server = await OddImapServer.start(mail, odd);
    try {
      const line = await ImapLine.open(place(server.port), RULES);
      try {
        await line.ask(line.client.mailboxOpen('INBOX', { readOnly: true }), odd.drips === true ? NO_LONGER_MS : PATIENTLY_MS);
        return await work(line);
      } finally {
        line.close();
      }
    } finally {
      await server.stop();
    }
  };
  const fetched = (mail: Buffer, odd: Oddities) =>
    fetching(mail, odd, async (line) => (await fetchMails(line, await listMails(line, [7]))).get(7));

  it.each<[string, Oddities]>([
    ['gives pieces as it should', {}],
    ['says that the mail is smaller than it is', { saysSize: 10 }],
    ['says that the mail is larger than it is', { saysSize: 9_000_000 }],
    ['knows of no pieces', { knowsNoPieces: true }],
    ['knows of no pieces and says a wrong size', { knowsNoPieces: true, saysSize: 9_000_000 }],
    ['gives smaller pieces than it was asked for', { pieceBytesMax: 60_000 }],
    ['talks of other things meanwhile', { chatters: true }],
  ])('%s: the mail comes whole', async (_what, odd) => {
    for (const bytes of [10, 300 * KIB, 512 * KIB, 1_300 * KIB]) {
      const mail = mailOf(bytes);
      const found = await fetched(mail, odd);
      expect(found !== undefined && 'bytes' in found && found.bytes.equals(mail)).toBe(true);
    }
  });

  it('answers a question for what is new with the last mail there is: that is not new', async () => {
    expect(await fetching(mailOf(10), {}, (line) => uidsIn(line, { from: 8, to: null }))).toEqual([]);
    expect(await fetching(mailOf(10), {}, (line) => uidsIn(line, { from: 7, to: null }))).toEqual([7]);
  });

  it('has a mail and gives nothing: that is a failure, never a mail without a word', async () => {
    await expect(fetched(mailOf(10), { givesNothing: true })).rejects.toMatchObject({ code: 'server_confused', remedy: 'try_later' });
  });

  it('says that a mail is larger than any may be, or sends one: not a byte more is taken', async () => {
    expect(await fetched(mailOf(10), { saysSize: 60_000_000 })).toEqual({ missing: 'too_large' });
    await expect(fetched(mailOf(10), { announcesBytes: 4_000_000_000 })).rejects.toMatchObject({ code: 'connection_lost' });
  });

  it('drips a byte now and then so that no silence is noticed: the question has its end all the same', async () => {
    await expect(fetched(mailOf(10), { drips: true })).rejects.toMatchObject({ code: 'connection_lost' });
  });

  it('offers no encryption: it is told neither who we are nor the password', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((found) => found?.family === 'IPv4' && !found.internal)?.address;
    if (address === undefined) {
      process.stderr.write(
        '\n\nSKIPPED, LOUDLY: this machine has no address but loopback, so that STARTTLS is demanded is not tested.\n\n',
      );
      return;
    }
    const server = await OddImapServer.start(mailOf(10), {}, address);
    try {
      const rules = { ...RULES, mailHostsTrusted: [address] };
      for (const security of ['starttls', 'none'] as const) {
        await expect(lookAtImap({ ...place(server.port), host: address, security }, rules)).rejects.toMatchObject({ code: 'tls_missing' });
      }
      expect(server.said.filter((command) => /LOGIN|AUTH|help|secret/.test(command))).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});

(hasDovecot('looking at a mail server') ? describe : describe.skip)('a look at a mail server', () => {
  it('refuses a certificate that nobody vouches for, before a password is said', async () => {
    const dovecot = await Dovecot.start({ tls: { key: SELF_SIGNED_KEY, certificate: SELF_SIGNED_CERTIFICATE } });
    try {
      await dovecot.user('help', 'secret');
      await expect(lookAtImap({ ...place(dovecot.port), security: 'tls' }, RULES)).rejects.toMatchObject({ code: 'certificate_wrong' });
    } finally {
      await dovecot.stop();
    }
  });

  it('says which folders there are, the inbox first, and which of those that are wanted is not', async () => {
    const dovecot = await Dovecot.start();
    try {
      await dovecot.user('help', 'secret');
      for (const folder of ['Orders', 'Gelöscht & mehr']) await dovecot.admin(['mailbox', 'create'], 'help', folder);
      await dovecot.deliver('help', Buffer.from('Subject: x\r\n\r\nx\r\n'));
      const folders = await lookAtImap(place(dovecot.port), RULES, ['Orders', 'Gelöscht & mehr']);
      expect(folders[0]).toEqual({ path: 'INBOX', use: 'inbox', messages: 1 });
      expect(folders.map(({ path }) => path).sort()).toEqual(['Gelöscht & mehr', 'INBOX', 'Orders']);
      await expect(lookAtImap(place(dovecot.port), RULES, ['Elsewhere'])).rejects.toMatchObject({ code: 'no_such_folder' });
      await expect(lookAtImap({ ...place(dovecot.port), secret: { password: 'wrong' } }, RULES)).rejects.toMatchObject({
        code: 'sign_in_refused',
      });
      await expect(lookAtImap({ ...place(dovecot.port), secret: { password: '' } }, RULES)).rejects.toMatchObject({
        code: 'sign_in_refused',
      });
    } finally {
      await dovecot.stop();
    }
  });
});
