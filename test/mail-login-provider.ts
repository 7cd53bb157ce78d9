import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Code {
  challenge: string;
  redirectUri: string;
  address: string;
}

/** What a provider of mail does at its login: says yes to somebody, turns codes and old tokens into new ones, and tells its mail server whose a token is. */
export class MailLoginProvider {
  readonly clientId = 'omnidesk-client';
  readonly clientSecret = 'the secret of the client';
  /** Every refresh token that was shown to it, in order. */
  readonly refreshed: string[] = [];
  /** What its token endpoint was last asked. */
  asked: Record<string, string> = {};
  /** Give a new refresh token with each access token, and end the former. */
  rotates = false;
  lifeS = 3600;
  /** What people let us have, where they untick a box. */
  scope: string | null = null;
  /** Answer every question with this instead. */
  failure: { status: number; error: string } | null = null;
  /** Left out of its tokens about the person. */
  isVerified = true;
  /** How long it thinks. */
  thinksMs = 0;

  private readonly codes = new Map<string, Code>();
  private readonly refreshTokens = new Map<string, string>();
  private readonly accessTokens = new Map<string, string>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<MailLoginProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new MailLoginProvider(server, `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
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

  /** What an operator writes into the environment. */
  environment(name: 'GOOGLE' | 'MICROSOFT', servers: { imap?: string; smtp?: string } = {}): Record<string, string> {
    return {
      [`${name}_CLIENT_ID`]: this.clientId,
      [`${name}_CLIENT_SECRET`]: this.clientSecret,
      [`${name}_AUTHORIZE_URL`]: `${this.url}/authorize`,
      [`${name}_TOKEN_URL`]: `${this.url}/token`,
      ...(servers.imap === undefined ? {} : { [`${name}_IMAP_URL`]: servers.imap }),
      ...(servers.smtp === undefined ? {} : { [`${name}_SMTP_URL`]: servers.smtp }),
    };
  }

  /** The person at its page says yes. Gives back where the browser is sent. */
  allow(page: URL, address: string): URL {
    const code = randomBytes(8).toString('hex');
    const { searchParams: asked } = page;
    this.codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirectUri: asked.get('redirect_uri')!, address });
    return back(asked, { code });
  }

  deny(page: URL): URL {
    return back(page.searchParams, { error: 'access_denied' });
  }

  /** The person takes it back: nothing that was given is good any more. */
  revoke(): void {
    this.refreshTokens.clear();
    this.accessTokens.clear();
  }

  /** The mail servers no longer take what was given for them, though its time is not over. */
  endAccess(): void {
    this.accessTokens.clear();
  }

  /** Whose a token is, as its mail servers ask; null for one it did not give. */
  ownerOf(accessToken: string): string | null {
    return this.accessTokens.get(accessToken) ?? null;
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    if (request.url === '/introspect') {
      const owner = this.ownerOf((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
      return owner === null ? { status: 401, body: {} } : { status: 200, body: { email: owner, active: 'yes' } };
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const asked = Object.fromEntries(new URLSearchParams(Buffer.concat(pieces).toString()));
    this.asked = asked;
    if (asked['grant_type'] === 'refresh_token') this.refreshed.push(asked['refresh_token']!);
    if (this.thinksMs > 0) await new Promise((resolve) => setTimeout(resolve, this.thinksMs));
    if (this.failure !== null) return { status: this.failure.status, body: { error: this.failure.error } };
    const isClient = asked['client_id'] === this.clientId && asked['client_secret'] === this.clientSecret;
    if (!isClient) return { status: 401, body: { error: 'invalid_client' } };
    return asked['grant_type'] === 'refresh_token' ? this.refresh(asked['refresh_token'] ?? '') : this.exchange(asked);
  }

  private exchange(asked: Record<string, string>): { status: number; body: object } {
    const { code = '', code_verifier: verifier = '', redirect_uri: redirectUri } = asked;
    const known = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (!known || known.challenge !== challenge || known.redirectUri !== redirectUri)
      return { status: 400, body: { error: 'invalid_grant' } };
    const refreshToken = `refresh-${randomBytes(8).toString('hex')}`;
    this.refreshTokens.set(refreshToken, known.address);
    return { status: 200, body: { ...this.access(known.address), refresh_token: refreshToken, id_token: this.idToken(known.address) } };
  }

  private refresh(former: string): { status: number; body: object } {
    const address = this.refreshTokens.get(former);
    if (address === undefined) return { status: 400, body: { error: 'invalid_grant' } };
    if (!this.rotates) return { status: 200, body: this.access(address) };
    this.refreshTokens.delete(former);
    const next = `refresh-${randomBytes(8).toString('hex')}`;
    this.refreshTokens.set(next, address);
    return { status: 200, body: { ...this.access(address), refresh_token: next } };
  }

  private access(address: string): object {
    const token = `access-${randomBytes(8).toString('hex')}`;
    this.accessTokens.set(token, address);
    const scope = this.scope ?? 'https://mail.google.com/ https://outlook.office.com/IMAP.AccessAsUser.All openid email';
    return { access_token: token, expires_in: this.lifeS, token_type: 'Bearer', scope };
  }

  private idToken(address: string): string {
    const claims = { aud: this.clientId, email: address, email_verified: this.isVerified };
    return ['{}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.');
  }
}

function back(asked: URLSearchParams, answer: Record<string, string>): URL {
  const url = new URL(asked.get('redirect_uri')!);
  for (const [name, value] of Object.entries({ ...answer, state: asked.get('state')! })) url.searchParams.set(name, value);
  return url;
}
