import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { MailLoginProvider, MailServerPlace } from '#contract';
import { Clock, Database, MINUTE_MS, SECOND_MS, SecretBox, type TenantId, type TenantTx } from '#platform';
import { ChannelError } from '../channel.js';
import type { ConnectionId } from '../connection-id.js';
import { ConnectionService } from '../connection.service.js';
import { MailLoginClient, MailLoginRefused, type MailTokensPair } from './mail-login-client.js';
import type { SignedInAccount } from './mail-login.service.js';
import { readMailUrl } from './mail-server-url.js';

/*
 * Access tokens of mailboxes that their provider signs in. They live for an hour or so, and everybody who fetches or sends mail needs one;
 * new ones cost a call, and at some providers make the former refresh token worthless. So there is one call at a time for each mailbox, in
 * the whole installation: whoever finds the token old marks the row as being renewed and lets go of it, calls, and stores what came. The
 * others wait for that. Who dies meanwhile loses the mark after half a minute.
 */

/** With less left than this a token could end in the middle of what it is for. */
const LEFT_MS_MIN = 5 * MINUTE_MS;
const TURN_MS = 30 * SECOND_MS;
const WAIT_MS_MAX = 40 * SECOND_MS;
const LOOK_AGAIN_MS = 250;

const GRANT_GONE =
  'The mail provider no longer lets Omnidesk in: the permission was taken back, or the password was changed. Sign in with the provider again.';

export interface MailAccess {
  user: string;
  token: string;
  imap: MailServerPlace;
  smtp: MailServerPlace;
}

interface GrantRow {
  provider: MailLoginProvider;
  sealed_tokens: Buffer;
  access_expires_at: Date;
  refreshing_until: Date | null;
  version: number;
}

interface UsableToken {
  token: string;
  provider: MailLoginProvider;
}

type Found = UsableToken | { wait: true } | { refresh: GrantRow; tokens: MailTokensPair };

interface Refreshing {
  tenantId: TenantId;
  connectionId: ConnectionId;
  grant: GrantRow;
  tokens: MailTokensPair;
  /** The token we have is no good any more, whatever its time says. */
  isRefused: boolean;
}

