import { AssertionError } from 'node:assert/strict';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, CONFIG, type Config, Database, DAY_MS, Log, SecretBox, type TenantId, type TenantTx } from '#platform';
import { ChannelError, type Hold, type OpenConnection } from '../channel.js';
import { type ComposedMail, composeMail, type OutgoingMail } from './compose-mail.js';
import { DkimKeys } from './dkim-key.service.js';
import { type DkimKey, signDkim } from './dkim-sign.js';
import { loopMark } from './loop-mark.js';
import { resolveMailHost } from './mail-host.js';
import { MailTokens } from './mail-tokens.service.js';
import { domainOf, RELAY, SendPace } from './send-pace.service.js';
import { asChannelError, isSenderRefused, noRelay, whoPutOff } from './smtp-refusal.js';
import { MailNotSent } from './smtp-remedy.js';
import { type SentMail, SmtpSender, type SmtpServer } from './smtp-sender.js';

/** A server that takes no sender with a token is not asked again for so long. */
const PLAIN_SENDER_MS = DAY_MS;
/** Servers that put their own sender on the envelope, or refuse any other only after the text. */
const OWN_SENDER_HOSTS = new Set(['smtp.gmail.com', 'smtp.office365.com', 'smtp-mail.outlook.com']);

export interface MailboxMail extends OutgoingMail {
  /** A sender for the envelope that says which mail a report is about; the mailbox' own address where the server takes no other. */
  returnPath?: string | null;
  /** Only these have not got it yet. */
  left?: readonly string[] | null;
}

interface Way {
  key: DkimKey | null;
  isPlain: boolean;
}

interface Envelope {
  from: string;
  to: string[];
}

/**
 * Sends mail from mailboxes: composed, signed, by each one's own server, or by the installation's where a mailbox has none.
 *
 * Nothing is repeated by itself but what certainly was not sent: with the plain address when the server refuses a sender with a token, and
 * with a fresh token when it refuses the old one.
 */
@Injectable()
export class MailboxSender implements OnApplicationShutdown {
  /** For servers that tenants name, and for the operator's own. */
  private readonly checked: SmtpSender;
  private readonly trusted = new SmtpSender();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly secrets: SecretBox,
    private readonly keys: DkimKeys,
    private readonly pace: SendPace,
    private readonly tokens: MailTokens,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.checked = new SmtpSender({ findHost: (host) => resolveMailHost(host, config) });
  }

  onApplicationShutdown(): void {
    this.checked.close();
    this.trusted.close();
  }

  /** Why a mail to these has to wait; null when it may go now, and then it counts. */
  hold(tx: TenantTx, connection: OpenConnection, addresses: readonly string[]): Promise<Hold | null> {
    return this.pace.hold(tx, connection, addresses);
  }

  /**
   * Send one mail.
   *
   * Limits   10 minutes
   * Errors   ChannelError; `unknown`: it may have been sent
   */
  async send(connection: OpenConnection, mail: MailboxMail): Promise<SentMail> {
    const tenantId = connection.tenantId as TenantId;
    const way = await this.db.inTenant(tenantId, (tx) => this.wayOf(tx, connection));
    const composed = await this.compose(mail);
    const raw = way.key === null ? composed.raw : await signDkim(composed.raw, way.key, mail.date);
    const to = composed.envelope.to.filter((address) => mail.left?.includes(address) ?? true);
    try {
      const sent = await this.sendBy(connection, {
        raw,
        to,
        plain: composed.envelope.from,
        path: way.isPlain ? null : (mail.returnPath ?? null),
      });
      await this.db.inTenant(tenantId, (tx) => this.pace.taken(tx, connection.id, sent.accepted));
      return sent;
    } catch (error) {
      if (!(error instanceof MailNotSent)) throw error;
      const who = whoPutOff(error);
      if (who !== null) await this.pace.putOff(tenantId, connection.id, who === 'relay' ? RELAY : domainOf(to[0]!));
      throw asChannelError(error);
    }
  }

  private async wayOf(tx: TenantTx, connection: OpenConnection): Promise<Way> {
    const [relay] = await tx.query<{ until: Date | null }>('select plain_sender_until as until from mail_relay where connection_id = $1', [
      connection.id,
    ]);
    const isRefused = relay?.until != null && relay.until > this.clock.now();
    return { key: await this.keys.signingKey(tx, connection), isPlain: isRefused || hasOwnSender(connection) };
  }

  private async compose(mail: MailboxMail): Promise<ComposedMail> {
    const mark = mail.automatic === undefined ? {} : { loopMark: loopMark(this.secrets.derive('mail loop')) };
    try {
      return await composeMail({ ...mail, ...mark });
    } catch (error) {
      // An address of the contact's own making cannot stand in a header. Trying again makes it no better.
      if (error instanceof AssertionError) {
        throw new ChannelError('give_up', 'bad_address', 'This is not an address that mail can be sent to.');
      }
      throw error;
    }
  }

  private async sendBy(
    connection: OpenConnection,
    { raw, to, plain, path }: { raw: Buffer; to: string[]; plain: string; path: string | null },
  ): Promise<SentMail> {
    if (path === null) return this.hand(connection, raw, { from: plain, to });
    try {
      return await this.hand(connection, raw, { from: path, to });
    } catch (error) {
      if (!(error instanceof MailNotSent) || !isSenderRefused(error)) throw error;
      const sent = await this.hand(connection, raw, { from: plain, to });
      this.log.info('sender_with_token_refused', { connectionId: connection.id, code: error.code });
      await this.rememberPlain(connection);
      return sent;
    }
  }

  private async rememberPlain({ tenantId, id }: OpenConnection): Promise<void> {
    const until = new Date(this.clock.now().getTime() + PLAIN_SENDER_MS);
    await this.db.inTenant(tenantId as TenantId, (tx) =>
      tx.query(
        `insert into mail_relay (tenant_id, connection_id, plain_sender_until) values ($1, $2, $3)
         on conflict (tenant_id, connection_id) do update set plain_sender_until = excluded.plain_sender_until`,
        [tx.tenantId, id, until],
      ),
    );
  }

  private async hand(connection: OpenConnection, raw: Buffer, envelope: Envelope): Promise<SentMail> {
    const url = connection.secrets['smtpUrl'];
    if (url !== undefined) return this.checked.send({ url, raw, envelope });
    if (connection.mailbox?.login != null) return this.handSignedIn(connection, raw, envelope);
    if (this.config.smtpUrl === null) throw noRelay();
    return this.trusted.send({ url: this.config.smtpUrl, raw, envelope });
  }

  private async handSignedIn({ tenantId, id }: OpenConnection, raw: Buffer, envelope: Envelope): Promise<SentMail> {
    const first = await this.tokens.accessToken(tenantId, id);
    try {
      return await this.checked.send({ ...serverOf(first), raw, envelope });
    } catch (error) {
      if (!(error instanceof MailNotSent) || error.phase !== 'sign_in' || error.remedy !== 'reconnect') throw error;
      const fresh = await this.tokens.accessToken(tenantId, id, { refused: first.token });
      return this.checked.send({ ...serverOf(fresh), raw, envelope });
    }
  }
}

type Access = Awaited<ReturnType<MailTokens['accessToken']>>;

function serverOf({ smtp, user, token }: Access): SmtpServer {
  return { place: smtp, user, accessToken: token };
}

function hasOwnSender({ mailbox, secrets }: OpenConnection): boolean {
  const { smtpUrl: url } = secrets;
  if (url === undefined) return mailbox?.login != null;
  return URL.canParse(url) && OWN_SENDER_HOSTS.has(new URL(url).hostname.toLowerCase());
}
