import { createHash, randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '#accounts';
import type { MailLogin, MailLoginProvider } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, Database, isUuid, MINUTE_MS, newId, notFound, Refusal, SecretBox, type TenantId } from '#platform';
import { type GrantedMail, MailLoginClient, MailLoginRefused, type MailTokensPair } from './mail-login-client.js';

const STATE_BYTES = 16;
const STATE = /^[A-Za-z0-9_-]{22}$/;
const CODE_CHARS_MAX = 4000;
const STATE_LIFE_MS = 15 * MINUTE_MS;
const LOGIN_LIFE_MS = 15 * MINUTE_MS;
/** Beginning without ending, again and again, must not fill a table. */
const LOGINS_PER_AGENT_MAX = 10;

/** A login that nobody finished is forgotten when its time is over, with what it brought. */
const ForgetMailLogin = defineJob({ name: 'forget-mail-login', payload: z.object({ tenantId: z.uuid(), loginId: z.uuid() }) });

/** What the provider's page sends the browser back with. */
export interface MailLoginReturn {
  state: string | undefined;
  code: string | undefined;
  error: string | undefined;
}

/** An account that an agent signed in, with what speaks for it. */
export interface SignedInAccount extends GrantedMail {
  provider: MailLoginProvider;
}

interface LoginRow {
  id: string;
  provider: MailLoginProvider;
  state_used_at: Date | null;
  expires_at: Date;
}

