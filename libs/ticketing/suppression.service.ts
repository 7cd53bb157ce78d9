import { Injectable } from '@nestjs/common';
import type { Page, Suppression } from '#contract';
import { type Actor, auditedAs } from '#accounts';
import { Audit } from '#audit';
import { Clock, Database, DAY_MS, isUuid, newId, notFound, SecretBox, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import { readCursor, writeCursor } from './cursor.js';
import type { ContactId, MessageId } from './ids.js';
import { addressDigest } from './mail-recipient.js';
import { describeSuppression, SUPPRESSION_COLUMNS, type SuppressionRow } from './suppression.js';

/** So many mails that did not arrive for the moment, within so many days, are an address that is dead. */
const SOFT_BOUNCES_MAX = 5;
const SOFT_BOUNCE_DAYS = 14;

type New = Pick<SuppressionRow, 'address' | 'stream' | 'reason' | 'code'>;

/** Which addresses mail does not reach, and who no longer wants what goes to many. */
@Injectable()
export class SuppressionService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly feed: Feed,
    private readonly audit: Audit,
  ) {}

  /** The newest first. */
  async list(actor: Actor, { cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<Page<Suppression>> {
    const before = readCursor(cursor);
    return this.db.inTenant(actor, async (tx) => {
      const rows = await tx.query<SuppressionRow>(
        `select ${SUPPRESSION_COLUMNS} from suppression where $1::timestamptz is null or (since, id) < ($1, $2::uuid)
         order by since desc, id desc limit $3`,
        [before?.at ?? null, before?.id ?? null, limit + 1],
      );
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(describeSuppression), nextCursor: last ? writeCursor(last.since, last.id) : null };
    });
  }

  /** Write to this address again. What was counted against it is forgotten. Errors: not_found. */
  async lift(actor: Actor, id: string): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.db.inTenant(actor, async (tx) => {
      const [gone] = await tx.query<{ address: string; digest: Buffer }>(
        'delete from suppression where id = $1 returning address, address_digest as digest',
        [id],
      );
      if (!gone) throw notFound();
      await tx.query('update mail_recipient set soft_at = null where address_digest = $1 and soft_at is not null', [gone.digest]);
      await this.announce(tx, gone.address);
      const about = { kind: 'suppression', id };
      this.audit.append(tx, { act: 'suppression_lifted', by: auditedAs(actor), about, personal: { address: gone.address } });
    });
  }

  /** Nobody is there: nothing goes to this address any more. Repeats: it stays as it was said first. */
  async dead(tx: TenantTx, address: string, code: string): Promise<void> {
    await this.add(tx, { address, stream: 'replies', reason: 'hard_bounce', code });
  }

  /** This message did not arrive for the moment. The last of several is one too many. Repeats: a message counts once. */
  async soft(tx: TenantTx, { address, messageId, code }: { address: string; messageId: MessageId; code: string }): Promise<void> {
    const now = this.clock.now();
    const digest = addressDigest(this.secrets, tx, address);
    await tx.query('update mail_recipient set soft_at = $3 where message_id = $1 and address_digest = $2 and soft_at is null', [
      messageId,
      digest,
      now,
    ]);
    const [counted] = await tx.query<{ bounces: number }>(
      'select count(*)::int as bounces from mail_recipient where address_digest = $1 and soft_at > $2',
      [digest, new Date(now.getTime() - SOFT_BOUNCE_DAYS * DAY_MS)],
    );
    if (counted!.bounces >= SOFT_BOUNCES_MAX) await this.add(tx, { address, stream: 'replies', reason: 'soft_bounces', code });
  }

  /** This person called a mail of ours unwanted: nothing that goes to many goes there. Answers still do. */
  async objected(tx: TenantTx, address: string): Promise<void> {
    await this.add(tx, { address, stream: 'newsletter', reason: 'complaint', code: null });
  }

  private async add(tx: TenantTx, { address, stream, reason, code }: New): Promise<void> {
    const now = this.clock.now();
    const added = await tx.query(
      `insert into suppression (tenant_id, id, address, stream, reason, code, address_digest, since) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (tenant_id, address, stream) do nothing returning id`,
      [tx.tenantId, newId(now), address.toLowerCase(), stream, reason, code, addressDigest(this.secrets, tx, address), now],
    );
    if (added.length > 0) await this.announce(tx, address);
  }

  // Whoever looks at this person's conversations sees whether an answer can be sent.
  private async announce(tx: TenantTx, address: string): Promise<void> {
    const contacts = await tx.query<{ contactId: ContactId }>(
      `select contact_id as "contactId" from contact_identity where channel = 'email' and scope = '' and external_id = $1`,
      [address.toLowerCase()],
    );
    for (const { contactId } of contacts) this.feed.append(tx, { type: 'contact_changed', contactId });
  }
}