/** What speaks for a mailbox that its provider signs in. */
@Injectable()
export class MailTokens {
  /** Those of this process who want the same wait for one answer. */
  private readonly asked = new Map<string, Promise<UsableToken>>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly client: MailLoginClient,
    private readonly connections: ConnectionService,
  ) {}

  /**
   * A token that is good for five minutes at least, and where to use it.
   *
   * Shape    refused: a token that the server just refused, so that another one is wanted
   * Limits   40 s
   * Errors   ChannelError: `reconnect` when the provider no longer lets us in, then the connection is marked so; `try_later`
   */
  async accessToken(tenantId: string, connectionId: string, { refused }: { refused?: string } = {}): Promise<MailAccess> {
    const [tenant, connection] = [tenantId as TenantId, connectionId as ConnectionId];
    const key = `${tenantId} ${connectionId} ${refused ?? ''}`;
    const asked = this.asked.get(key) ?? this.find(tenant, connection, refused).finally(() => this.asked.delete(key));
    this.asked.set(key, asked);
    const { token, provider } = await asked;
    // A shared mailbox is signed in by its own name with the token of one who may use it.
    const user = await this.connections.externalIdOf({ tenantId: tenant, connectionId: connection });
    return { user: user ?? '', token, ...this.placesOf(provider) };
  }

  /** A provider's servers. Errors: ChannelError `mail_login_not_set_up`. */
  placesOf(provider: MailLoginProvider): Pick<MailAccess, 'imap' | 'smtp'> {
    const config = this.client.configOf(provider);
    const imap = readMailUrl(config?.imapUrl ?? '')?.place;
    const smtp = readMailUrl(config?.smtpUrl ?? '')?.place;
    if (imap === undefined || smtp === undefined) throw notSetUp();
    return { imap, smtp };
  }

  /** Keep what a login brought for the mailbox that was connected with it, in place of what was before. */
  async keep(tx: TenantTx, connectionId: ConnectionId, { provider, address, tokens, accessExpiresAt }: SignedInAccount): Promise<void> {
    await tx.query(
      `insert into mail_grant (tenant_id, connection_id, provider, address, sealed_tokens, access_expires_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (tenant_id, connection_id) do update set provider = excluded.provider, address = excluded.address,
         sealed_tokens = excluded.sealed_tokens, access_expires_at = excluded.access_expires_at, refreshing_until = null,
         version = mail_grant.version + 1`,
      [tx.tenantId, connectionId, provider, address, this.sealed(tx.tenantId, connectionId, tokens), accessExpiresAt],
    );
  }

  /** Forget what speaks for a mailbox. */
  async forget(tx: TenantTx, connectionId: ConnectionId): Promise<void> {
    await tx.query('delete from mail_grant where connection_id = $1', [connectionId]);
  }

  private async find(tenantId: TenantId, connectionId: ConnectionId, refused: string | undefined): Promise<UsableToken> {
    const giveUp = AbortSignal.timeout(WAIT_MS_MAX);
    while (!giveUp.aborted) {
      const found = await this.db.inTenant(tenantId, (tx) => this.look(tx, connectionId, refused));
      if ('token' in found) return found;
      if ('refresh' in found) {
        const { refresh: grant, tokens } = found;
        return this.refresh({ tenantId, connectionId, grant, tokens, isRefused: tokens.accessToken === refused });
      }
      await pause(LOOK_AGAIN_MS);
    }
    throw unavailable();
  }

  private async look(tx: TenantTx, connectionId: ConnectionId, refused: string | undefined): Promise<Found> {
    const [grant] = await tx.query<GrantRow>(
      `select provider, sealed_tokens, access_expires_at, refreshing_until, version from mail_grant
       where connection_id = $1 for update`,
      [connectionId],
    );
    if (!grant) throw new ChannelError('reconnect', 'not_signed_in', 'Nobody has signed this mailbox in with its provider.');
    const now = this.clock.now();
    const tokens = this.opened(tx.tenantId, connectionId, grant.sealed_tokens);
    const isGood = grant.access_expires_at.getTime() - now.getTime() > LEFT_MS_MIN && tokens.accessToken !== refused;
    if (isGood) return { token: tokens.accessToken, provider: grant.provider };
    if (grant.refreshing_until !== null && grant.refreshing_until > now) return { wait: true };
    await tx.query('update mail_grant set refreshing_until = $2 where connection_id = $1', [
      connectionId,
      new Date(now.getTime() + TURN_MS),
    ]);
    return { refresh: grant, tokens };
  }

  /** Outside of any transaction, so that nobody's row is held while the provider thinks. */
  private async refresh(refreshing: Refreshing): Promise<UsableToken> {
    const { tenantId, connectionId, grant, tokens: former } = refreshing;
    try {
      const { tokens, accessExpiresAt } = await this.client.refresh(grant.provider, former.refreshToken);
      await this.db.inTenant(tenantId, async (tx) => {
        await tx.query(
          `update mail_grant set sealed_tokens = $3, access_expires_at = $4, refreshing_until = null
           where connection_id = $1 and version = $2`,
          [connectionId, grant.version, this.sealed(tenantId, connectionId, tokens), accessExpiresAt],
        );
      });
      return { token: tokens.accessToken, provider: grant.provider };
    } catch (error) {
      const trouble = await this.troubleOf(refreshing, error);
      const isStillGood = !refreshing.isRefused && grant.access_expires_at > this.clock.now();
      // Minutes are better than nothing while the provider thinks.
      if (isStillGood && trouble instanceof ChannelError && trouble.remedy === 'try_later') {
        return { token: former.accessToken, provider: grant.provider };
      }
      throw trouble;
    }
  }

  private async troubleOf({ tenantId, connectionId, grant }: Refreshing, error: unknown): Promise<unknown> {
    const isGone = error instanceof MailLoginRefused && error.why === 'gone';
    const isReplaced = await this.db.inTenant(tenantId, async (tx) => {
      const ours = await tx.query(
        'update mail_grant set refreshing_until = null where connection_id = $1 and version = $2 returning connection_id',
        [connectionId, grant.version],
      );
      if (isGone && ours.length > 0) await this.connections.markBroken(tx, connectionId, { code: 'grant_gone' });
      return ours.length === 0;
    });
    if (!(error instanceof MailLoginRefused)) return error;
    // Somebody signed in anew meanwhile: then it is not this mailbox that is broken.
    if (isGone && !isReplaced) return new ChannelError('reconnect', 'grant_gone', GRANT_GONE);
    return error.why === 'ours' ? notSetUp() : unavailable();
  }

  private sealed(tenantId: TenantId, connectionId: ConnectionId, tokens: MailTokensPair): Buffer {
    return this.secrets.seal(JSON.stringify(tokens), sealedFor(tenantId, connectionId));
  }

  private opened(tenantId: TenantId, connectionId: ConnectionId, sealed: Buffer): MailTokensPair {
    return JSON.parse(this.secrets.open(sealed, sealedFor(tenantId, connectionId)).toString()) as MailTokensPair;
  }
}

function sealedFor(tenantId: TenantId, connectionId: ConnectionId) {
  return { owner: tenantId, purpose: `mail grant ${connectionId}` };
}

function unavailable(): ChannelError {
  return new ChannelError('try_later', 'mail_login_unavailable', 'The mail provider gives no access right now. It is tried again.');
}

function notSetUp(): ChannelError {
  return new ChannelError(
    'try_later',
    'mail_login_not_set_up',
    'Signing in with this mail provider is not set up rightly on this installation. Its operator has to look at it.',
  );
}