/** Signing a mailbox in with Google or Microsoft: there, back, and kept until it is connected. */
@Injectable()
export class MailLoginService implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly client: MailLoginClient,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(ForgetMailLogin, ({ tenantId, loginId }) =>
      this.db.inTenant(tenantId as TenantId, async (tx) => {
        await tx.query('delete from mail_login where id = $1 and expires_at <= $2', [loginId, this.clock.now()]);
      }),
    );
  }

  /** Whether the operator set this provider up. */
  isPossible(provider: MailLoginProvider): boolean {
    return this.client.configOf(provider) !== null;
  }

  /** The address of the provider's page for this agent and session, good once and for a quarter of an hour. Errors: unprocessable `no_mail_login`. */
  async begin(actor: Actor, provider: MailLoginProvider): Promise<string> {
    if (!this.isPossible(provider)) {
      throw new Refusal('unprocessable', 'no_mail_login', 'Signing in with this provider is not set up here yet. The operator can add it.');
    }
    const state = randomBytes(STATE_BYTES).toString('base64url');
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + STATE_LIFE_MS);
    const id = newId(now);
    await this.db.inTenant(actor, async (tx) => {
      await tx.query(
        `delete from mail_login where agent_id = $1 and (expires_at <= $2 or id not in (
           select id from mail_login where agent_id = $1 order by created_at desc, id desc limit $3))`,
        [actor.agentId, now, LOGINS_PER_AGENT_MAX - 1],
      );
      await tx.query(
        `insert into mail_login (tenant_id, id, agent_id, session_id, provider, state_digest, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [actor.tenantId, id, actor.agentId, actor.sessionId, provider, digestOf(state), expiresAt, now],
      );
      await this.jobs.enqueue(tx, ForgetMailLogin, { tenantId: actor.tenantId, loginId: id }, forget(id, expiresAt));
    });
    return this.client.pageUrl(provider, { state, verifier: this.verifierOf(state) });
  }

  /**
   * Take in what the provider sent the browser back with. Answers the login's id, good for a quarter of an hour.
   *
   * Errors   unprocessable `bad_state` (also of another session), `used_state`, `expired_state`, `access_denied`, `mail_login_refused`,
   *          `mail_scope_missing`; unavailable `mail_login_unavailable`
   * Repeats  refused: a state is good once
   */
  async finish(actor: Actor, { state, code, error }: MailLoginReturn): Promise<string> {
    const { id, provider } = await this.useState(actor, state);
    if (error === 'access_denied') {
      throw new Refusal('unprocessable', 'access_denied', 'You did not let Omnidesk have the mailbox, so nothing was changed.');
    }
    if (error !== undefined || code === undefined || code.length > CODE_CHARS_MAX) throw refused();
    const grant = await this.client.grantFor(provider, { code, verifier: this.verifierOf(state!) }).catch((failure: unknown) => {
      throw failure instanceof MailLoginRefused ? asRefusal(failure) : failure;
    });
    const expiresAt = new Date(this.clock.now().getTime() + LOGIN_LIFE_MS);
    await this.db.inTenant(actor, async (tx) => {
      const { address, ...kept } = grant;
      const sealed = this.secrets.seal(JSON.stringify(kept), sealedFor(actor.tenantId, id));
      await tx.query('update mail_login set address = $2, sealed_tokens = $3, expires_at = $4 where id = $1', [
        id,
        address,
        sealed,
        expiresAt,
      ]);
      await this.jobs.enqueue(tx, ForgetMailLogin, { tenantId: actor.tenantId, loginId: id }, forget(id, expiresAt));
    });
    return id;
  }

  /** Whose account a login brought. Errors: not_found, also for a colleague's. */
  async look(actor: Actor, id: string): Promise<MailLogin> {
    const { provider, address, expires_at: expiresAt } = await this.row(actor, id);
    return { id, provider, address, expiresAt: expiresAt.toISOString() };
  }

  /** The account itself, to be connected. Errors: unprocessable `mail_login_gone`, also for a colleague's. */
  async open(actor: Actor, id: string): Promise<SignedInAccount> {
    const row = await this.row(actor, id).catch(() => {
      throw new Refusal('unprocessable', 'mail_login_gone', 'This sign-in is over. Sign in with the provider again.');
    });
    const { tokens, accessExpiresAt } = JSON.parse(this.secrets.open(row.sealed_tokens, sealedFor(actor.tenantId, id)).toString()) as {
      tokens: MailTokensPair;
      accessExpiresAt: string;
    };
    return { provider: row.provider, address: row.address, tokens, accessExpiresAt: new Date(accessExpiresAt) };
  }

  private async row({ tenantId, agentId }: Actor, id: string) {
    if (!isUuid(id)) throw notFound();
    const [row] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ provider: MailLoginProvider; address: string; sealed_tokens: Buffer; expires_at: Date }>(
        `select provider, address, sealed_tokens, expires_at from mail_login
         where id = $1 and agent_id = $2 and sealed_tokens is not null and expires_at > $3`,
        [id, agentId, this.clock.now()],
      ),
    );
    if (!row) throw notFound();
    return row;
  }

  private async useState({ tenantId, agentId, sessionId }: Actor, state: string | undefined): Promise<LoginRow> {
    if (state === undefined || !STATE.test(state)) throw badState();
    const now = this.clock.now();
    const login = await this.db.inTenant(tenantId, async (tx) => {
      const [found] = await tx.query<LoginRow>(
        `select id, provider, state_used_at, expires_at from mail_login
         where state_digest = $1 and agent_id = $2 and session_id = $3 for update`,
        [digestOf(state), agentId, sessionId],
      );
      if (found && found.state_used_at === null) {
        await tx.query('update mail_login set state_used_at = $2 where id = $1', [found.id, now]);
      }
      return found;
    });
    if (!login) throw badState();
    if (login.state_used_at !== null) {
      throw new Refusal('unprocessable', 'used_state', 'This login was used already. Begin again under Connections.');
    }
    if (login.expires_at <= now) {
      throw new Refusal('unprocessable', 'expired_state', 'This login took too long. Begin again under Connections.');
    }
    return login;
  }

  /** Only we can tell it from the state, which passes through the browser: so it need not be kept. */
  private verifierOf(state: string): string {
    return this.secrets.digest('mail login verifier', state).toString('base64url');
  }
}

function asRefusal({ why }: MailLoginRefused): Refusal {
  switch (why) {
    case 'later':
      return new Refusal('unavailable', 'mail_login_unavailable', 'The mail provider does not answer right now. Try again in a moment.');
    case 'scope':
      return new Refusal(
        'unprocessable',
        'mail_scope_missing',
        'Reading and sending mail was not allowed. Sign in again, and leave every box ticked.',
      );
    case 'gone':
    case 'ours':
    case 'answer':
      return refused();
    default:
      throw new Error(`unreachable: ${why satisfies never}`);
  }
}

function refused(): Refusal {
  return new Refusal('unprocessable', 'mail_login_refused', 'The mail provider did not accept the login. Begin again under Connections.');
}

function badState(): Refusal {
  return new Refusal('unprocessable', 'bad_state', 'This login was not begun in this session. Begin again under Connections.');
}

function digestOf(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}

function sealedFor(tenantId: TenantId, id: string) {
  return { owner: tenantId, purpose: `mail login ${id}` };
}

function forget(id: string, expiresAt: Date) {
  return { runAt: expiresAt, onceKey: `forget-mail-login:${id}` };
}
