import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, Log, SecretBox, type TenantId, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { OpenConnection } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { dkimRecordName } from '../dkim-record.js';
import { type DkimKey, dkimPrivateKey } from './dkim-sign.js';
import { type MailResolver, mailResolver } from './mail-dns.js';

/** Source: RFC 8301, 3.2 */
const KEY_BITS = 2048;
const SELECTOR_BYTES = 5;
/** Looked up at the same time. */
const AT_ONCE_MAX = 20;
/** Only these say that a record is not there; everything else says that nobody could tell. */
const NOT_THERE = new Set(['ENOTFOUND', 'ENODATA']);

/** Nobody but the provider can publish a key there. */
const PROVIDERS_OWN_DOMAINS = new Set([
  ...['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'hotmail.nl', 'live.com', 'live.nl', 'msn.com', 'yahoo.com'],
  ...['icloud.com', 'me.com', 'mac.com', 'gmx.net', 'gmx.de', 'web.de', 'proton.me', 'ziggo.nl', 'kpnmail.nl', 'planet.nl', 'xs4all.nl'],
]);

const CheckDkim = defineJob({ name: 'check-dkim', payload: z.undefined(), cron: '17 * * * *', attemptTimeoutMs: 1_800_000 });

const makeKeyPair = promisify(generateKeyPair);

interface KeyRow {
  connectionId: ConnectionId;
  address: string;
  selector: string;
  publicKey: string;
  isSigning: boolean;
}

/**
 * The keys that mailboxes sign with. A key is made with the mailbox, or within the hour; it signs from the moment on that its public half
 * is found in the DNS, and no longer than it is there: a signature that nobody can check is worse than none.
 */
@Injectable()
export class DkimKeys implements OnModuleInit {
  private readonly resolve: MailResolver;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly feed: Feed,
    @Inject(CONFIG) config: Config,
  ) {
    this.resolve = mailResolver(config, clock);
  }

  onModuleInit(): void {
    this.jobs.bind(CheckDkim, async (_, { signal }) => {
      for (const { id } of await this.db.query<{ id: TenantId }>('select tenant_ids() as id')) if (!signal.aborted) await this.check(id);
    });
  }

  /** Make the mailbox a key if it has none and could use one. Takes a moment's computing, so never inside a transaction. Repeats: fine. */
  async ensure(tenantId: TenantId, id: ConnectionId): Promise<void> {
    const [lacking] = await this.db.inTenant(tenantId, (tx) => lackingKeys(tx, id));
    if (lacking) await this.make(tenantId, id);
  }

  /** Look the keys of all of a tenant's mailboxes up, and make those that are missing. */
  async check(tenantId: TenantId): Promise<void> {
    for (const { connectionId } of await this.db.inTenant(tenantId, (tx) => lackingKeys(tx, null))) await this.make(tenantId, connectionId);
    const keys = await this.db.inTenant(tenantId, (tx) =>
      tx.query<KeyRow>(
        `select connection_id as "connectionId", external_id as address, selector, public_key as "publicKey", found_at is not null as "isSigning"
         from mail_key join connection on connection.tenant_id = mail_key.tenant_id and connection.id = mail_key.connection_id
         where connection.state <> 'disconnected' order by connection_id`,
      ),
    );
    for (let start = 0; start < keys.length; start += AT_ONCE_MAX) {
      await Promise.all(keys.slice(start, start + AT_ONCE_MAX).map((key) => this.look(tenantId, key)));
    }
  }

  /** What to sign this mailbox' mail with now; null: nothing. */
  async signingKey(tx: TenantTx, { id, externalId }: Pick<OpenConnection, 'id' | 'externalId'>): Promise<DkimKey | null> {
    const [row] = await tx.query<{ selector: string; sealed_private_key: Buffer }>(
      'select selector, sealed_private_key from mail_key where connection_id = $1 and found_at is not null',
      [id],
    );
    if (!row) return null;
    const name = dkimRecordName(row.selector, externalId);
    return {
      domain: name.slice(name.indexOf('._domainkey.') + '._domainkey.'.length),
      selector: row.selector,
      privateKey: dkimPrivateKey(this.secrets.open(row.sealed_private_key, sealedFor(tx.tenantId, id))),
    };
  }

  private async make(tenantId: TenantId, id: ConnectionId): Promise<void> {
    const { publicKey, privateKey } = await makeKeyPair('rsa', { modulusLength: KEY_BITS });
    const sealed = this.secrets.seal(privateKey.export({ type: 'pkcs8', format: 'der' }), sealedFor(tenantId, id));
    const publicText = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const selector = `od${randomBytes(SELECTOR_BYTES).toString('hex')}`;
    await this.db.inTenant(tenantId, async (tx) => {
      const made = await tx.query(
        `insert into mail_key (tenant_id, connection_id, selector, public_key, sealed_private_key, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing returning selector`,
        [tenantId, id, selector, publicText, sealed, this.clock.now()],
      );
      if (made.length > 0) this.feed.append(tx, { type: 'connection_changed', connectionId: id });
    });
  }

  private async look(tenantId: TenantId, { connectionId, address, selector, publicKey, isSigning }: KeyRow): Promise<void> {
    const isThere = await this.isPublished(dkimRecordName(selector, address), publicKey);
    // Nobody could tell: it stays as it was.
    if (isThere === null) {
      this.log.warn('dkim_record_not_looked_up', { connectionId });
      return;
    }
    const now = this.clock.now();
    await this.db.inTenant(tenantId, async (tx) => {
      await tx.query(
        `update mail_key set checked_at = $2, found_at = case when $3 then coalesce(found_at, $2) end where connection_id = $1`,
        [connectionId, now, isThere],
      );
      if (isThere !== isSigning) this.feed.append(tx, { type: 'connection_changed', connectionId });
    });
  }

  private async isPublished(name: string, publicKey: string): Promise<boolean | null> {
    try {
      const records = await this.resolve(name, 'TXT');
      // Several records under one selector leave it open which is used: RFC 6376, 3.6.2.2.
      return records.length === 1 && isOurs(records[0]!.join(''), publicKey);
    } catch (error) {
      return NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '') ? false : null;
    }
  }
}

