import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { MailLoginProvider } from '#contract';
import { Clock, CONFIG, type Config, Egress, EgressFailure, Log, type MailLoginConfig, SECOND_MS } from '#platform';

/*
 * Signing in with Google and with Microsoft, as far as it is HTTP: the address of their page, and what their token endpoints answer.
 *
 * Source   https://developers.google.com/identity/protocols/oauth2/web-server
 *          https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
 *          RFC 6749, RFC 7636 (PKCE), OpenID Connect Core 1.0, 3.1.3.7
 */

interface Manners {
  /** What is asked for, to read and send mail and to know whose it is. */
  scope: string;
  /** Without this among what was granted, the tokens are good for nothing. People can untick it. */
  neededScope: RegExp;
  /** Beside the usual questions. */
  authorize: Record<string, string>;
  /** Microsoft wants to hear the scopes again for each new token. */
  repeatsScope: boolean;
}

const MANNERS: Record<MailLoginProvider, Manners> = {
  google: {
    scope: 'https://mail.google.com/ openid email',
    neededScope: /^https:\/\/mail\.google\.com\/$/,
    // Google gives a refresh token only for `offline`, and a second time only after asking again.
    authorize: { access_type: 'offline', prompt: 'consent' },
    repeatsScope: false,
  },
  microsoft: {
    scope: 'https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access openid email',
    neededScope: /\/IMAP\.AccessAsUser\.All$/i,
    authorize: { prompt: 'select_account' },
    repeatsScope: true,
  },
};

const ANSWER_BYTES_MAX = 64 * 1024;
const ASK_TIMEOUT_MS = 15 * SECOND_MS;
const TOKEN_CHARS_MAX = 16_000;
const LIFE_S_MAX = 24 * 3600;
const LIFE_S_USUAL = 3600;
const ADDRESS = /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,253}$/;

/** What a provider gave us to speak for an account. */
export interface MailTokensPair {
  refreshToken: string;
  accessToken: string;
}

export interface GrantedMail {
  tokens: MailTokensPair;
  accessExpiresAt: Date;
  /** Whose account it is, lower case. */
  address: string;
}

/** Why a provider gave no tokens. `gone`: the person took the consent back, or it ended. `ours`: what the operator set up is not right. */
export class MailLoginRefused extends Error {
  override readonly name = 'MailLoginRefused';

  constructor(readonly why: 'gone' | 'ours' | 'later' | 'scope' | 'answer') {
    super(`The mail provider gave no tokens: ${why}`);
  }
}

const Token = z.string().min(1).max(TOKEN_CHARS_MAX);
const Answer = z.object({
  access_token: Token,
  refresh_token: Token.optional(),
  expires_in: z.coerce.number().int().min(1).optional(),
  scope: z.string().optional(),
  id_token: Token.optional(),
});
type Answer = z.infer<typeof Answer>;
const Failure = z.object({ error: z.string() });
const Claims = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  email: z.string().optional(),
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  preferred_username: z.string().optional(),
});

