import { randomUUID } from 'node:crypto';
import type {
  Agent,
  Connection,
  Contact,
  Conversation,
  ConversationCounts,
  ConversationRow,
  Message,
  Page,
  Role,
  Roles,
  Team,
} from '#contract';
import type { ApiClient } from './api-client.js';
import { colleague, type Furnished, furnish } from './furnished.js';
import { SocketClient } from './socket-client.js';
import { PASSWORD, World } from './world.js';

/** A page that is given to a team, and everybody who is not in it. */
describe('teams', () => {
  let world: World;
  let spaak: Furnished;
  let linden: Furnished;
  let team: Team;
  let inside: ApiClient;
  let outside: ApiClient;
  const people: Record<string, string> = {};

  beforeAll(async () => {
    world = await World.open();
    spaak = await furnish(world, await world.tenant(0));
    linden = await furnish(world, await world.tenant(1));
    inside = await colleague(world, spaak.owner, { email: 'inside@spaak.example', name: 'In Side', role: 'agent' });
    outside = await colleague(world, spaak.owner, { email: 'outside@spaak.example', name: 'Out Side', role: 'agent' });
    for (const agent of (await spaak.owner.get<Page<Agent>>('/api/agents')).body.items) people[agent.name] = agent.id;
    team = (
      await spaak.owner.post<Team>('/api/teams', { name: 'Page', agentIds: [people['In Side']], connectionIds: [spaak.connectionId] })
    ).body;
  });
  afterAll(() => world.close());

  const pathsOf = ({ ids }: Furnished) => [
    `/api/conversations/${ids.conversation}`,
    `/api/conversations/${ids.conversation}/messages`,
    `/api/contacts/${ids.contact}`,
    `/api/contacts/${ids.contact}/picture`,
    `/api/attachments/${ids.attachment}`,
    `/api/messages/${ids.unsentMessage}/unsent`,
    `/api/connections/${ids.connection}/doctor`,
    `/api/connections/${ids.connection}/sweeps`,
  ];

  it('let whoever is in one see its page as before', async () => {
    for (const path of pathsOf(spaak).filter((one) => !one.endsWith('picture'))) {
      expect({ path, status: (await inside.get(path)).status }).toEqual({ path, status: 200 });
    }
  });

  it('hide from everybody else each thing of the page, in the words for what does not exist', async () => {
    for (const path of pathsOf(spaak)) {
      const nothing = await outside.get(path.replace(/[\da-f]{8}-[\da-f-]{27}/, randomUUID()));
      const hidden = await outside.get(path);
      expect({ path, status: hidden.status, body: hidden.body }).toEqual({ path, status: 404, body: nothing.body });
    }
  });

  it('hide it from every list and count, and from the contacts of other conversations', async () => {
    const rows = (await outside.get<Page<ConversationRow>>('/api/conversations')).body.items;
    expect(rows.map((row) => row.channel)).not.toContain('messenger');
    expect(rows.length).toBeGreaterThan(0);
    const { body: counts } = await outside.get<ConversationCounts>('/api/conversations/counts');
    expect(counts.all).toBe(rows.length);
    const connections = (await outside.get<Page<Connection>>('/api/connections')).body.items;
    expect(connections.map((one) => one.id)).not.toContain(spaak.connectionId);
    const teams = (await outside.get<Page<Team>>('/api/teams')).body.items;
    expect(teams.map((one) => one.connectionIds)).toEqual([[], []]);
    for (const row of rows) {
      const contact = (await outside.get<Contact>(`/api/contacts/${row.contact.id}`)).body;
      expect(contact.identities.map((one) => one.channel)).not.toContain('messenger');
    }
  });

  it('let nobody outside write there, and write nothing when somebody tries', async () => {
    const before = await world.rows('select count(*)::int as messages from message');
    const path = `/api/conversations/${spaak.ids.conversation}`;
    const tries = [
      outside.patch(path, { status: 'closed' }),
      outside.post(`${path}/replies`, { text: 'not mine to answer' }),
      outside.post(`${path}/notes`, { text: 'not mine to note' }),
      outside.post(`${path}/seen`, undefined),
      outside.post(`${path}/typing`, { on: true }),
      outside.post(`${path}/merge`, { intoId: spaak.ids.mailConversation }),
      outside.post(`/api/conversations/${spaak.ids.mailConversation}/merge`, { intoId: spaak.ids.conversation }),
      outside.patch(`/api/messages/${spaak.ids.message}`, { hidden: true }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBe(404);
    expect(await world.rows('select count(*)::int as messages from message')).toEqual(before);
  });

  it('hide mail that was set aside, too, once its mailbox is given to them', async () => {
    const mailbox = (await spaak.owner.get<Page<Connection>>('/api/connections')).body.items.find((one) => one.channel === 'email')!;
    await spaak.owner.patch(`/api/teams/${team.id}`, { connectionIds: [spaak.connectionId, mailbox.id] });
    expect((await outside.get<Page<unknown>>('/api/quarantine')).body.items).toEqual([]);
    expect((await outside.get(`/api/quarantine/${spaak.ids.setAside}/raw`)).status).toBe(404);
    expect((await outside.delete(`/api/quarantine/${spaak.ids.setAside}`)).status).toBe(404);
    expect((await outside.post(`/api/quarantine/retry`, {})).body).toEqual({ count: 0 });
    expect((await outside.get<Page<unknown>>('/api/suppressions')).body.items).toEqual([]);
    expect((await outside.delete(`/api/suppressions/${spaak.ids.suppression}`)).status).toBe(404);
    expect((await outside.get<ConversationCounts>('/api/conversations/counts')).body).toMatchObject({ all: 0, quarantine: 0 });
    expect((await inside.get(`/api/quarantine/${spaak.ids.setAside}/raw`)).status).toBe(200);
    await spaak.owner.patch(`/api/teams/${team.id}`, { connectionIds: [spaak.connectionId] });
  });

  it('are given work, and so are their people; nobody is who would not see it', async () => {
    const path = `/api/conversations/${spaak.ids.conversation}`;
    const refused = await spaak.owner.patch(path, { assigneeId: people['Out Side'] });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'outside_team' } } });
    const other = (await spaak.owner.post<Team>('/api/teams', { name: 'Mail', agentIds: [], connectionIds: [] })).body;
    expect(await spaak.owner.patch(path, { teamId: other.id })).toMatchObject({ status: 422, body: { error: { code: 'outside_team' } } });
    const given = await spaak.owner.patch<Conversation>(path, { assigneeId: people['In Side'], teamId: team.id });
    expect(given.body).toMatchObject({ assignee: { name: 'In Side' }, team: { name: 'Page' } });
    const listed = await spaak.owner.get<Page<ConversationRow>>(`/api/conversations?teamId=${team.id}`);
    expect(listed.body.items.map((row) => row.id)).toEqual([spaak.ids.conversation]);
    const thread = (await inside.get<Page<Message>>(`${path}/messages`)).body.items;
    expect(thread.at(-1)).toMatchObject({ kind: 'assigned', detail: 'Page' });
  });

  it('keep a conversation from being merged by whoever does not see both, from either side', async () => {
    const hidden = spaak.ids.conversation;
    const seen = spaak.ids.mailConversation;
    const merges = () => world.rows('select conversation_id, into_id from conversation_merge order by 1');
    const before = await merges();
    for (const [id, intoId] of [
      [hidden, seen],
      [seen, hidden],
    ]) {
      const refused = await outside.post(`/api/conversations/${id!}/merge`, { intoId });
      expect(refused).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
    expect(await merges()).toEqual(before);
  });

  it('leave nothing behind where one who does not see every message merges, or takes apart again', async () => {
    for (const subject of ['One of two', 'Two of two'])
      await world.simulator.sendMail({ from: 'vera@elsewhere.example', to: spaak.page.mailAddress!, subject, text: 'Good morning' });
    await world.drain();
    const rows = (await outside.get<Page<ConversationRow>>('/api/conversations?channel=email')).body.items;
    const [other, whole] = ['One of two', 'Two of two'].map((subject) => rows.find((row) => row.subject === subject)!.id);
    // As if one of its mails had come in by what only the team sees.
    const [hidden] = await world.rows<{ id: string }>(
      `update message set connection_id = $2 where id = (select id from message where conversation_id = $1 and direction = 'in' limit 1) returning id`,
      [other, spaak.connectionId],
    );
    const placeOf = async () =>
      (await world.rows<{ at: string }>('select conversation_id as at from message where id = $1', [hidden!.id]))[0]!.at;
    const seen = (await outside.get<Page<Message>>(`/api/conversations/${other}/messages`)).body.items.map(({ id }) => id);
    expect(seen).not.toContain(hidden!.id);
    expect((await outside.post(`/api/conversations/${other}/merge`, { intoId: whole })).status).toBe(200);
    expect(await placeOf()).toBe(whole);
    expect((await outside.post(`/api/conversations/${other}/unmerge`, {})).status).toBe(200);
    expect(await placeOf()).toBe(other);
  });

  it('are seen through by owners and admins, and by nobody of another tenant', async () => {
    expect((await spaak.admin.get(`/api/conversations/${spaak.ids.conversation}`)).status).toBe(200);
    expect((await linden.owner.patch(`/api/teams/${team.id}`, { name: 'Ours' })).status).toBe(404);
    expect((await linden.owner.delete(`/api/teams/${team.id}`)).status).toBe(404);
    const stolen = await linden.owner.post('/api/teams', { name: 'Theirs', agentIds: [], connectionIds: [spaak.connectionId] });
    expect(stolen).toMatchObject({ status: 422, body: { error: { code: 'no_such_connection' } } });
    const lured = await linden.owner.post('/api/teams', { name: 'Theirs', agentIds: [people['In Side']], connectionIds: [] });
    expect(lured).toMatchObject({ status: 422, body: { error: { code: 'no_such_agent' } } });
    const away = await linden.owner.patch(`/api/conversations/${linden.ids.conversation}`, { teamId: team.id });
    expect(away).toMatchObject({ status: 422, body: { error: { code: 'no_such_team' } } });
  });

  it('are joined and left at once: the next request sees it, and an open socket is closed to come back anew', async () => {
    const socket = new SocketClient(world.server.url, { cookie: outside.sessionCookie });
    await socket.until(({ ready }) => ready);
    await spaak.owner.patch(`/api/teams/${team.id}`, { agentIds: [people['In Side'], people['Out Side']] });
    await socket.untilClosed(2000);
    expect((await outside.get(`/api/conversations/${spaak.ids.conversation}`)).status).toBe(200);
    await spaak.owner.patch(`/api/teams/${team.id}`, { agentIds: [people['In Side']] });
    expect((await outside.get(`/api/conversations/${spaak.ids.conversation}`)).status).toBe(404);
    expect((await outside.get('/api/session')).status).toBe(200);
  });

  it('cannot be joined by whoever manages teams and does not see what they work on', async () => {
    const role = await roleOf(spaak.owner, 'Team lead', ['team:manage', 'agent:read', 'conversation:read']);
    const lead = await colleague(world, spaak.owner, { email: 'lead@spaak.example', name: 'A Lead', role: 'custom', roleId: role.id });
    const { agentIds } = team;
    const self = (await lead.get<{ agent: { id: string } }>('/api/session')).body.agent.id;
    for (const answer of [
      await lead.patch(`/api/teams/${team.id}`, { agentIds: [...agentIds, self] }),
      await lead.patch(`/api/teams/${team.id}`, { connectionIds: [] }),
      await lead.delete(`/api/teams/${team.id}`),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { error: { code: 'beyond_your_rights' } } });
    }
  });

  describe('and roles', () => {
    it('of the tenant’s own allow what they name and nothing else, from one request to the next', async () => {
      const role = await roleOf(spaak.owner, 'Reader', ['conversation:read']);
      const reader = await colleague(world, spaak.owner, {
        email: 'reader@spaak.example',
        name: 'A Reader',
        role: 'custom',
        roleId: role.id,
      });
      expect((await reader.get('/api/conversations')).status).toBe(200);
      expect((await reader.get('/api/agents')).status).toBe(403);
      await spaak.owner.patch(`/api/roles/${role.id!}`, { permissions: ['agent:read'] });
      expect((await reader.get('/api/conversations')).status).toBe(403);
      expect((await reader.get('/api/agents')).status).toBe(200);
      expect((await reader.get('/api/session')).body).toMatchObject({ permissions: ['session:own', 'agent:read'] });
    });

    it('that somebody has cannot be deleted, and the refusal says who', async () => {
      const { body } = await spaak.owner.get<Roles>('/api/roles');
      const role = body.items.find(({ name }) => name === 'Reader')!;
      const refused = await spaak.owner.delete(`/api/roles/${role.id!}`);
      expect(refused).toMatchObject({ status: 409, body: { error: { code: 'role_in_use', fields: [{ message: 'A Reader' }] } } });
      await spaak.owner.patch(`/api/agents/${(await agentsOf(spaak.owner)).get('A Reader')!}`, { role: 'agent' });
      expect((await spaak.owner.delete(`/api/roles/${role.id!}`)).status).toBe(204);
    });

    it('are given by nobody beyond what he may himself', async () => {
      const narrow = await roleOf(spaak.owner, 'Personnel', ['role:manage', 'agent:manage', 'agent:read']);
      await colleague(world, spaak.owner, { email: 'personnel@spaak.example', name: 'Personnel', role: 'custom', roleId: narrow.id });
      const client = await world.signIn('personnel@spaak.example', PASSWORD);
      const wide = await roleOf(spaak.owner, 'Wide', ['conversation:erase']);
      const agents = await agentsOf(spaak.owner);
      for (const answer of [
        await client.post('/api/roles', { name: 'More', permissions: ['conversation:read'] }),
        await client.patch(`/api/roles/${narrow.id!}`, { permissions: ['role:manage', 'security:manage'] }),
        await client.patch(`/api/roles/${wide.id!}`, { name: 'Mine' }),
        await client.delete(`/api/roles/${wide.id!}`),
        await client.post('/api/agents', { email: 'a@b.example', name: 'A', role: 'admin' }),
        await client.post('/api/agents', { email: 'a@b.example', name: 'A', role: 'custom', roleId: wide.id }),
        await client.patch(`/api/agents/${agents.get('An Admin')!}`, { state: 'deactivated' }),
      ]) {
        expect(answer).toMatchObject({ status: 403, body: { error: { code: 'beyond_your_rights' } } });
      }
      expect((await client.post('/api/roles', { name: 'Less', permissions: ['agent:read'] })).status).toBe(201);
    });

    it('of another tenant do not exist', async () => {
      const { body } = await spaak.owner.get<Roles>('/api/roles');
      const { id } = body.items.find(({ name }) => name === 'Wide')!;
      expect((await linden.owner.patch(`/api/roles/${id!}`, { name: 'Ours' })).status).toBe(404);
      expect((await linden.owner.delete(`/api/roles/${id!}`)).status).toBe(404);
      const given = await linden.owner.post('/api/agents', { email: 'a@b.example', name: 'A', role: 'custom', roleId: id });
      expect(given).toMatchObject({ status: 422, body: { error: { code: 'no_such_role' } } });
    });
  });
});

async function roleOf(owner: ApiClient, name: string, permissions: string[]): Promise<Role> {
  const { status, body } = await owner.post<Role>('/api/roles', { name, permissions });
  expect(status).toBe(201);
  return body;
}

async function agentsOf(owner: ApiClient): Promise<Map<string, string>> {
  return new Map((await owner.get<Page<Agent>>('/api/agents')).body.items.map(({ name, id }) => [name, id]));
}
