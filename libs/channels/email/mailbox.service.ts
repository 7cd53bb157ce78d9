import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Actor, auditedAs } from '#accounts';
import { Audit, type AuditActor } from '#audit';
import type {
  ConnectedMailbox,
  Connection,
  ConnectMailbox,
  LookAtFolders,
  MailboxSettingsChange,
  MailFolders,
  MailServer,
} from '#contract';
import { Database, Refusal, type TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { changeMailbox, placeMailbox } from '../mailbox-facts.js';
import { DkimKeys } from './dkim-key.service.js';
import { inboundKeyOf } from './inbound-key.js';
import { type ImapServer, imapServerOf } from './imap-server.js';
import { MailLoginService, type SignedInAccount } from './mail-login.service.js';
import { mailUrl } from './mail-server-url.js';
import { MailTest } from './mail-test.js';
import { MailTokens } from './mail-tokens.service.js';
import { MailboxTrial, type Trial } from './mailbox-trial.js';

const KEY_BYTES = 15;
const SECRET_BYTES = 32;

type GivenServer = MailServer | { loginId: string };

/** How a mailbox is reached, taken apart from what was given. */
interface Reach {
  imapUrl: string | null;
  smtpUrl: string | null;
  account: SignedInAccount | null;
  trial: Trial;
}

/** Connecting mailboxes. */
@Injectable()
export class MailboxService {
  constructor(
    private readonly db: Database,
    private readonly connections: ConnectionService,
    private readonly logins: MailLoginService,
    private readonly tokens: MailTokens,
    private readonly trial: MailboxTrial,
    private readonly tests: MailTest,
    private readonly keys: DkimKeys,
    private readonly audit: Audit,
  ) {}

  /**
   * Connect a mailbox, or give one of the tenant's own new ways in and out. What is given is tried first; nothing is saved when it does not
   * work. Its mail comes in over IMAP, at the webhook of its key, or over SMTP by its address. The secrets are shown here and never again.
   *
   * Shape    actor: needed for a login, which only its own agent can use
   * Errors   unprocessable `imap_refused`, `smtp_refused`, `inbound_key_wrong`, `one_way_in`, `mail_login_gone`; conflict `connected_elsewhere`
   */
  async connect(tenantId: TenantId, wish: ConnectMailbox, actor: Actor | null = null): Promise<ConnectedMailbox> {
    const { address, imap, inbound, folders } = wish;
    if (imap && inbound) throw new Refusal('unprocessable', 'one_way_in', 'Choose one way in: fetched over IMAP, or brought to us.');
    const provider = imap ? 'imap' : (inbound?.provider ?? 'raw');
    const inboundKey = inbound ? inboundKeyOf(inbound) : null;
    const reach = await this.reachOf(wish, actor);
    await this.trial.both(reach.trial);
    const externalId = address.toLowerCase();
    const known = await this.known(tenantId, externalId);
    const mailboxKey = known?.mailboxKey ?? randomBytes(KEY_BYTES).toString('hex');
    const inboundSecret = randomBytes(SECRET_BYTES).toString('base64url');
    const { imapUrl, smtpUrl, account } = reach;
    const { id } = await this.connections.connect(tenantId, {
      channel: 'email',
      externalId,
      name: wish.name ?? known?.name ?? address,
      secrets: {
        inboundSecret,
        ...(inboundKey === null ? {} : { inboundKey }),
        ...(imapUrl === null ? {} : { imapUrl }),
        ...(smtpUrl === null ? {} : { smtpUrl }),
      },
      routes: [
        { kind: 'email', externalId: mailboxKey },
        { kind: 'email-address', externalId },
      ],
      madeBy: actor === null ? { kind: 'system' } : auditedAs(actor),
      together: async (tx, id) => {
        await placeMailbox(tx, id, { inbound: provider, login: account?.provider ?? null, folders });
        await (account === null ? this.tokens.forget(tx, id) : this.tokens.keep(tx, id, account));
        await this.tests.plan(tx, id);
      },
    });
    const webhookPath = provider === 'imap' ? null : `/webhooks/email/${mailboxKey}${provider === 'raw' ? '' : `/${provider}`}`;
    await this.keys.ensure(tenantId, id as ConnectionId);
    const connection = await this.connections.find(tenantId, id as ConnectionId);
    return { connection, mailboxKey, inboundSecret: provider === 'postmark' ? inboundKey! : inboundSecret, webhookPath };
  }

  /** What an account holds. Writes nothing. Errors: unprocessable `imap_refused`, `mail_login_gone`. */
  async folders({ imap }: LookAtFolders, actor: Actor): Promise<MailFolders> {
    const account = await this.accountOf([imap], actor);
    const server = 'loginId' in imap ? this.imapOf(account!, account!.address) : imapServerOf(mailUrl('imap', imap));
    return { folders: await this.trial.folders(server, 'loginId' in imap ? account!.provider : null) };
  }

  /** Change what an admin says about a mailbox. Errors: not_found; unprocessable `not_a_mailbox`. */
  async change(tenantId: TenantId, id: ConnectionId, change: MailboxSettingsChange, by: AuditActor): Promise<Connection> {
    return this.db.inTenant(tenantId, async (tx) => {
      const { mailbox } = await this.connections.describe(tx, id);
      if (mailbox === null) throw new Refusal('unprocessable', 'not_a_mailbox', 'This is not a mailbox.');
      await changeMailbox(tx, id, change);
      this.audit.append(tx, { act: 'mailbox_changed', by, about: { kind: 'connection', id }, facts: { changed: Object.keys(change) } });
      return this.connections.announce(tx, id);
    });
  }

  private async known(tenantId: TenantId, externalId: string): Promise<{ name: string; mailboxKey: string | null } | undefined> {
    // The address in the provider's settings goes on to be right when a mailbox is connected again.
    const [known] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ name: string; mailboxKey: string | null }>(
        `select name, (select max(route.external_id) from route where route.tenant_id = connection.tenant_id
             and route.connection_id = connection.id and route.channel = 'email') as "mailboxKey"
         from connection where channel = 'email' and external_id = $1`,
        [externalId],
      ),
    );
    return known;
  }

  private async reachOf({ address, imap, smtp, folders = [] }: ConnectMailbox, actor: Actor | null): Promise<Reach> {
    const account = await this.accountOf([imap, smtp], actor);
    const imapUrl = imap && !('loginId' in imap) ? mailUrl('imap', imap) : null;
    const smtpUrl = smtp && !('loginId' in smtp) ? mailUrl('smtp', smtp) : null;
    const login = account?.provider ?? null;
    const user = address.toLowerCase();
    return {
      imapUrl,
      smtpUrl,
      account,
      trial: {
        imap: imapUrl !== null ? imapServerOf(imapUrl) : imap && account ? this.imapOf(account, user) : null,
        folders,
        smtp:
          smtpUrl !== null
            ? { url: smtpUrl }
            : account && { place: this.tokens.placesOf(account.provider).smtp, user, accessToken: account.tokens.accessToken },
        login,
      },
    };
  }

  private imapOf({ provider, tokens }: SignedInAccount, user: string): ImapServer {
    return { ...this.tokens.placesOf(provider).imap, user, secret: { accessToken: tokens.accessToken } };
  }

  private async accountOf(servers: (GivenServer | undefined)[], actor: Actor | null): Promise<SignedInAccount | null> {
    const ids = [...new Set(servers.flatMap((server) => (server && 'loginId' in server ? [server.loginId] : [])))];
    if (ids.length === 0) return null;
    if (actor === null || ids.length > 1) {
      throw new Refusal('unprocessable', 'mail_login_gone', 'One sign-in serves both directions. Sign in with the provider again.');
    }
    return this.logins.open(actor, ids[0]!);
  }
}
