import type { Connection, ConnectedMailbox, Message, Page } from '#contract';
import { MailFetcher } from '#channels';
import type { Dovecot } from './dovecot.js';
import type { Tenant, World } from './world.js';

type Key = Parameters<MailFetcher['look']>[0];

/** A mailbox of the tenant's on a real IMAP server. */
export class ImapMailbox {
  private constructor(
    private readonly world: World,
    private readonly tenant: Tenant,
    private readonly account: { address: string; password: string; connectionId: string },
  ) {}

  static async connect(
    world: World,
    tenant: Tenant,
    { dovecot, address, port, folders }: { dovecot: Dovecot; address: string; port?: number; folders?: string[] },
  ): Promise<ImapMailbox> {
    const password = `of ${address}`;
    await dovecot.user(address, password);
    return ImapMailbox.connectTo(world, tenant, { address, password, url: dovecot.url(address, password, port), folders });
  }

  static async connectTo(
    world: World,
    tenant: Tenant,
    { address, password, url, folders }: { address: string; password: string; url: string; folders?: string[] | undefined },
  ): Promise<ImapMailbox> {
    const { status, body } = await tenant.owner.post<ConnectedMailbox>('/api/connections/email', {
      address,
      imap: { url },
      smtp: { url: world.simulator.smtpUrl },
      ...(folders ? { folders } : {}),
    });
    if (status !== 201) throw new Error(`connecting ${address} answered ${String(status)}: ${JSON.stringify(body)}`);
    return new ImapMailbox(world, tenant, { address, password, connectionId: body.connection.id });
  }

  get address(): string {
    return this.account.address;
  }

  get password(): string {
    return this.account.password;
  }

  get connectionId(): string {
    return this.account.connectionId;
  }

  get key(): Key {
    return { tenantId: this.tenant.id, connectionId: this.connectionId as Key['connectionId'] };
  }

  /** Look into every folder now, and read what came. */
  async fetch(): Promise<number> {
    const { taken } = await this.world.get(MailFetcher).look(this.key);
    await this.world.drain();
    return taken;
  }

  async connection(): Promise<Connection> {
    const { body } = await this.tenant.owner.get<{ items: Connection[] }>('/api/connections');
    return body.items.find(({ id }) => id === this.connectionId)!;
  }

  /** What came in through it, by what it says, oldest first. */
  async texts(): Promise<string[]> {
    const rows = await this.world.rows<{ text: string }>(
      "select text from message where connection_id = $1 and direction = 'in' order by created_at, id",
      [this.connectionId],
    );
    return rows.map(({ text }) => text.trim());
  }

  async thread(person: string): Promise<Message[]> {
    const [row] = await this.world.rows<{ id: string }>(
      `select conversation.id from conversation join contact_identity known using (contact_id)
       where known.external_id = $1 and conversation.tenant_id = $2 order by conversation.number`,
      [person, this.tenant.id],
    );
    return row === undefined ? [] : (await this.tenant.owner.get<Page<Message>>(`/api/conversations/${row.id}/messages`)).body.items;
  }

  async cursors(): Promise<{ path: string; last_uid: string; uid_validity: string; failing_tries: number }[]> {
    return this.world.rows('select path, last_uid, uid_validity, failing_tries from mail_folder where connection_id = $1 order by path', [
      this.connectionId,
    ]);
  }

  async quarantined(): Promise<{ problem: string; head: string }[]> {
    return this.world.rows(
      "select problem, convert_from(body, 'utf8') as head from delivery where connection_id = $1 and quarantined_at is not null order by id",
      [this.connectionId],
    );
  }
}
