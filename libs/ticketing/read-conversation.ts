import type { ChannelKind, ConversationKind, ConversationRow, ConversationStatus, MessageDirection } from '#contract';
import type { ConnectionId } from '#channels';
import type { RetentionRuleId } from '#policies';
import type { ContactId, ConversationId } from './ids.js';

/** What a conversation's row is made of; the contact is joined to it. */
export const CONVERSATION_COLUMNS = `
  conversation.id, conversation.number, conversation.kind, conversation.channel, conversation.connection_id as "connectionId",
  conversation.contact_id as "contactId", contact.name as "contactName", contact.picture_blob is not null as "hasPicture",
  conversation.subject, conversation.preview, conversation.preview_direction as "previewDirection", conversation.status,
  conversation.assignee_id as "assigneeId", conversation.team_id as "teamId", conversation.tags, conversation.unread, conversation.last_inbound_at as "lastInboundAt",
  conversation.last_message_at as "lastMessageAt", conversation.retention_rule_id as "retentionRuleId",
  conversation.retention_anchor_at as "retentionAnchorAt", conversation.created_at as "createdAt", conversation.quarantined_at is not null as quarantined,
  (select json_build_object('id', whole.id, 'number', whole.number) from conversation whole where whole.id = conversation.merged_into_id) as "mergedInto"`;

const ASKED_FOR = `
  and ($1::text is null or conversation.status = $1) and ($1 is not null or conversation.status <> 'closed')
  and ($2::uuid is null or conversation.assignee_id = $2) and ($3::uuid is null or conversation.assignee_id = $3)
  and (not $4::boolean or conversation.assignee_id is null) and ($5::text is null or conversation.channel = $5)
  and ($9::uuid is null or conversation.team_id = $9)
  and ($6::timestamptz is null or (conversation.last_message_at, conversation.id) < ($6, $7::uuid))
  order by conversation.last_message_at desc, conversation.id desc limit $8`;
const ROWS = `select ${CONVERSATION_COLUMNS} from conversation
  join contact on contact.tenant_id = conversation.tenant_id and contact.id = conversation.contact_id`;

/** A page of a list, by what is asked for; two statements, because each has indexes of its own. */
export const LIST_PAGE = `${ROWS} where conversation.quarantined_at is null ${ASKED_FOR}`;
export const QUARANTINE_PAGE = `${ROWS} where conversation.quarantined_at is not null ${ASKED_FOR}`;

export interface ConversationListRow {
  id: ConversationId;
  number: string;
  kind: ConversationKind;
  channel: ChannelKind;
  connectionId: ConnectionId;
  contactId: ContactId;
  contactName: string;
  hasPicture: boolean;
  subject: string;
  preview: string;
  previewDirection: MessageDirection;
  status: ConversationStatus;
  assigneeId: string | null;
  teamId: string | null;
  tags: string[];
  unread: boolean;
  quarantined: boolean;
  mergedInto: { id: string; number: number } | null;
  lastInboundAt: Date | null;
  lastMessageAt: Date;
  retentionRuleId: RetentionRuleId;
  retentionAnchorAt: Date;
  createdAt: Date;
}

/** The names that other rooms give to ids. */
export interface Names {
  connections: ReadonlyMap<string, string>;
  agents: ReadonlyMap<string, string>;
}

interface RowNames extends Names {
  teams: ReadonlyMap<string, string>;
}

export function describeRow(row: ConversationListRow, names: RowNames): ConversationRow {
  return {
    id: row.id,
    number: Number(row.number),
    kind: row.kind,
    channel: row.channel,
    connection: { id: row.connectionId, name: names.connections.get(row.connectionId) ?? '' },
    contact: { id: row.contactId, name: row.contactName, pictureUrl: row.hasPicture ? `/api/contacts/${row.contactId}/picture` : null },
    subject: row.subject,
    preview: { text: row.preview, direction: row.previewDirection },
    status: row.status,
    assignee: row.assigneeId === null ? null : { id: row.assigneeId, name: names.agents.get(row.assigneeId) ?? '' },
    team: row.teamId === null ? null : { id: row.teamId, name: names.teams.get(row.teamId) ?? '' },
    tags: row.tags,
    unread: row.unread,
    quarantined: row.quarantined,
    mergedInto: row.mergedInto,
    lastMessageAt: row.lastMessageAt.toISOString(),
  };
}
