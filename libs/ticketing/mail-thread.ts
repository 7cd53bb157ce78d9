import { createHash } from 'node:crypto';
import type { ConversationStatus, MailVerdict, RelatedConversation } from '#contract';
import type { ConnectionId, MailThreading } from '#channels';
import { isUuid, type TenantTx } from '#platform';
import type { RetentionRuleId } from '#policies';
import { reopenedSince } from './conversation.js';
import type { ContactId, ConversationId, MessageId } from './ids.js';
import { isOtherSubject } from './mail-subject.js';

/*
 * Which conversation a mail belongs to.
 *
 * A token of ours proves that the writer had a mail of ours, so it is believed from anybody, and whoever takes no part is shown as a
 * stranger. An id made by somebody else and a number in the subject prove nothing: they can be guessed, or read elsewhere. They count only
 * for a person who takes part already and whose mail is not shown to be forged; for others they are a hint to the agent and no more.
 * What is long over and comes back with another subject is a new conversation that continues the old one.
 */

/** Ids of one mail that are looked at, and remembered. */
const REFERENCES_MAX = 50;
/** Of each id the newest conversations that a mail named it in, and of a person the newest altogether: among so many it is found. */
const CONVERSATIONS_LOOKED_AT_MAX = 50;
/** An id that more conversations know than this (a newsletter's) says nothing about which of them is meant. */
const RELATED_MAX = 3;
const DIGITS_MAX = 15;

/** A conversation that a mail may belong to. */
export interface ThreadCandidate {
  via: 'token' | 'reference' | 'number';
  /** 0 for what is nearest. */
  position: number;
  id: ConversationId;
  status: ConversationStatus;
  closedAt: Date | null;
  lastMessageAt: Date;
  subject: string;
  retentionRuleId: RetentionRuleId;
  isQuarantined: boolean;
  isParticipant: boolean;
}

/** Another message with the same Message-ID. */
export interface Namesake {
  externalId: string;
  messageId: MessageId;
  connectionId: ConnectionId;
  conversationId: ConversationId;
}

export interface ThreadSearch {
  externalId: string;
  mail: Pick<MailThreading, 'token' | 'references' | 'subjectNumber'>;
  /** Null for somebody who never wrote. */
  contactId: ContactId | null;
}

/** Everything that a mail may belong to, and the messages that have its Message-ID, in one question. */
export async function searchThread(
  tx: TenantTx,
  { externalId, mail, contactId }: ThreadSearch,
): Promise<{ candidates: ThreadCandidate[]; namesakes: Namesake[] }> {
  const { token, references, subjectNumber } = mail;
  const [row] = await tx.queryPrepared<{ candidates: CandidateJson[] | null; namesakes: Namesake[] | null }>('search-thread', SEARCH, [
    idOf(externalId),
    digestOf(externalId),
    distinct(references).slice(0, REFERENCES_MAX).map(digestOf),
    token !== null && isUuid(token.conversationId) ? token.conversationId : null,
    subjectNumber !== null && Number.isSafeInteger(subjectNumber) && String(subjectNumber).length <= DIGITS_MAX ? subjectNumber : null,
    contactId,
    CONVERSATIONS_LOOKED_AT_MAX,
  ]);
  const candidates = (row?.candidates ?? []).map((one) => ({
    ...one,
    closedAt: one.closedAt === null ? null : new Date(one.closedAt),
    lastMessageAt: new Date(one.lastMessageAt),
  }));
  return { candidates, namesakes: row?.namesakes ?? [] };
}

/** Where a mail goes. */
export type ThreadChoice =
  | { kind: 'append'; conversation: ThreadCandidate; isFromStranger: boolean; isSubjectChanged: boolean }
  | { kind: 'open'; related: { id: ConversationId; how: RelatedConversation['how'] }[] };

/** Choose among what was found. */
export function chooseThread(
  candidates: readonly ThreadCandidate[],
  { verdict, subject, at }: { verdict: MailVerdict; subject: string; at: Date },
): ThreadChoice {
  const isPast = ({ status, closedAt, subject: was }: ThreadCandidate) =>
    status === 'closed' && closedAt !== null && closedAt <= reopenedSince(at) && isOtherSubject(was, subject);
  const append = (conversation: ThreadCandidate): ThreadChoice => ({
    kind: 'append',
    conversation,
    isFromStranger: !conversation.isParticipant,
    isSubjectChanged: isOtherSubject(conversation.subject, subject),
  });
  const own = candidates.find(({ via, position }) => via === 'token' && position === 0);
  if (own && !isPast(own)) return append(own);
  const believed = candidates.filter(
    ({ via, position, isParticipant, isQuarantined }) =>
      verdict !== 'fail' && isParticipant && !isQuarantined && (via !== 'token' || position > 0),
  );
  // What continues the conversation of the token is meant by it only under its own subject.
  const open = believed.filter((one) => !isPast(one) && (one.via !== 'token' || !isOtherSubject(one.subject, subject))).sort(nearest);
  if (open[0]) return append(open[0]);
  const past = own ?? believed.sort(nearest)[0];
  if (past) return { kind: 'open', related: [{ id: past.id, how: past.isParticipant && verdict !== 'fail' ? 'continues' : 'possibly' }] };
  const hints = distinct(
    candidates
      .filter(({ isQuarantined, via }) => !isQuarantined && via !== 'token')
      .sort(nearest)
      .map(({ id }) => id),
  );
  return { kind: 'open', related: hints.length > RELATED_MAX ? [] : hints.map((id) => ({ id, how: 'possibly' as const })) };
}

