import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { type Actor, auditedAs } from '#accounts';
import type { ChoosePages, Connection, PageLogin } from '#contract';
import { defineJob, Jobs } from '#jobs';
import { Clock, CONFIG, type Config, Database, isUuid, MINUTE_MS, newId, notFound, Refusal, SecretBox, type TenantId } from '#platform';
import { ConnectionService } from '../connection.service.js';
import { FacebookLogin, type GrantedPage, type LoginGrant } from './facebook-login.js';
import { PageService } from './page.service.js';

const STATE_BYTES = 16;
const STATE = /^[A-Za-z0-9_-]{22}$/;
const STATE_LIFE_MS = 10 * MINUTE_MS;
const PAGES_LIFE_MS = 15 * MINUTE_MS;
/** Beginning without ending, again and again, must not fill a table. */
const LOGINS_PER_AGENT_MAX = 10;
/** Each takes several calls of Facebook. */
const CONNECTED_AT_ONCE_MAX = 4;

/** A login that nobody finished is forgotten when its time is over, with what it brought. */
const ForgetPageLogin = defineJob({ name: 'forget-page-login', payload: z.object({ tenantId: z.uuid(), loginId: z.uuid() }) });

/** What Facebook's dialog sends the browser back with. */
export interface LoginReturn {
  state: string | undefined;
  code: string | undefined;
  error: string | undefined;
}

interface Refused {
  index: number;
  refusal: Refusal;
}

