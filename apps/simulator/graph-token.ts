import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { deadToken, GraphError, missingProof, unreadableToken, wrongProof } from './graph-error.js';
import type { PageWorld, SimPage } from './page-world.js';
import { durationMs, type SimClock } from './sim-clock.js';

export interface SimApp {
  id: string;
  secret: string;
  verifyToken: string;
}

interface UserGrant {
  kind: 'user';
  token: string;
  userId: string;
  pageIds: string[];
  scopes: string[];
  issuedAtMs: number;
  expiresAtMs: number;
}

interface Code {
  userId: string;
  redirectUri: string;
  pageIds: string[];
  scopes: string[];
  expiresAtMs: number;
}

/** What a token lets its bearer speak for. */
export type TokenMeaning = { kind: 'app'; token: string } | { kind: 'page'; token: string; page: SimPage } | UserGrant;

const CODE_LIVES_MS = durationMs({ minutes: 10 });
const SHORT_TOKEN_LIVES_MS = durationMs({ hours: 2 });
const LONG_TOKEN_LIVES_MS = durationMs({ days: 60 });
/** A forgotten login must not fill the memory. */
const GRANTS_MAX = 1000;
const EXPIRED = 463;

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The OAuth endpoints' own words for a refusal. */
export const oauthRefusal = (message: string): GraphError => new GraphError({ code: 100, message });

/** Hands out login codes and tokens, and says what a token means. */
export class TokenOffice {
  private readonly codes = new Map<string, Code>();
  private readonly grants = new Map<string, UserGrant>();

  constructor(
    private readonly app: SimApp,
    private readonly world: PageWorld,
    private readonly clock: SimClock,
  ) {}

  isApp(clientId: unknown, clientSecret?: unknown): boolean {
    const secretFits = clientSecret === undefined || (typeof clientSecret === 'string' && same(clientSecret, this.app.secret));
    return clientId === this.app.id && secretFits;
  }

  /** A code for one exchange at the same `redirectUri`. The pages are the app's from now on, as far as `scopes` reach. */
  issueCode({ userId, redirectUri, pageIds, scopes }: Omit<Code, 'expiresAtMs'>): string {
    for (const page of this.world.pages) {
      if (pageIds.includes(page.id)) Object.assign(page, { scopes, grantedBy: userId });
    }
    const code = `AQ${randomBytes(60).toString('base64url')}`;
    this.codes.set(code, { userId, redirectUri, pageIds, scopes, expiresAtMs: this.clock.nowMs() + CODE_LIVES_MS });
    if (this.codes.size > GRANTS_MAX) this.codes.delete(this.codes.keys().next().value ?? '');
    return code;
  }

  redeemCode(code: string, redirectUri: string): UserGrant {
    const issued = this.codes.get(code);
    this.codes.delete(code);
    if (!issued) throw oauthRefusal('This authorization code has been used.');
    if (issued.expiresAtMs < this.clock.nowMs()) throw oauthRefusal('This authorization code has expired.');
    if (issued.redirectUri !== redirectUri)
      throw oauthRefusal(
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
      );
    return this.grant(issued, SHORT_TOKEN_LIVES_MS);
  }

  /** A token of about sixty days for a living user token. */
  extend(token: string): UserGrant {
    const meaning = this.read(token);
    if (meaning.kind !== 'user') throw oauthRefusal('The access token does not belong to a user');
    return this.grant(meaning, LONG_TOKEN_LIVES_MS);
  }

  /** What the token means. Dead and unknown ones are refused with 190. */
  read(token: string): TokenMeaning {
    if (same(token, `${this.app.id}|${this.app.secret}`)) return { kind: 'app', token };
    const grant = this.grants.get(token);
    if (grant) {
      if (grant.expiresAtMs <= this.clock.nowMs()) throw deadToken(EXPIRED);
      return grant;
    }
    const page = this.pageOf(token);
    if (!page) throw unreadableToken();
    const subcode = page.deadTokens[token];
    if (subcode !== undefined) throw deadToken(subcode);
    return { kind: 'page', token, page };
  }

  /** The page that this token is or was for. */
  pageOf(token: string): SimPage | undefined {
    return this.world.pages.find((candidate) => this.world.tokensOf(candidate).some((one) => same(one, token)));
  }

  /** Source: https://developers.facebook.com/docs/graph-api/guides/secure-requests */
  checkProof(token: string, proof: unknown, required: boolean): void {
    if (proof === undefined) {
      if (required) throw missingProof();
      return;
    }
    const expected = createHmac('sha256', this.app.secret).update(token).digest('hex');
    if (typeof proof !== 'string' || !same(proof, expected)) throw wrongProof();
  }

  private grant(of: { userId: string; pageIds: string[]; scopes: string[] }, livesMs: number): UserGrant {
    const nowMs = this.clock.nowMs();
    const token = `EAAuser${randomBytes(72).toString('hex')}`;
    const grant: UserGrant = {
      kind: 'user',
      token,
      userId: of.userId,
      pageIds: of.pageIds,
      scopes: of.scopes,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + livesMs,
    };
    this.grants.set(token, grant);
    if (this.grants.size > GRANTS_MAX) this.grants.delete(this.grants.keys().next().value ?? '');
    return grant;
  }
}
