import { Injectable } from '@nestjs/common';
import type { DeliveryState } from '#contract';
import type { BouncedAddress, InboundBounce, InboundComplaint, InboundMailRead, MailToken } from '#channels';
import { isUuid, Log, SecretBox, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import type { Taking } from './arrival.js';
import { codeOf, DEAD_CODES, failureSentence } from './bounce-words.js';
import type { ConversationId, MessageId } from './ids.js';
import { BOUNCED_PREFIX, movedOn, type Shown, shownOf } from './mail-outcome.js';
import { addressDigest, addressesOf, type RecipientRow, recipientsOf } from './mail-recipient.js';
import { OutboundStateService } from './outbound-state.service.js';
import { SuppressionService } from './suppression.service.js';

/** A message of ours that a report is about, locked. */
interface Reported {
  id: MessageId;
  conversationId: ConversationId;
  state: DeliveryState;
  code: string | null;
  reason: string | null;
  isAnswered: boolean;
  /** An agent said it, not a machine. */
  isByAgent: boolean;
}

/** One of those it went to, and how the report names him. */
interface Named {
  row: RecipientRow;
  address: string | null;
  said: BouncedAddress;
}

/**
 * What machines and people say became of the mail we sent. A report is believed as far as it proves a secret of ours and names somebody
 * the message really went to; every other changes nothing. None opens a conversation, and none is answered.
 */
@Injectable()
export class MailOutcomeService {
  constructor(
    private readonly secrets: SecretBox,
    private readonly feed: Feed,
    private readonly log: Log,
    private readonly outbound: OutboundStateService,
    private readonly suppressions: SuppressionService,
  ) {}

  /** Repeats: the same reports in any order leave the same behind. */
  async bounce(taking: Taking, event: InboundBounce): Promise<void> {
    const { tx } = taking;
    const message = await this.find(tx, event.token, event.recipients[0]?.address ?? null);
    if (!message) return this.noteUnused(taking, 'no_such_message');
    const recipients = await recipientsOf(tx, this.secrets, message);
    const named = await this.namedBy(tx, event, { message, recipients });
    if (named.length === 0) return this.noteUnused(taking, 'never_sent_there');
    for (const one of named) await this.note(taking, message, { ...one, isOneOfMany: recipients.filter(isMain).length > 1 });
    await this.show(taking, message);
    // Whoever answered it has got it: the report is stale, or about somewhere the person has it passed on to.
    if (!message.isAnswered) for (const one of named) await this.suppress(tx, message, one);
  }

  /** The person has seen it. Of others who got a copy nobody asks. */
  async read(taking: Taking, event: InboundMailRead): Promise<void> {
    const { tx, policies, arrival, now } = taking;
    if (!policies.recorder.may('receipts', arrival.channel)) return;
    const message = await this.find(tx, event.token, event.personId);
    if (!message) return this.noteUnused(taking, 'no_such_message');
    const digest = addressDigest(this.secrets, tx, event.personId);
    const recipients = await recipientsOf(tx, this.secrets, message);
    if (!recipients.some((row) => isMain(row) && row.digest.equals(digest))) return this.noteUnused(taking, 'never_sent_there');
    if (message.state === 'unknown') await this.outbound.arrived(tx, message.id);
    const changed = await tx.query(
      `update message set delivery_state = 'read', delivery_at = $2,
         delivery_code = case when delivery_code like 'copy%' then delivery_code end,
         delivery_reason = case when delivery_code like 'copy%' then delivery_reason end, delivery_remedy = null
       where id = $1 and (delivery_state in ('sent', 'delivered') or (delivery_state = 'failed' and delivery_code like '${BOUNCED_PREFIX}%'))
       returning id`,
      [message.id, now],
    );
    if (changed.length > 0) this.announce(tx, message);
  }

  /** Somebody called it unwanted: nothing that goes to many is sent there any more. */
  async complaint(taking: Taking, event: InboundComplaint): Promise<void> {
    const { tx } = taking;
    const message = await this.find(tx, event.token, event.addresses[0] ?? null);
    if (!message) return this.noteUnused(taking, 'no_such_message');
    const recipients = await recipientsOf(tx, this.secrets, message);
    // A provider that hides who it was can only mean the one it went to.
    const addresses = event.addresses.length > 0 ? event.addresses : await addressesOf(tx, message.conversationId);
    const isKnown = (address: string) => {
      const row = recipients.find(({ digest }) => digest.equals(addressDigest(this.secrets, tx, address)));
      return row !== undefined && (event.addresses.length > 0 || isMain(row));
    };
    for (const address of addresses.filter(isKnown)) await this.suppressions.objected(tx, address);
  }

  /** The message that a token names; a reply address names none: then the newest that went to this address. */
  private async find(tx: TenantTx, { conversationId, messageIdEnd }: MailToken, address: string | null): Promise<Reported | null> {
    if (!isUuid(conversationId)) return null;
    const digest = address === null || address === '' ? null : addressDigest(this.secrets, tx, address);
    const [row] = await tx.query<Reported>(
      `select message.id, message.conversation_id as "conversationId", message.delivery_state as state, message.delivery_code as code,
         message.delivery_reason as reason, message.author_kind = 'agent' as "isByAgent",
         exists (select 1 from message answer join conversation on conversation.tenant_id = answer.tenant_id and conversation.id = answer.conversation_id
           where answer.conversation_id = message.conversation_id and answer.direction = 'in' and not answer.from_stranger
             and answer.author_contact_id = conversation.contact_id
             and lower(answer.reply_to_external_id) = lower(message.external_id)) as "isAnswered"
       from message
       where message.conversation_id = (select coalesce(merged_into_id, id) from conversation where id = $1)
         and message.direction = 'out' and message.delivery_state is not null
         and case when $2::text is not null then right(message.id::text, 8) = $2
           else message.delivery_state not in ('queued', 'sending') and ($3::bytea is null or exists (
             select 1 from mail_recipient where mail_recipient.message_id = message.id and address_digest = $3)) end
       order by message.created_at desc, message.id desc limit 1 for update of message`,
      [conversationId, messageIdEnd, digest],
    );
    return row ?? null;
  }

  private async namedBy(
    tx: TenantTx,
    { recipients: said, kind, code }: InboundBounce,
    { message, recipients }: { message: Reported; recipients: RecipientRow[] },
  ): Promise<Named[]> {
    if (said.length === 0) {
      const main = recipients.filter(isMain);
      const known = await addressesOf(tx, message.conversationId);
      const addressOf = ({ digest }: RecipientRow) =>
        known.find((address) => addressDigest(this.secrets, tx, address).equals(digest)) ?? null;
      return main.length === 1
        ? [{ row: main[0]!, address: addressOf(main[0]!), said: { address: '', kind, code, diagnostic: null } }]
        : [];
    }
    return said.flatMap((one) => {
      const digest = addressDigest(this.secrets, tx, one.address);
      const row = recipients.find((recipient) => recipient.digest.equals(digest));
      return row === undefined ? [] : [{ row, address: one.address, said: one }];
    });
  }

  private async note(
    { tx, policies, arrival }: Taking,
    { id }: Reported,
    { row, address, said, isOneOfMany }: Named & { isOneOfMany: boolean },
  ): Promise<void> {
    const outcome = movedOn(row, said);
    if (outcome === null) return;
    const code = codeOf(said);
    // What the other server says names the address, mostly.
    const mayName = policies.recorder.may('mail_headers', arrival.channel);
    const shownAddress = mayName ? address : null;
    const who = row.role === 'to' && !isOneOfMany ? null : (shownAddress ?? (row.role === 'to' ? 'One of them' : 'Somebody in copy'));
    await tx.query('update mail_recipient set outcome = $3, code = $4, reason = $5 where message_id = $1 and address_digest = $2', [
      id,
      row.digest,
      outcome,
      outcome === 'failed' ? code : null,
      outcome === 'failed' ? failureSentence(who, { code, diagnostic: mayName ? said.diagnostic : null }) : null,
    ]);
  }

  private async show({ tx, policies, arrival, now }: Taking, message: Reported): Promise<void> {
    const recipients = await recipientsOf(tx, this.secrets, message);
    const shown = shownOf(message, recipients, policies.recorder.may('receipts', arrival.channel));
    if (shown === null) return;
    // Handed over after all: what waited behind it may go.
    if (message.state === 'unknown' && shown.state !== 'unknown') await this.outbound.arrived(tx, message.id);
    await this.write(tx, message, { shown, now });
    this.announce(tx, message);
    const isNewlyLost = shown.state === 'failed' && message.state !== 'failed';
    if (isNewlyLost && message.isByAgent) await this.outbound.comeBack(tx, message.conversationId);
  }

  private async write(tx: TenantTx, { id }: Reported, { shown, now }: { shown: Shown; now: Date }): Promise<void> {
    await tx.query(
      `update message set delivery_state = $2, delivery_code = $3, delivery_reason = $4, delivery_at = $5,
         delivery_remedy = case when $2 = 'failed' then 'give_up' end where id = $1`,
      [id, shown.state, shown.code, shown.reason, now],
    );
  }

  private async suppress(tx: TenantTx, { id }: Reported, { address, said }: Named): Promise<void> {
    if (address === null || address === '') return;
    const code = codeOf(said);
    if (said.kind === 'hard' && DEAD_CODES.has(code)) await this.suppressions.dead(tx, address, code);
    if (said.kind === 'soft') await this.suppressions.soft(tx, { address, messageId: id, code });
  }

  private announce(tx: TenantTx, { id, conversationId }: Reported): void {
    this.feed.append(tx, { type: 'message_changed', conversationId, messageId: id });
  }

  // Who wrote it and about whom stays out of the log.
  private noteUnused({ tx, arrival }: Taking, code: string): void {
    this.log.info('mail_report_unused', { tenantId: tx.tenantId, connectionId: arrival.connectionId, code });
  }
}

function isMain({ role }: RecipientRow): boolean {
  return role === 'to';
}
