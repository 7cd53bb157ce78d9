import { Inject, Injectable } from '@nestjs/common';
import * as openid from 'openid-client';
import { Clock, CONFIG, type Config, Egress, EgressFailure, Log, Refusal, SECOND_MS, SecretBox, type TenantId } from '#platform';
import type { ProviderAnswer } from '#contract';
import { type Identity, identityIn } from './identity-claims.js';
import { keyText, type ProviderRow, secretOf } from './identity-provider.js';

const ASK_TIMEOUT_S = 10;
const ANSWER_BYTES_MAX = 256 * 1024;
/** Between our clock and a provider's, when it says when somebody proved who he is. */
const CLOCK_DIFFERENCE_S_MAX = 30;
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const TRY_LATER = 500;

/** What only we can tell: the state passes through the browser, and from it come what the provider repeats and what it is shown. */
interface Secrets {
  nonce: string;
  verifier: string;
}

/** Why a provider was asked. `since`: the person has to have proved who he is after that. */
export interface Asked {
  state: string;
  since: Date | null;
}

/**
 * The tenants' identity providers, as far as it is OpenID Connect. Every call goes out through the one way out; what a provider says is
 * believed when its signature, its issuer, its audience, its time and our nonce hold.
 *
 * Source   OpenID Connect Core 1.0; RFC 7636 (PKCE); RFC 9207 (issuer in the answer); RFC 9700 (current practice)
 */
@Injectable()
export class IdentityClient {
  constructor(
    private readonly egress: Egress,
    private readonly secrets: SecretBox,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Each provider has a way back of its own, so that one cannot pass off another's answer as its own. */
  redirectUrl(tenantId: TenantId, { id }: Pick<ProviderRow, 'id'>): string {
    return `${this.config.publicUrl}/enter/${keyText({ tenantId, providerId: id })}/answer`;
  }

  /** Whether a provider may be asked at all. Errors: unprocessable `issuer_not_https`, `issuer_not_plain`. */
  demandIssuer(issuer: string): void {
    const url = new URL(issuer);
    if (url.protocol !== 'https:' && !this.isTrusted(url)) {
      throw new Refusal('unprocessable', 'issuer_not_https', 'The address of a provider begins with https://.');
    }
    if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '' || url.pathname.includes('/.well-known/')) {
      throw new Refusal('unprocessable', 'issuer_not_plain', 'Give the issuer alone: its address without what follows “/.well-known/”.');
    }
  }

  /** What a provider says of itself. Errors: as `pageUrl`. */
  async look(tenantId: TenantId, provider: ProviderRow): Promise<{ issuer: string; signsInAt: string }> {
    const { issuer, authorization_endpoint: page } = (await this.discover(tenantId, provider)).serverMetadata();
    if (page === undefined) throw refused('provider_unfit');
    return { issuer, signsInAt: new URL(page).origin };
  }

  /**
   * The page at which a person says to the provider who he is.
   *
   * Errors   unavailable `provider_unavailable`; unprocessable `provider_unfit`
   */
  async pageUrl(tenantId: TenantId, provider: ProviderRow, { state, since }: Asked): Promise<string> {
    const found = await this.discover(tenantId, provider);
    const { nonce, verifier } = this.secretsOf(state);
    const url = await this.speaking(async () =>
      openid.buildAuthorizationUrl(found, {
        redirect_uri: this.redirectUrl(tenantId, provider),
        scope: [...new Set(['openid', ...provider.scopes])].join(' '),
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(since === null ? {} : { prompt: 'login', max_age: '0' }),
      }),
    );
    return url.toString();
  }

  /**
   * Who the person is that came back.
   *
   * Errors   unprocessable `access_denied`, `provider_refused`, `answer_not_believed`; unavailable `provider_unavailable`
   */
  async identityOf(tenantId: TenantId, provider: ProviderRow, answer: ProviderAnswer, asked: Asked): Promise<Identity> {
    const found = await this.discover(tenantId, provider);
    const { nonce, verifier } = this.secretsOf(asked.state);
    const url = new URL(this.redirectUrl(tenantId, provider));
    for (const [name, value] of Object.entries(answer)) if (value !== undefined) url.searchParams.set(name, value);
    const tokens = await this.speaking(() =>
      openid.authorizationCodeGrant(found, url, {
        expectedState: asked.state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(asked.since === null ? {} : { maxAge: this.secondsSince(asked.since) }),
      }),
    );
    const claims = tokens.claims();
    if (claims === undefined) throw refused('answer_not_believed');
    const more = await this.moreClaims(found, provider, { claims, accessToken: tokens.access_token });
    const identity = identityIn({ ...more, ...claims }, claims.iss, provider.roleClaim);
    if (identity === null) throw refused('answer_not_believed');
    return identity;
  }

  /** Some providers keep addresses and groups out of their tokens: then they are asked, when something here depends on them. */
  private async moreClaims(
    found: openid.Configuration,
    { roleClaim, createsAgents }: ProviderRow,
    { claims, accessToken }: { claims: openid.IDToken; accessToken: string },
  ): Promise<Record<string, unknown>> {
    const wanted = [...(roleClaim === null ? [] : [roleClaim]), ...(createsAgents ? ['email', 'email_verified'] : [])];
    if (found.serverMetadata().userinfo_endpoint === undefined || wanted.every((name) => claims[name] !== undefined)) return {};
    return this.speaking(() => openid.fetchUserInfo(found, accessToken, claims.sub));
  }