/** Logging in with Facebook to connect pages: there, back, and the choice. */
@Injectable()
export class PageLoginService implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly secrets: SecretBox,
    private readonly jobs: Jobs,
    private readonly facebook: FacebookLogin,
    private readonly connections: ConnectionService,
    private readonly pages: PageService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(ForgetPageLogin, ({ tenantId, loginId }) =>
      this.db.inTenant(tenantId as TenantId, async (tx) => {
        await tx.query('delete from page_login where id = $1 and expires_at <= $2', [loginId, this.clock.now()]);
      }),
    );
  }

  /** The address of Facebook's dialog for this agent and session, good once and for ten minutes. Errors: unprocessable `no_facebook_app`. */
  async begin(actor: Actor): Promise<string> {
    if (this.config.facebook.appId === '' || this.config.facebook.appSecrets.length === 0) {
      throw new Refusal('unprocessable', 'no_facebook_app', 'This installation has no Meta app yet. Its operator can add one.');
    }
    const state = randomBytes(STATE_BYTES).toString('base64url');
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + STATE_LIFE_MS);
    const id = newId(now);
    await this.db.inTenant(actor, async (tx) => {
      await tx.query(
        `delete from page_login where agent_id = $1 and (expires_at <= $2 or id not in (
           select id from page_login where agent_id = $1 order by created_at desc, id desc limit $3))`,
        [actor.agentId, now, LOGINS_PER_AGENT_MAX - 1],
      );
      await tx.query(
        `insert into page_login (tenant_id, id, agent_id, session_id, state_digest, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [actor.tenantId, id, actor.agentId, actor.sessionId, digestOf(state), expiresAt, now],
      );
      await this.jobs.enqueue(tx, ForgetPageLogin, { tenantId: actor.tenantId, loginId: id }, forget(id, expiresAt));
    });
    return this.facebook.dialogUrl(state);
  }

  /**
   * Take in what Facebook sent the browser back with. Answers the login's id; its pages can then be chosen for a quarter of an hour.
   *
   * Errors   unprocessable `bad_state` (also of another session), `used_state`, `expired_state`, `access_denied`, `facebook_refused`,
   *          `no_pages`; unavailable `facebook_unavailable`
   * Repeats  refused: a state is good once
   */
  async finish(actor: Actor, { state, code, error }: LoginReturn): Promise<string> {
    const id = await this.useState(actor, state);
    if (error !== undefined) {
      throw error === 'access_denied'
        ? new Refusal('unprocessable', 'access_denied', 'You did not let Omnidesk have the pages, so nothing was changed.')
        : facebookRefused();
    }
    if (code === undefined) throw facebookRefused();
    const grant = await this.facebook.grantFor(code);
    if (grant.pages.length === 0) {
      throw new Refusal('unprocessable', 'no_pages', 'Facebook showed no page. Choose at least one page in its dialog.');
    }
    const expiresAt = new Date(this.clock.now().getTime() + PAGES_LIFE_MS);
    await this.db.inTenant(actor, async (tx) => {
      const sealed = this.secrets.seal(JSON.stringify(grant), sealedFor(actor.tenantId, id));
      await tx.query('update page_login set sealed_pages = $2, expires_at = $3 where id = $1', [id, sealed, expiresAt]);
      await this.jobs.enqueue(tx, ForgetPageLogin, { tenantId: actor.tenantId, loginId: id }, forget(id, expiresAt));
    });
    return id;
  }

  /** The pages that a login brought, and which of them can be connected. Errors: not_found, also for a colleague's. */
  async look(actor: Actor, id: string): Promise<PageLogin> {
    const { pages, expiresAt } = await this.open(actor, id);
    const described = await Promise.all(
      pages.map(async (page) => ({ id: page.id, name: page.name, state: await this.stateOf(actor.tenantId, page) })),
    );
    return { id, pages: described, expiresAt: expiresAt.toISOString() };
  }

  /**
   * Connect the chosen pages. Those that can be are; of the others each is named in the refusal's fields as `pages.<position>`.
   *
   * Errors   not_found; the refusal of the one page, or unprocessable `pages_refused` where several were refused for different reasons
   * Repeats  a page that is connected already is renewed
   */
  async choose(actor: Actor, id: string, { pages: chosen }: ChoosePages): Promise<Connection[]> {
    const { pages, grantedBy } = await this.open(actor, id);
    const refused: Refused[] = [];
    const connected: Connection[] = [];
    const connectOne = async ({ pageId, moveCode }: ChoosePages['pages'][number], index: number): Promise<void> => {
      try {
        const page = pages.find((candidate) => candidate.id === pageId);
        if (!page) throw new Refusal('unprocessable', 'page_not_granted', 'This page was not among those that Facebook showed.');
        demandTasks(page);
        connected.push(await this.pages.connect(actor.tenantId, { pageId, pageToken: page.token, moveCode, grantedBy }, auditedAs(actor)));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push({ index, refusal: error });
      }
    };
    for (let at = 0; at < chosen.length; at += CONNECTED_AT_ONCE_MAX) {
      await Promise.all(chosen.slice(at, at + CONNECTED_AT_ONCE_MAX).map((page, beside) => connectOne(page, at + beside)));
    }
    if (refused.length > 0) throw asOneRefusal(refused);
    return connected;
  }

  private async useState({ tenantId, agentId, sessionId }: Actor, state: string | undefined): Promise<string> {
    if (state === undefined || !STATE.test(state)) throw badState();
    const now = this.clock.now();
    const login = await this.db.inTenant(tenantId, async (tx) => {
      const [found] = await tx.query<{ id: string; state_used_at: Date | null; expires_at: Date }>(
        `select id, state_used_at, expires_at from page_login
         where state_digest = $1 and agent_id = $2 and session_id = $3 for update`,
        [digestOf(state), agentId, sessionId],
      );
      if (found && found.state_used_at === null) {
        await tx.query('update page_login set state_used_at = $2 where id = $1', [found.id, now]);
      }
      return found;
    });
    if (!login) throw badState();
    if (login.state_used_at !== null) {
      throw new Refusal('unprocessable', 'used_state', 'This login was used already. Begin again under Connections.');
    }
    if (login.expires_at <= now)
      throw new Refusal('unprocessable', 'expired_state', 'This login took too long. Begin again under Connections.');
    return login.id;
  }

  private async open({ tenantId, agentId }: Actor, id: string): Promise<LoginGrant & { expiresAt: Date }> {
    if (!isUuid(id)) throw notFound();
    const [row] = await this.db.inTenant(tenantId, (tx) =>
      tx.query<{ sealed_pages: Buffer; expires_at: Date }>(
        'select sealed_pages, expires_at from page_login where id = $1 and agent_id = $2 and sealed_pages is not null and expires_at > $3',
        [id, agentId, this.clock.now()],
      ),
    );
    if (!row) throw notFound();
    const grant = JSON.parse(this.secrets.open(row.sealed_pages, sealedFor(tenantId, id)).toString()) as LoginGrant;
    return { ...grant, expiresAt: row.expires_at };
  }

  private async stateOf(tenantId: TenantId, page: GrantedPage): Promise<PageLogin['pages'][number]['state']> {
    if (!page.tasks.includes('MESSAGING')) return 'no_messaging';
    if (!page.tasks.includes('MODERATE')) return 'no_moderate';
    const route = await this.connections.routeOf('messenger', page.id);
    return route === null ? 'free' : route.tenantId === tenantId ? 'ours' : 'elsewhere';
  }
}

function demandTasks({ tasks }: GrantedPage): void {
  if (!tasks.includes('MESSAGING')) {
    throw new Refusal(
      'unprocessable',
      'no_messaging',
      'You may not answer messages of this page. An admin of the page can allow it on Facebook.',
    );
  }
  if (!tasks.includes('MODERATE')) {
    throw new Refusal('unprocessable', 'no_moderate', 'You may not moderate this page. An admin of the page can allow it on Facebook.');
  }
}

function asOneRefusal(refused: Refused[]): Refusal {
  const inOrder = refused.sort((one, other) => one.index - other.index);
  const [{ refusal: first }] = inOrder as [Refused];
  const fields = inOrder.map(({ index, refusal }) => ({ path: `pages.${String(index)}`, code: refusal.code, message: refusal.message }));
  const isOneReason = inOrder.every(({ refusal }) => refusal.code === first.code);
  return isOneReason
    ? new Refusal(first.kind, first.code, first.message, fields)
    : new Refusal('unprocessable', 'pages_refused', 'Some of the pages could not be connected. The others are.', fields);
}

function facebookRefused(): Refusal {
  return new Refusal('unprocessable', 'facebook_refused', 'Facebook ended the login. Begin again under Connections.');
}

function badState(): Refusal {
  return new Refusal('unprocessable', 'bad_state', 'This login was not begun here, in this browser. Begin again under Connections.');
}

function forget(id: string, runAt: Date): { runAt: Date; onceKey: string } {
  return { runAt, onceKey: `forget-page-login:${id}` };
}

// 128 random bits need no slow hash: they cannot be guessed.
function digestOf(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}

function sealedFor(tenantId: TenantId, id: string) {
  return { owner: tenantId, purpose: `page login ${id}` };
}
