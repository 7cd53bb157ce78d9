import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CONSOLE, OperatorAccounts } from '#accounts';
import type { OperatorRole } from '#contract';
import { signRequest } from '#platform';
import { type Answer, ApiClient } from './api-client.js';
import type { World } from './world.js';

let made = 0;

/** An operator's program: signs each request with its key, by the world's clock. */
export class OperatorClient {
  constructor(
    readonly world: World,
    readonly operatorId: string,
    readonly keyId: string,
    readonly privateKey: KeyObject,
  ) {}

  get url(): string {
    return this.world.server.operator!.url;
  }

  get<Body = unknown>(path: string): Promise<Answer<Body>> {
    return this.request('GET', path);
  }

  post<Body = unknown>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.request('POST', path, body);
  }

  delete<Body = unknown>(path: string): Promise<Answer<Body>> {
    return this.request('DELETE', path);
  }

  request<Body = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
    return this.send(method, path, bytes, this.sign(method, path, bytes));
  }

  /** What would be sent beside the request. */
  sign(method: string, path: string, body: Buffer | null): Record<string, string> {
    return signRequest({ method, url: new URL(this.url + path), body }, this, this.world.clock.now());
  }

  send<Body = unknown>(method: string, path: string, body: Buffer | null, headers: Record<string, string>): Promise<Answer<Body>> {
    const typed = body === null ? headers : { 'content-type': 'application/json', ...headers };
    return new ApiClient(this.url).request<Body>(method, path, body ?? undefined, typed);
  }
}

/** An operator with a key, registered as the console does it. */
export async function operator(world: World, role: OperatorRole = 'full'): Promise<OperatorClient> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const accounts = world.get(OperatorAccounts);
  const { id } = await accounts.create(CONSOLE, { name: `operator ${String(++made)}`, role });
  const key = await accounts.addKey(CONSOLE, id, { publicKey: publicKey.export({ format: 'jwk' }).x!, label: 'a key for tests' });
  return new OperatorClient(world, id, key.id, privateKey);
}