/** The providers' login pages, and what is behind the code they give. */
@Injectable()
export class MailLoginClient {
  constructor(
    private readonly egress: Egress,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** How this installation is known at the provider; null where its operator set nothing up. */
  configOf(provider: MailLoginProvider): MailLoginConfig | null {
    return this.config.mailLogin[provider];
  }

  /** The page at which the person says yes. Shape  verifier: 43 to 128 characters, which only we know */
  pageUrl(provider: MailLoginProvider, { state, verifier }: { state: string; verifier: string }): string {
    const { clientId, authorizeUrl } = this.demandConfig(provider);
    const url = new URL(authorizeUrl);
    const parameters = {
      client_id: clientId,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      scope: MANNERS[provider].scope,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...MANNERS[provider].authorize,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.toString();
  }

  /** What the person behind a code lets us have. Errors: MailLoginRefused. */
  async grantFor(provider: MailLoginProvider, { code, verifier }: { code: string; verifier: string }): Promise<GrantedMail> {
    const { clientId } = this.demandConfig(provider);
    const answer = await this.ask(provider, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.redirectUri,
      code_verifier: verifier,
    });
    const granted = (answer.scope ?? MANNERS[provider].scope).split(/\s+/);
    if (!granted.some((scope) => MANNERS[provider].neededScope.test(scope))) throw new MailLoginRefused('scope');
    const address = addressIn(answer.id_token ?? '', clientId);
    const { refresh_token: refreshToken, access_token: accessToken } = answer;
    if (address === null || refreshToken === undefined) throw new MailLoginRefused('answer');
    return { tokens: { refreshToken, accessToken }, accessExpiresAt: this.endOf(answer), address };
  }

  /** New tokens for old ones. Where the provider gives no new refresh token, the old one stays good. Errors: MailLoginRefused. */
  async refresh(provider: MailLoginProvider, refreshToken: string): Promise<Omit<GrantedMail, 'address'>> {
    const answer = await this.ask(provider, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...(MANNERS[provider].repeatsScope ? { scope: MANNERS[provider].scope } : {}),
    });
    const tokens = { refreshToken: answer.refresh_token ?? refreshToken, accessToken: answer.access_token };
    return { tokens, accessExpiresAt: this.endOf(answer) };
  }

  private get redirectUri(): string {
    return `${this.config.publicUrl}/api/connections/email/callback`;
  }

  private demandConfig(provider: MailLoginProvider): MailLoginConfig {
    const config = this.configOf(provider);
    if (config === null) throw new MailLoginRefused('ours');
    return config;
  }

  private endOf({ expires_in: seconds = LIFE_S_USUAL }: Answer): Date {
    return new Date(this.clock.now().getTime() + Math.min(seconds, LIFE_S_MAX) * SECOND_MS);
  }

  private async ask(provider: MailLoginProvider, what: Record<string, string>): Promise<Answer> {
    const { clientId, clientSecret, tokenUrl } = this.demandConfig(provider);
    try {
      const { status, body } = await this.egress.request({
        url: tokenUrl,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...what }).toString(),
        timeoutMs: ASK_TIMEOUT_MS,
        responseBytesMax: ANSWER_BYTES_MAX,
      });
      const json = asJson(body);
      if (status !== 200) throw this.refusal(provider, status, Failure.safeParse(json).data?.error ?? 'unknown');
      const answer = Answer.safeParse(json);
      if (!answer.success) throw new MailLoginRefused('answer');
      return answer.data;
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      this.log.warn('mail_login_unreachable', { kind: provider, code: error.code });
      throw new MailLoginRefused('later');
    }
  }

  private refusal(provider: MailLoginProvider, status: number, error: string): MailLoginRefused {
    const code = error.replaceAll(/[^a-z_]/g, '').slice(0, 50);
    this.log.warn('mail_login_refused', { kind: provider, status, code });
    if (status >= 500 || status === 429 || code === 'temporarily_unavailable') return new MailLoginRefused('later');
    const isOver = ['invalid_grant', 'interaction_required', 'consent_required', 'login_required'].includes(code);
    return new MailLoginRefused(isOver ? 'gone' : 'ours');
  }
}

/**
 * Whose account it is. The token comes from the provider itself over TLS, so that its signature need not be checked; that it was made for
 * us is. An address that the provider did not verify is nobody's.
 */
function addressIn(idToken: string, clientId: string): string | null {
  const claims = Claims.safeParse(asJson(Buffer.from(idToken.split('.')[1] ?? '', 'base64url'))).data;
  if (claims === undefined || ![claims.aud].flat().includes(clientId)) return null;
  if (claims.email_verified !== undefined && String(claims.email_verified) !== 'true') return null;
  const address = (claims.email ?? claims.preferred_username ?? '').toLowerCase();
  return ADDRESS.test(address) ? address : null;
}

function asJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
