import { Clock, type Config, signRequest } from '#platform';
import type { Enrolment, Invited, InstallationHealth, OperatorKeyLine, OperatorLine, Page, TenantLine, TenantMade } from '#contract';
import { readKey, type SigningKey } from './key-file.js';
import type { Operations } from './operations.js';
import { CommandProblem } from './told.js';

const TIMEOUT_MS = 60_000;
const PAGE = 100;

/** The running server's own way: each request is signed with the operator's key, and the operator's door answers. */
export async function throughTheDoor(config: Config, { url, key: keyFile }: { url?: string; key?: string }): Promise<Operations> {
  const key = await readKey(config.dataDir, keyFile);
  const door = new Door(new URL(url ?? config.operatorUrl ?? `http://127.0.0.1:${String(config.operatorPort)}`), key);
  const of = (id: string) => encodeURIComponent(id);
  return {
    tenants: () => door.all<TenantLine>('tenants'),
    createTenant: (tenant) => door.ask<TenantMade>('POST', 'tenants', tenant),
    suspend: (id, reason) => door.ask('POST', `tenants/${of(id)}/suspend`, { reason }),
    resume: (id) => door.ask('POST', `tenants/${of(id)}/resume`),
    clearAddresses: (id) => door.ask('DELETE', `tenants/${of(id)}/addresses`),
    invite: (id, invite) => door.ask<Invited>('POST', `tenants/${of(id)}/agents`, invite),
    health: () => door.ask<InstallationHealth>('GET', 'health'),
    operators: () => door.all<OperatorLine>('operators'),
    createOperator: (operator) => door.ask<OperatorLine>('POST', 'operators', operator),
    addKey: (id, added) => door.ask<OperatorKeyLine>('POST', `operators/${of(id)}/keys`, added),
    invitePasskey: (id) => door.ask<Enrolment>('POST', `operators/${of(id)}/enrolment`),
    revoke: (id) => door.ask('DELETE', `operators/${of(id)}`),
  };
}

class Door {
  constructor(
    private readonly url: URL,
    private readonly key: SigningKey,
  ) {}

  async ask<Answer = void>(method: string, path: string, sent?: unknown): Promise<Answer> {
    const url = new URL(`/operator/api/${path}`, this.url);
    const body = sent === undefined ? null : Buffer.from(JSON.stringify(sent));
    const typed = body === null ? {} : { 'content-type': 'application/json' };
    const headers = { ...typed, ...signRequest({ method, url, body }, this.key, new Clock().now()) };
    const answer = await fetch(url, { method, headers, body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
      throw new CommandProblem(
        `The operator’s door does not answer at ${this.url.origin}. Start the server, name its address with --url, or add --local to work on the database itself.`,
        'no_answer',
      );
    });
    const text = await answer.text();
    if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
    throw refusalIn(text, answer.status);
  }

  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Item> = await this.ask<Page<Item>>('GET', `${path}?limit=${String(PAGE)}${at}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }
}

function refusalIn(text: string, status: number): CommandProblem {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; fields?: { path: string; message: string }[] } };
    const fields = (error.fields ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('');
    return new CommandProblem(`${error.message}${fields}`, error.code);
  } catch {
    return new CommandProblem(`The operator’s door answered ${String(status)} with something that cannot be read.`, 'unreadable');
  }
}