/** Remember every id a mail named, by digest, so that a later mail sharing one finds this conversation even if the first never came. */
export async function rememberReferences(tx: TenantTx, conversationId: ConversationId, externalIds: string[]): Promise<void> {
  await tx.queryPrepared(
    'remember-references',
    `insert into mail_reference (tenant_id, message_id_digest, conversation_id) select $1, unnest($2::bytea[]), $3 on conflict do nothing`,
    [
      tx.tenantId,
      distinct(externalIds)
        .slice(0, REFERENCES_MAX + 1)
        .map(digestOf),
      conversationId,
    ],
  );
}

/** Note which conversations a new one may belong to, or continues. */
export async function relate(
  tx: TenantTx,
  conversationId: ConversationId,
  related: Extract<ThreadChoice, { kind: 'open' }>['related'],
): Promise<void> {
  if (related.length === 0) return;
  await tx.query(
    `insert into conversation_link (tenant_id, conversation_id, related_id, how) select $1, $2, unnest($3::uuid[]), unnest($4::text[])
     on conflict do nothing`,
    [tx.tenantId, conversationId, related.map(({ id }) => id), related.map(({ how }) => how)],
  );
}

const VIA_ORDER: Record<ThreadCandidate['via'], number> = { token: 0, reference: 1, number: 2 };

function nearest(one: ThreadCandidate, other: ThreadCandidate): number {
  return (
    VIA_ORDER[one.via] - VIA_ORDER[other.via] ||
    one.position - other.position ||
    other.lastMessageAt.getTime() - one.lastMessageAt.getTime()
  );
}

/*
 * From both ends, so that neither an id that a thousand conversations know nor a person with a thousand conversations makes it slow: the
 * newest conversations of each id, and the person's newest with one of the ids.
 */
const SEARCH = `
  with given as (
    select digest, n from unnest($3::bytea[]) with ordinality as given (digest, n)
  ), found as (
    select $4::uuid as id, 'token' as via, 0::bigint as position where $4::uuid is not null
    union all
    select conversation_id, 'token', 1 from conversation_link where related_id = $4::uuid and how = 'continues'
    union all
    select named.conversation_id, 'reference', given.n - 1 from given, lateral (
      select conversation_id from mail_reference where message_id_digest = given.digest order by conversation_id desc limit $7::int
    ) named
    union all
    select mine.id, 'reference', given.n - 1 from (
      select id from conversation where contact_id = $6::uuid and channel = 'email' order by last_message_at desc limit $7::int
    ) mine join given on exists (
      select 1 from mail_reference where message_id_digest = given.digest and mail_reference.conversation_id = mine.id
    )
    union all
    select id, 'number', 0 from conversation where number = $5::bigint
  ), led as (
    -- What was merged leads to where everything of it is.
    select coalesce(merged_into_id, conversation.id) as id, via, position from found join conversation on conversation.id = found.id
  ), nearest as (
    select distinct on (id, via) id, via, position from led order by id, via, position
  )
  select
    (select jsonb_agg(jsonb_build_object('via', via, 'position', position, 'id', nearest.id, 'status', status, 'closedAt', closed_at,
        'lastMessageAt', last_message_at, 'subject', subject, 'retentionRuleId', retention_rule_id,
        'isQuarantined', quarantined_at is not null, 'isParticipant', $6::uuid is not null and (contact_id = $6::uuid or exists (
          select 1 from message where conversation_id = conversation.id and author_contact_id = $6::uuid and not from_stranger) or exists (
          select 1 from conversation part where part.merged_into_id = conversation.id and part.contact_id = $6::uuid))))
     from nearest join conversation on conversation.id = nearest.id and conversation.channel = 'email') as candidates,
    (select jsonb_agg(jsonb_build_object('externalId', external_id, 'messageId', message.id, 'connectionId', connection_id,
        'conversationId', message.conversation_id))
     from mail_reference join message on message.tenant_id = mail_reference.tenant_id and message.conversation_id = mail_reference.conversation_id
     where message_id_digest = $2::bytea and direction = 'in' and split_part(external_id, ' ', 1) = $1::text) as namesakes`;

interface CandidateJson extends Omit<ThreadCandidate, 'closedAt' | 'lastMessageAt'> {
  closedAt: string | null;
  lastMessageAt: string;
}

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

// An external id has a hash behind it.
function idOf(externalId: string): string {
  return externalId.split(' ')[0]!;
}

function digestOf(externalId: string): Buffer {
  return createHash('sha256').update(idOf(externalId)).digest();
}
