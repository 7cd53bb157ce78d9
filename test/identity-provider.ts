import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** Somebody at a provider: the name it has for him, and what it says of him. */
export interface Person {
  sub: string;
  claims?: Record<string, unknown>;
}

/**
 * An identity provider that nobody of us wrote, on a port of its own. Whoever is sent to it is `present`, and says yes to everything.
 */
export class IdentityProviderServer {
  readonly clientId = 'omnidesk';
  readonly clientSecret = 'a secret between a provider and us';
  /** Who sits before the browser. */
  present: Person = { sub: 'nobody' };
  private provider: Provider | null = null;

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(): Promise<IdentityProviderServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const standing = new IdentityProviderServer(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    server.on('request', (request, response) => void standing.answer(request, response));
    return standing;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Say where people of a client are sent back to. What was known before is forgotten. */
  register(redirectUris: string[]): void {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: redirectUris,
          response_types: ['code'],
          grant_types: ['authorization_code'],
          require_auth_time: true,
        },
      ],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' }] },
      cookies: { keys: ['only for tests'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: () => '/yes' },
      claims: { openid: ['sub', 'amr', 'acr'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
      conformIdTokenClaims: false,
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ ...this.present.claims, sub }) }),
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
    });
  }

  /** Go to a page of the provider's as a browser would, and say where it sends the browser back to. */
  async visit(url: string): Promise<URL> {
    const cookies = new Map<string, string>();
    let at = new URL(url);
    for (let hop = 0; hop < 10; hop++) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie }, signal: AbortSignal.timeout(10_000) });
      for (const set of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
        cookies.set(name!, value!);
      }
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`the provider answered ${String(answer.status)}: ${(await answer.text()).slice(0, 300)}`);
      at = new URL(location, at);
      if (at.origin !== this.issuer) return at;
    }
    throw new Error('the provider sends its people in circles');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.provider === null) response.writeHead(503).end();
    else if (request.url?.startsWith('/yes')) await this.sayYes(this.provider, request, response);
    else await this.provider.callback()(request, response);
  }

  private async sayYes(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId: this.present.sub } });
      return;
    }
    const grant = new provider.Grant({ accountId: session!.accountId, clientId: params.client_id });
    grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(' '));
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }
}
