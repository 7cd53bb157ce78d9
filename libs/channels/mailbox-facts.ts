import type { InboundKind, Mailbox, MailboxSettings, MailboxSettingsChange, MailLoginProvider } from '#contract';
import type { TenantTx } from '#platform';
import type { OpenMailbox } from './channel.js';
import type { ConnectionId } from './connection-id.js';
import { dkimRecordName, dkimRecordValue } from './dkim-record.js';

/** How a mailbox is reached, as connecting it says. Without `folders` those of before stay. */
export interface MailboxPlace {
  inbound: InboundKind;
  login: MailLoginProvider | null;
  folders?: string[] | undefined;
}

const FIRST_FOLDERS = ['INBOX'];

interface SettingsRow {
  inbound: InboundKind;
  login: MailLoginProvider | null;
  folders: string[];
  signature: string;
  forms: string[];
  plus_addressing: MailboxSettings['plusAddressing'];
  plus_works: boolean | null;
  auto_reply_on: boolean;
  auto_reply_text: string;
  agent_mail: boolean;
  authserv_ids: string[];
  trusted_sealers: string[];
}

interface MailboxRow extends SettingsRow {
  connection_id: ConnectionId;
  external_id: string;
  last_seen_at: Date | null;
  lag_seconds: number | null;
  error_code: string | null;
  error_message: string | null;
  error_remedy: 'try_later' | 'reconnect' | 'give_up' | null;
  error_at: Date | null;
  error_since: Date | null;
  seen: { path: string; at: string | null }[];
  selector: string | null;
  public_key: string | null;
  found_at: Date | null;
}

const SETTINGS = `inbound, login, folders, signature, forms, plus_addressing, plus_works, auto_reply_on, auto_reply_text, agent_mail,
  authserv_ids, trusted_sealers`;

const DESCRIBE = `
  select mailbox.*, connection.external_id, mail_key.selector, mail_key.public_key, mail_key.found_at, coalesce(
      (select jsonb_agg(jsonb_build_object('path', path, 'at', seen.last_seen_at) order by path) from mail_folder seen
       where seen.tenant_id = mailbox.tenant_id and seen.connection_id = mailbox.connection_id), '[]') as seen
  from mailbox
  join connection on connection.tenant_id = mailbox.tenant_id and connection.id = mailbox.connection_id
  left join mail_key on mail_key.tenant_id = mailbox.tenant_id and mail_key.connection_id = mailbox.connection_id
  where $1::uuid is null or mailbox.connection_id = $1`;

/** What one has to know of a mailbox to read its mail and to send from it; null for a connection that is none. */
export async function openMailbox(tx: TenantTx, id: ConnectionId): Promise<OpenMailbox | null> {
  const [row] = await tx.query<SettingsRow>(`select ${SETTINGS} from mailbox where connection_id = $1`, [id]);
  if (!row) return null;
  const { inbound, login, folders } = row;
  return { inbound, login, folders, settings: settingsOf(row), takesPlusAddresses: takesPlusAddresses(row) };
}

/** One mailbox of the tenant's, or all of them, by their connections; all but `hasSmtp`, which only the secrets tell. */
export async function describeMailboxes(tx: TenantTx, id: ConnectionId | null): Promise<Map<string, Omit<Mailbox, 'hasSmtp'>>> {
  const rows = await tx.query<MailboxRow>(DESCRIBE, [id]);
  return new Map(rows.map((row) => [row.connection_id, described(row)]));
}

/** Give a connection its mailbox, or its mailbox another way in. What an admin said about it stays. */
export async function placeMailbox(tx: TenantTx, id: ConnectionId, { inbound, login, folders }: MailboxPlace): Promise<void> {
  // Another way in proves nothing about the addresses that the former one took.
  await tx.query(
    `insert into mailbox (tenant_id, connection_id, inbound, login, folders)
     values ($1, $2, $3, $4, coalesce($5::text[], case when $3 = 'imap' then $6::text[] else '{}' end))
     on conflict (tenant_id, connection_id) do update set
       inbound = excluded.inbound, login = excluded.login, revision = mailbox.revision + 1,
       folders = case when $5::text[] is not null or mailbox.folders = '{}' then excluded.folders else mailbox.folders end,
       plus_works = case when mailbox.inbound = excluded.inbound then mailbox.plus_works end,
       plus_checked_at = case when mailbox.inbound = excluded.inbound then mailbox.plus_checked_at end,
       error_code = null, error_message = null, error_remedy = null, error_at = null, error_since = null`,
    [tx.tenantId, id, inbound, login, folders ?? null, FIRST_FOLDERS],
  );
}

/** Change what an admin says about it; what is left out stays. */
export async function changeMailbox(tx: TenantTx, id: ConnectionId, change: MailboxSettingsChange): Promise<void> {
  const lower = (texts: string[] | undefined) => (texts === undefined ? null : [...new Set(texts.map((text) => text.toLowerCase()))]);
  await tx.query(
    `update mailbox set signature = coalesce($2, signature), forms = coalesce($3, forms), plus_addressing = coalesce($4, plus_addressing),
       auto_reply_on = coalesce($5, auto_reply_on), auto_reply_text = coalesce($6, auto_reply_text), agent_mail = coalesce($7, agent_mail),
       authserv_ids = coalesce($8, authserv_ids), trusted_sealers = coalesce($9, trusted_sealers)
     where connection_id = $1`,
    [
      id,
      change.signature ?? null,
      lower(change.forms),
      change.plusAddressing ?? null,
      change.autoReply?.on ?? null,
      change.autoReply?.text ?? null,
      change.agentMail ?? null,
      lower(change.authservIds),
      lower(change.trustedSealers),
    ],
  );
}

/** Who routes all mail of a domain to a webhook or to our own door brings that too; an account on a mail server has to prove it. */
function takesPlusAddresses({ plus_addressing: wish, plus_works: works, inbound }: SettingsRow): boolean {
  return wish === 'auto' ? (works ?? inbound !== 'imap') : wish === 'on';
}

function settingsOf(row: SettingsRow): MailboxSettings {
  return {
    signature: row.signature,
    forms: row.forms,
    plusAddressing: row.plus_addressing,
    autoReply: { on: row.auto_reply_on, text: row.auto_reply_text },
    agentMail: row.agent_mail,
    authservIds: row.authserv_ids,
    trustedSealers: row.trusted_sealers,
  };
}

function described(row: MailboxRow): Omit<Mailbox, 'hasSmtp'> {
  const { error_code: code, error_message: message, error_remedy: remedy, error_at: at, error_since: since } = row;
  return {
    inbound: row.inbound,
    login: row.login,
    folders: row.folders,
    settings: settingsOf(row),
    plusAddressingWorks: row.plus_works,
    health: {
      lastSeenAt: row.last_seen_at?.toISOString() ?? null,
      lagSeconds: row.lag_seconds,
      error:
        code === null || remedy === null || at === null
          ? null
          : { code, message: message ?? '', remedy, at: at.toISOString(), since: (since ?? at).toISOString() },
      folders: row.folders.map((path) => {
        const seenAt = row.seen.find((folder) => folder.path === path)?.at ?? null;
        return { path, lastSeenAt: seenAt === null ? null : new Date(seenAt).toISOString() };
      }),
    },
    dkim:
      row.selector === null || row.public_key === null
        ? null
        : {
            recordName: dkimRecordName(row.selector, row.external_id),
            recordValue: dkimRecordValue(row.public_key),
            state: row.found_at === null ? 'waiting' : 'signing',
          },
  };
}
