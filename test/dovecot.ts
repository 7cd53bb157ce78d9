import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './killable-server.js';

const PROGRAM = '/usr/sbin/dovecot';
const ADMIN = '/usr/bin/doveadm';
const APT = '/usr/bin/apt-get';
const IMAP = '/usr/lib/dovecot/imap';
const INSTALL_MS_MAX = 5 * 60_000;
const READY_MS_MAX = 20_000;
const COMMAND_MS_MAX = 60_000;
const OUTPUT_CHARS_MAX = 20_000;
const SKIPPED = 'SKIPPED, LOUDLY: there is no Dovecot here and none could be installed (Debian: apt-get install dovecot-imapd), so';

const run = promisify(execFile);

/**
 * True when a real IMAP server can be started here; installs Debian's when we may. Otherwise says at the top of its voice what is not
 * tested: the caller skips, and the skipping is counted.
 */
export function hasDovecot(what: string): boolean {
  if (!isInstalled()) install();
  if (isInstalled()) return true;
  process.stderr.write(`\n\n${SKIPPED} ${what} is not tested.\n\n`);
  return false;
}

function isInstalled(): boolean {
  return [PROGRAM, ADMIN, IMAP].every((path) => existsSync(path));
}

function install(): void {
  if (process.geteuid?.() !== 0 || !existsSync('/etc/debian_version') || !existsSync(APT)) return;
  const options = { stdio: 'ignore' as const, timeout: INSTALL_MS_MAX, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    execFileSync(APT, ['update', '-q'], options);
    execFileSync(APT, ['install', '-y', '-q', '--no-install-recommends', 'dovecot-imapd'], options);
  } catch {
    // Whether it is there now is looked at next.
  }
}

export interface DovecotOptions {
  /** Offer nothing but TLS, with this key and certificate. */
  tls?: { key: string; certificate: string };
  /** Tokens are asked about here (XOAUTH2); then passwords are not taken. */
  introspectionUrl?: string;
  connectionsPerUserMax?: number;
}

