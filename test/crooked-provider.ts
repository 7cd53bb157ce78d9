import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Claims = Record<string, unknown>;

/** An identity provider that can be made to lie. Written from the standard, without the library that we ask with. */
export class CrookedProvider {
  readonly clientId = 'omnidesk';
  readonly clientSecret = 'a secret between a liar and us';
  /** What it says of whoever comes. */
  claims: Claims = { sub: 'somebody' };
  /** How it bends a token before it signs it. */
  bend: (claims: Claims) => Claims = (claims) => claims;
  alg: 'RS256' | 'none' = 'RS256';
  /** Signs with a key that it does not show. */
  isForged = false;
  /** What its answer names as the issuer; null: nothing. */
  iss: string | null = null;
  /** Answers nothing but this. */
  failure: number | null = null;
  /** What its token endpoint was asked. */
  readonly asked: URLSearchParams[] = [];

  private nonce = '';
  private readonly shown = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly hidden = generateKeyPairSync('rsa', { modulusLength: 2048 });

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(): Promise<CrookedProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new CrookedProvider(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    server.on('request', (request, response) => {
      void provider.answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    return provider;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** What a browser that was sent here comes back with. */
  visit(url: string): Promise<URL> {
    const { searchParams: asked } = new URL(url);
    this.nonce = asked.get('nonce') ?? '';
    const back = new URL(asked.get('redirect_uri')!);
    back.searchParams.set('code', 'a code');
    back.searchParams.set('state', asked.get('state')!);
    if (this.iss !== null) back.searchParams.set('iss', this.iss);
    return Promise.resolve(back);
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    if (this.failure !== null) return { status: this.failure, body: {} };
    if (request.url === '/.well-known/openid-configuration') return { status: 200, body: this.metadata() };
    if (request.url === '/keys') {
      const key = this.shown.publicKey.export({ format: 'jwk' });
      return { status: 200, body: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'one' }] } };
    }
    if (request.url !== '/token') return { status: 404, body: {} };
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    this.asked.push(new URLSearchParams(Buffer.concat(pieces).toString()));
    return { status: 200, body: { access_token: 'a token', token_type: 'Bearer', expires_in: 600, id_token: this.token() } };
  }

  private metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
  }

  private token(): string {
    const nowS = Math.floor(Date.now() / 1000);
    const honest = { iss: this.issuer, aud: this.clientId, iat: nowS, exp: nowS + 600, auth_time: nowS, nonce: this.nonce, ...this.claims };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: this.alg, kid: 'one' })}.${part(this.bend(honest))}`;
    return `${text}.${this.alg === 'none' ? '' : signed(text, this.isForged ? this.hidden.privateKey : this.shown.privateKey)}`;
  }
}

function signed(text: string, key: KeyObject): string {
  return createSign('sha256').update(text).sign(key).toString('base64url');
}