  private async discover(tenantId: TenantId, provider: ProviderRow): Promise<openid.Configuration> {
    const issuer = new URL(provider.issuer);
    const ask: openid.CustomFetch = (url, options) => this.ask(url, options);
    const isPlain = this.isTrusted(issuer);
    const about = await this.speaking(() =>
      openid.discovery(issuer, provider.clientId, undefined, openid.None(), {
        [openid.customFetch]: ask,
        timeout: ASK_TIMEOUT_S,
        execute: isPlain ? [openid.allowInsecureRequests] : [],
      }),
    );
    const metadata = about.serverMetadata();
    // One that speaks for many, and leaves open for whom, could let anybody's people in.
    if (bare(metadata.issuer) !== bare(provider.issuer)) throw refused('provider_unfit');
    const secret = secretOf(this.secrets, tenantId, provider);
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const proof =
      secret === null
        ? openid.None()
        : methods.includes('client_secret_basic')
          ? openid.ClientSecretBasic(secret)
          : openid.ClientSecretPost(secret);
    const found = new openid.Configuration(metadata, provider.clientId, { [openid.clockTolerance]: CLOCK_DIFFERENCE_S_MAX }, proof);
    found[openid.customFetch] = ask;
    found.timeout = ASK_TIMEOUT_S;
    // The library would trust the connection alone.
    openid.enableNonRepudiationChecks(found);
    if (isPlain) openid.allowInsecureRequests(found);
    return found;
  }

  private isTrusted({ origin }: URL): boolean {
    return this.config.identityOriginsTrusted.includes(origin);
  }

  private secretsOf(state: string): Secrets {
    const from = (purpose: string) => this.secrets.digest(purpose, state).toString('base64url');
    return { nonce: from('single sign-on nonce'), verifier: from('single sign-on verifier') };
  }

  private secondsSince(at: Date): number {
    return Math.ceil((this.clock.now().getTime() - at.getTime()) / SECOND_MS);
  }

  private async ask(url: string, { method, headers, body }: openid.CustomFetchOptions): Promise<Response> {
    const answer = await this.egress.request({
      url,
      method: method as 'GET' | 'POST',
      headers,
      body: body instanceof URLSearchParams ? body.toString() : body,
      timeoutMs: ASK_TIMEOUT_S * SECOND_MS,
      responseBytesMax: ANSWER_BYTES_MAX,
    });
    const type = answer.headers['content-type'];
    return new Response(NO_BODY.has(answer.status) ? null : Uint8Array.from(answer.body), {
      status: answer.status,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  }

  /** Turns what went wrong in talking into what can be done about it. */
  private async speaking<T>(talk: () => Promise<T>): Promise<T> {
    try {
      return await talk();
    } catch (error) {
      if (error instanceof Refusal || !(error instanceof Error)) throw error;
      const code = codeOf(error);
      this.log.warn('identity_provider_refused', { code });
      throw refused(code);
    }
  }
}

/** One of the codes below, for any error of the library's or of the way out. */
function codeOf(error: Error): keyof typeof WORDS {
  if (error instanceof openid.AuthorizationResponseError) return error.error === 'access_denied' ? 'access_denied' : 'provider_refused';
  if (error instanceof openid.ResponseBodyError) return error.status >= TRY_LATER ? 'provider_unavailable' : 'provider_refused';
  const causes = causesOf(error);
  if (causes.some((cause) => cause instanceof EgressFailure)) return 'provider_unavailable';
  if (causes.some((cause) => cause instanceof Response && cause.status >= TRY_LATER)) return 'provider_unavailable';
  const { code } = error as { code?: string };
  if (code === 'OAUTH_TIMEOUT') return 'provider_unavailable';
  const isUnfit = code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON';
  return isUnfit || code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' ? 'provider_unfit' : 'answer_not_believed';
}

const CAUSES_MAX = 5;

function causesOf(error: Error): unknown[] {
  const causes: unknown[] = [error];
  while (causes.length < CAUSES_MAX) {
    const last = causes.at(-1);
    if (!(last instanceof Error) || last.cause === undefined) break;
    causes.push(last.cause);
  }
  return causes;
}

const WORDS = {
  access_denied: 'You were not let through by the provider, so nothing was changed.',
  provider_refused: 'The provider ended this. Begin again; when it happens again, an admin of your team should look at the provider.',
  provider_unfit: 'This address does not answer as an OpenID Connect provider of that name. Check the issuer.',
  answer_not_believed: 'What the provider answered could not be believed, so nobody was let in. Begin again.',
  provider_unavailable: 'The provider does not answer right now. Try again in a moment, or come in another way.',
} as const;

function refused(code: keyof typeof WORDS): Refusal {
  return new Refusal(code === 'provider_unavailable' ? 'unavailable' : 'unprocessable', code, WORDS[code]);
}

function bare(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
