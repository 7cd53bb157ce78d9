import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEntry, AuditVerification, Page } from '#contract';
import { verifyChain } from '../apps/operator/verify-chain.js';
import { ApiClient } from './api-client.js';
import { KillableServer, until } from './killable-server.js';

const KILLS = 4;
const WRITERS = 8;
const CHANGES_BETWEEN_KILLS = 40;
const AGAIN_MS = 30;

/** Whenever the server dies, the chain is whole, and everything that was answered is in it. */
describe('kill -9, and the audit', () => {
  let server: KillableServer;
  let owner: ApiClient;

  beforeAll(async () => {
    server = await KillableServer.prepare('http://127.0.0.1:1');
    await server.start('gateway,api');
    owner = new ApiClient(server.url);
    const account = { email: 'owner@spaak.example', password: 'a password for tests' };
    expect((await owner.post('/api/setup', { tenantName: 'Spaak', name: 'Owner', ...account })).status).toBe(201);
    expect((await owner.post('/api/session', account)).status).toBe(200);
  }, 120_000);
  afterAll(() => server.remove(), 60_000);

  it('leaves no gap, no half entry and nothing out, in the middle of many', async () => {
    let answered = 0;
    let isOver = false;
    const write = async () => {
      while (!isOver) {
        const answer = await owner.patch('/api/profile', { name: `Owner ${String(answered)}` }).catch(() => null);
        if (answer?.status === 200) answered++;
        else await pause(AGAIN_MS);
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, write));
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = kill * CHANGES_BETWEEN_KILLS;
      await until('more is changed', 60_000, () => Promise.resolve(answered >= enough));
      await server.kill();
      await server.start('gateway,api');
    }
    isOver = true;
    await writing;

    const { body } = await owner.post<AuditVerification>('/api/audit/verify', {});
    expect(body).toMatchObject({ isDone: true, broken: null });
    const { items } = (await owner.get<Page<AuditEntry>>('/api/audit?limit=1')).body;
    expect(items[0]).toMatchObject({ seq: body.newest + 1, act: 'audit_verified' });
    const exported = await fetch(`${server.url}/api/audit/export`, { headers: { cookie: owner.sessionCookie! } });
    const lines = (await exported.text()).trimEnd().split('\n');
    expect(await verifyChain(lines)).toMatchObject({ broken: null, entries: body.newest + 2 });
    const changes = lines.filter((line) => line.includes('\\"act\\":\\"profile_changed\\"')).length;
    // What was done and never answered, because its server died just then, may be there too: at most one for each writer and kill.
    expect(changes).toBeGreaterThanOrEqual(answered);
    expect(changes).toBeLessThanOrEqual(answered + WRITERS * KILLS);
  }, 240_000);
});