/** A real IMAP server on loopback, with users and folders of its own; nothing of the machine's own configuration is used. */
export class Dovecot {
  private output = '';
  private mails = 0;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly owner: { uid: number; gid: number },
    private child: ChildProcess | undefined,
  ) {}

  static async start(options: DovecotOptions = {}): Promise<Dovecot> {
    const folder = await mkdtemp(join(tmpdir(), 'omnidesk-dovecot-'));
    // When this is root, mail belongs to nobody, who must get through.
    await chmod(folder, 0o755);
    const isRoot = process.geteuid?.() === 0;
    const owner = isRoot ? { uid: 65_534, gid: 65_534 } : { uid: process.getuid!(), gid: process.getgid!() };
    const dovecot = new Dovecot(folder, await freePort(), owner, undefined);
    await mkdir(join(folder, 'mail'));
    await chown(join(folder, 'mail'), owner.uid, owner.gid);
    await mkdir(join(folder, 'users'));
    await dovecot.configure(options, isRoot);
    await dovecot.launch();
    return dovecot;
  }

  /** Somebody with a mailbox; again, to give them another password. `location`: how Dovecot keeps it. */
  async user(name: string, password: string, location?: string): Promise<void> {
    const secret = Buffer.from(password).toString('base64');
    const { uid, gid } = this.owner;
    const line = `${name}:{PLAIN.b64}${secret}:${String(uid)}:${String(gid)}::${this.home(name)}::${location ? `userdb_mail=${location}` : ''}\n`;
    const path = join(this.folder, 'users', name);
    const isKnown = existsSync(path);
    await writeFile(`${path}.new`, line, { mode: 0o644 });
    await rename(`${path}.new`, path);
    await this.makeFolder(this.home(name));
    // Dovecot looks at most once a second whether a file has changed.
    if (isKnown) await until('the password is known', READY_MS_MAX, () => this.takes(name, password));
  }

  home(name: string): string {
    return join(this.folder, 'mail', name);
  }

  url(name: string, password: string, port = this.port): string {
    return `imap://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${String(port)}`;
  }

  /** Put a mail into a folder as a delivery agent does: whole or not at all. `receivedAt` is what the server will say it was. */
  async deliver(name: string, mail: Buffer, { folder = 'INBOX', receivedAt = new Date() } = {}): Promise<void> {
    const box = join(this.home(name), 'Maildir', ...(folder === 'INBOX' ? [] : [`.${folder}`]));
    for (const part of ['tmp', 'new', 'cur']) await this.makeFolder(join(box, part));
    const file = `${String(Math.floor(receivedAt.getTime() / 1000))}.M${String(this.mails++).padStart(8, '0')}.test`;
    const path = join(box, 'tmp', file);
    await writeFile(path, mail);
    await chown(path, this.owner.uid, this.owner.gid);
    await utimes(path, receivedAt, receivedAt);
    await rename(path, join(box, 'new', file));
  }

  /** Make somebody's inbox one large file (of a user whose location is an mbox there). */
  async fillMbox(name: string, mails: number): Promise<void> {
    const one = (n: number): string =>
      `From somebody@mail.example Tue Nov  3 09:12:04 2026\nFrom: somebody@mail.example\nSubject: ${String(n)}\nMessage-ID: <${String(n)}@mail.example>\n\nHello.\n\n`;
    const path = join(this.home(name), 'mbox');
    await mkdir(path);
    await writeFile(join(path, 'inbox'), Array.from({ length: mails }, (_, n) => one(n)).join(''));
    for (const made of [path, join(path, 'inbox')]) await chown(made, this.owner.uid, this.owner.gid);
  }

  /** What an administrator of that server does: `expunge`, `flags add` … */
  async admin(command: readonly string[], name: string, ...rest: string[]): Promise<string> {
    const { stdout } = await run(ADMIN, ['-c', this.configFile, ...command, '-u', name, ...rest], { timeout: COMMAND_MS_MAX });
    return stdout;
  }

  /** Every mail of a folder as `uid flags`. */
  async flags(name: string, folder = 'INBOX'): Promise<string[]> {
    const lines = await this.admin(['-f', 'tab', 'fetch'], name, 'uid flags', 'mailbox', folder);
    return lines.trim().split('\n').slice(1);
  }

  /** Forget which mail had which number, as a restored server does. */
  async renumber(name: string, folder = 'INBOX'): Promise<void> {
    const box = join(this.home(name), 'Maildir', ...(folder === 'INBOX' ? [] : [`.${folder}`]));
    for (const file of (await readdir(box)).filter((entry) => entry.startsWith('dovecot'))) await rm(join(box, file));
    // The number is the time of day in seconds, and may be the same one again.
    await this.admin(['mailbox', 'update', '--uid-validity', String(Math.floor(Date.now() / 1000) + 1000 + this.mails++)], name, folder);
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private get configFile(): string {
    return join(this.folder, 'dovecot.conf');
  }

  private async makeFolder(path: string): Promise<void> {
    if (existsSync(path)) return;
    await this.makeFolder(dirname(path));
    await mkdir(path);
    await chown(path, this.owner.uid, this.owner.gid);
  }

  private async takes(name: string, password: string): Promise<boolean> {
    return run(ADMIN, ['-c', this.configFile, 'auth', 'test', name, password], { timeout: COMMAND_MS_MAX }).then(
      () => true,
      () => false,
    );
  }

  private async configure({ tls, introspectionUrl, connectionsPerUserMax = 50 }: DovecotOptions, isRoot: boolean): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const me = isRoot
      ? []
      : [`default_internal_user = ${process.env['USER'] ?? 'nobody'}`, `default_login_user = ${process.env['USER'] ?? 'nobody'}`];
    if (tls) {
      await writeFile(at('key.pem'), tls.key, { mode: 0o600 });
      await writeFile(at('certificate.pem'), tls.certificate);
    }
    if (introspectionUrl !== undefined) {
      const lines = [
        `introspection_url = ${introspectionUrl}`,
        'introspection_mode = auth',
        'username_attribute = email',
        'active_attribute = active',
        'active_value = yes',
      ];
      await writeFile(at('oauth2.conf'), lines.join('\n'));
    }
    const listener = (name: string, port: number, more = ''): string =>
      `  inet_listener ${name} {\n    address = 127.0.0.1\n    port = ${String(port)}\n    ${more}\n  }`;
    await writeFile(
      this.configFile,
      [
        `base_dir = ${at('run')}`,
        `state_dir = ${at('run')}`,
        `log_path = /dev/stderr`,
        'protocols = imap',
        'listen = 127.0.0.1',
        tls ? `ssl = required\nssl_cert = <${at('certificate.pem')}\nssl_key = <${at('key.pem')}` : 'ssl = no',
        'disable_plaintext_auth = no',
        'auth_failure_delay = 0',
        `auth_mechanisms = ${introspectionUrl === undefined ? 'plain login' : 'xoauth2'}`,
        'mail_fsync = never',
        'mailbox_list_index = no',
        'mail_max_userip_connections = ' + String(connectionsPerUserMax),
        ...me,
        `mail_uid = ${String(this.owner.uid)}`,
        `mail_gid = ${String(this.owner.gid)}`,
        'first_valid_uid = 1',
        'mail_location = maildir:~/Maildir',
        'namespace inbox {\n  inbox = yes\n  separator = /\n}',
        introspectionUrl === undefined
          ? `passdb {\n  driver = passwd-file\n  args = ${at('users/%u')}\n}`
          : `passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = ${at('oauth2.conf')}\n}`,
        `userdb {\n  driver = passwd-file\n  args = ${at('users/%u')}\n}`,
        `service imap-login {\n  chroot =\n${listener('imap', tls ? 0 : this.port)}\n${listener('imaps', tls ? this.port : 0, 'ssl = yes')}\n}`,
        // Or each wrong password makes everybody wait longer.
        'service anvil {\n  chroot =\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}',
        '',
      ].join('\n'),
    );
  }

  private async launch(): Promise<void> {
    const child = spawn(PROGRAM, ['-F', '-c', this.configFile], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-OUTPUT_CHARS_MAX)));
    }
    await until('Dovecot answers', READY_MS_MAX, async () => {
      if (child.exitCode !== null) throw new Error(`Dovecot ended by itself:\n${this.output}`);
      return answers(this.port);
    });
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
