import { Injectable } from '@nestjs/common';
import { type Actor, auditedAs } from '#accounts';
import { Audit } from '#audit';
import { Jobs } from '#jobs';
import { Clock, Database, isUuid, notFound, SecretBox, type TenantTx } from '#platform';
import { Feed } from '#realtime';
import { type Identity, lockPerson, tryLockPerson } from './contact.js';
import { awaitingMessage, awaitingPerson } from './early-event.js';
import type { ContactId, ConversationId } from './ids.js';
import { keepDigests } from './known-mail.js';
import { RemoveBlob } from './remove-blob.job.js';

interface Person extends Identity {
  contactId: ContactId;
}

/**
 * Ends a conversation: everything said in it, its files, what waits to be sent, the numbers of those that were merged into it, and whoever is
 * known by nothing else. What stays is a digest for each mail, by which a copy is known if it comes again, and ids in the feed. Of one that
 * was merged only its number is left to end: what was said in it belongs to the other.
 */
@Injectable()
export class EraseService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly feed: Feed,
    private readonly audit: Audit,
  ) {}

  /** Erase by an agent's word. Errors: not_found. */
  async conversation(actor: Actor, id: ConversationId): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.db.inTenant(actor, async (tx) => {
      await this.erase(tx, id);
      this.audit.append(tx, { act: 'conversation_erased', by: auditedAs(actor), about: { kind: 'conversation', id } });
    });
  }

  /**
   * Erase a conversation in the caller's transaction. The files go once that has committed.
   *
   * Errors   not_found
   */
  async erase(tx: TenantTx, id: ConversationId): Promise<void> {
    const expected = await peopleOf(tx, id);
    // Before the conversation, and in one order: who takes in what they say holds them in that order too.
    for (const person of expected) await lockPerson(tx, person);
    const merged = await lockWhole(tx, id);
    const people = await this.stillHere(tx, id, expected);
    await keepDigests(tx, this.secrets, id, this.clock.now());
    const [gone] = await tx.query<{ blobs: string[] | null; names: string[] | null; connections: string[] }>(
      `with said as (
         select id, external_id, connection_id from message where conversation_id = $1
       ), file as (
         select blob from attachment where message_id in (select id from said)
         union select unnest(blobs) from outbox where message_id in (select id from said)
       )
       select (select array_agg(blob) from file where blob is not null) as blobs,
         (select array_agg(external_id) from said where external_id is not null) as names,
         (select array_agg(connection_id) from (select connection_id from said union select connection_id from conversation where id = $1) theirs) as connections`,
      [id],
    );
    await tx.query('delete from conversation where id = $1', [id]);
    const pictures = await this.forget(tx, people);
    const names = [...(gone?.names ?? []).map(awaitingMessage), ...people.map(({ externalId }) => awaitingPerson(externalId))];
    await tx.query('delete from early_event where connection_id = any($1) and waits_for = any($2)', [gone?.connections ?? [], names]);
    for (const blob of [...(gone?.blobs ?? []), ...pictures]) await this.jobs.enqueue(tx, RemoveBlob, { tenantId: tx.tenantId, blob });
    for (const conversationId of [id, ...merged]) this.feed.append(tx, { type: 'conversation_changed', conversationId });
  }

  /** Everybody who has a part in it now that nobody can join it. Waiting for a newcomer could be waiting for whoever waits for us. */
  private async stillHere(tx: TenantTx, id: ConversationId, expected: readonly Person[]): Promise<Person[]> {
    const people: Person[] = [];
    for (const person of await peopleOf(tx, id)) {
      const isHeld = expected.some(
        ({ channel, scope, externalId }) => channel === person.channel && scope === person.scope && externalId === person.externalId,
      );
      // One whose next words are coming in will be known by those.
      if (isHeld || (await tryLockPerson(tx, person))) people.push(person);
    }
    return people;
  }

  /** Forget those who are known by nothing else any more. Gives back the pictures that were theirs. */
  private async forget(tx: TenantTx, people: readonly Person[]): Promise<string[]> {
    const ids = [...new Set(people.map(({ contactId }) => contactId))];
    const forgotten = await tx.query<{ id: ContactId; picture_blob: string | null }>(
      `delete from contact where id = any($1)
         and not exists (select 1 from conversation where conversation.contact_id = contact.id)
         and not exists (select 1 from message where message.author_contact_id = contact.id)
         and not exists (select 1 from reaction where reaction.contact_id = contact.id)
       returning id, picture_blob`,
      [ids],
    );
    for (const { id } of forgotten) this.feed.append(tx, { type: 'contact_changed', contactId: id });
    return forgotten.map(({ picture_blob }) => picture_blob).filter((blob) => blob !== null);
  }
}

/** Lock a conversation and those that were merged into it, whose ids are given back. Errors: not_found. */
async function lockWhole(tx: TenantTx, id: ConversationId): Promise<ConversationId[]> {
  const rows = await tx.query<{ id: ConversationId }>(
    'select id from conversation where id = $1 or merged_into_id = $1 order by id for update',
    [id],
  );
  if (!rows.some((row) => row.id === id)) throw notFound();
  return rows.map((row) => row.id).filter((each) => each !== id);
}

/** Everybody who has a part in a conversation, by every name. */
async function peopleOf(tx: TenantTx, id: ConversationId): Promise<Person[]> {
  return tx.query<Person>(
    `select known.contact_id as "contactId", known.channel, known.scope, known.external_id as "externalId" from contact_identity known
     where known.contact_id in (
       select contact_id from conversation where id = $1 or merged_into_id = $1
       union select author_contact_id from message where conversation_id = $1 and author_contact_id is not null
       union select reaction.contact_id from reaction join message on message.tenant_id = reaction.tenant_id and message.id = reaction.message_id
         where message.conversation_id = $1)
     order by known.channel, known.scope, known.external_id`,
    [id],
  );
}