/** Source: RFC 6376, 3.6.1; white space within the key is allowed, and some DNS editors add it. */
function isOurs(record: string, publicKey: string): boolean {
  const tags = new Map(
    record.split(';').map((tag): [string, string] => {
      const at = tag.indexOf('=');
      return [tag.slice(0, Math.max(at, 0)).trim(), tag.slice(at + 1).replaceAll(/\s+/g, '')];
    }),
  );
  return (tags.get('v') ?? 'DKIM1') === 'DKIM1' && (tags.get('k') ?? 'rsa') === 'rsa' && tags.get('p') === publicKey;
}

/** Mailboxes that could use a key and have none: not those that their provider signs in, because it signs their mail itself. */
async function lackingKeys(tx: TenantTx, id: ConnectionId | null): Promise<{ connectionId: ConnectionId }[]> {
  const rows = await tx.query<{ connectionId: ConnectionId; address: string }>(
    `select connection.id as "connectionId", connection.external_id as address from connection
     join mailbox on mailbox.tenant_id = connection.tenant_id and mailbox.connection_id = connection.id
     where connection.channel = 'email' and connection.state <> 'disconnected' and mailbox.login is null
       and ($1::uuid is null or connection.id = $1)
       and not exists (select 1 from mail_key where mail_key.connection_id = connection.id)`,
    [id],
  );
  return rows.filter(({ address }) => !PROVIDERS_OWN_DOMAINS.has(address.slice(address.lastIndexOf('@') + 1)));
}

function sealedFor(tenantId: TenantId, id: ConnectionId) {
  return { owner: tenantId, purpose: `dkim key ${id}` };
}
