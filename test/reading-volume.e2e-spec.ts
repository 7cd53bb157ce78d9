import { randomUUID } from 'node:crypto';
import { type Actor, ReadingVolume } from '#accounts';
import type { ErrorBody, Session } from '#contract';
import type { ApiClient } from './api-client.js';
import { colleague, type Furnished, furnish } from './furnished.js';
import { World } from './world.js';

const TOLD = 600;
const MAX = 1500;

/** One account that opens everything is one that somebody else uses. */
describe('opening unusually much', () => {
  let world: World;
  let spaak: Furnished;
  let linden: Furnished;
  let mia: ApiClient;
  let reader: Actor;

  const opens = (times: number, what: 'conversations' | 'files' = 'conversations') =>
    Promise.all(Array.from({ length: times }, () => world.get(ReadingVolume).demand(reader, what, randomUUID())));
  const read = (who: ApiClient, id: string) => who.get<ErrorBody>(`/api/conversations/${id}/messages`);
  const told = async () =>
    world.rows<{ by: string; what: string }>(
      "select by_id as by, entry::jsonb -> 'facts' ->> 'what' as what from audit_entry where act = 'much_read' order by seq",
    );
  const mailed = async () =>
    (
      await world.rows<{ agent: string }>(
        "select payload ->> 'agentId' as agent from graphile_worker._private_jobs where payload ->> 'kind' = 'much_read'",
      )
    ).map(({ agent }) => agent);

  beforeAll(async () => {
    world = await World.open({ SMTP_URL: 'smtp://127.0.0.1:9' });
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
    mia = await colleague(world, spaak.owner, { email: 'mia@spaak.example', name: 'Mia', role: 'agent' });
    const { agent } = (await mia.get<Session>('/api/session')).body;
    reader = { tenantId: spaak.id, agentId: agent.id, connections: null, keyId: undefined } as unknown as Actor;
  });
  afterAll(() => world.close());

  it('is told to those who can do something about it, once, and written in the audit', async () => {
    await opens(TOLD);
    expect(await told()).toEqual([]);
    expect((await read(mia, spaak.ids.mailConversation)).status).toBe(200);
    await opens(10);
    expect(await told()).toEqual([{ by: reader.agentId, what: 'conversations' }]);
    const admins = await world.rows<{ id: string }>(
      "select id from agent where tenant_id = $1 and role in ('owner', 'admin') and state = 'active'",
      [spaak.id],
    );
    expect((await mailed()).toSorted()).toEqual(admins.map(({ id }) => id).toSorted());
  });

  it('ends at a limit, for that account alone, and goes on with the next hour', async () => {
    await opens(MAX - TOLD - 11);
    // What was opened before is no more than it was.
    expect((await read(mia, spaak.ids.mailConversation)).status).toBe(200);
    const refused = await read(mia, randomUUID());
    expect([refused.status, refused.body.error.code]).toEqual([429, 'too_much_read']);
    expect((await read(spaak.owner, spaak.ids.conversation)).status).toBe(200);
    expect((await read(linden.owner, linden.ids.conversation)).status).toBe(200);
    world.advance({ minutes: 61 });
    expect((await read(spaak.owner, spaak.ids.conversation)).status).toBe(200);
    await opens(1);
  });

  it('counts files by themselves', async () => {
    await opens(TOLD + 1, 'files');
    expect(await told()).toContainEqual({ by: reader.agentId, what: 'files' });
    await opens(MAX - TOLD - 1, 'files');
    await expect(opens(1, 'files')).rejects.toMatchObject({ code: 'too_much_read' });
    await opens(1);
  });
});
