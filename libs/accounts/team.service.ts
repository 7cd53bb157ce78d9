import { Injectable } from '@nestjs/common';
import { Audit } from '#audit';
import type { NewTeam, Team, TeamChange } from '#contract';
import { Clock, Database, isUuid, newId, notFound, Refusal, type TenantTx } from '#platform';
import type { Actor } from './actor.js';
import { auditedAs } from './audited-as.js';
import { sees } from './rights.js';

const TEAMS_MAX = 200;

const TEAM_COLUMNS = `id, name, created_at as "createdAt",
  array(select agent_id from team_agent where team_agent.team_id = team.id order by agent_id) as "agentIds",
  array(select connection_id from team_connection where team_connection.team_id = team.id order by connection_id) as "connectionIds"`;

interface TeamRow {
  id: string;
  name: string;
  agentIds: string[];
  connectionIds: string[];
  createdAt: Date;
}

/** Who works together, and on what. A connection that is given to teams is seen by their agents alone, and by whoever manages connections. */
@Injectable()
export class TeamService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** By name. Of connections only those that the actor sees. */
  async list(actor: Actor): Promise<Team[]> {
    return this.db.inTenant(actor, async (tx) => {
      const rows = await tx.query<TeamRow>(`select ${TEAM_COLUMNS} from team order by lower(name), id limit $1`, [TEAMS_MAX]);
      return rows.map((row) => describeTeam(row, actor));
    });
  }

  /** Errors: unprocessable `no_such_agent`, `no_such_connection`; conflict `name_taken`, `too_many_teams`. */
  async create(actor: Actor, team: NewTeam): Promise<Team> {
    return this.write(actor, async (tx) => {
      const now = this.clock.now();
      await demandNameFree(tx, team.name, null);
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>('select count(*)::int as count from team');
      if (count >= TEAMS_MAX) throw new Refusal('conflict', 'too_many_teams', 'There are two hundred teams already. Delete one first.');
      const id = newId<string>(now);
      await tx.query('insert into team (tenant_id, id, name, created_at) values ($1, $2, $3, $4)', [tx.tenantId, id, team.name, now]);
      await setMembers(tx, actor, { id, ...team });
      return this.record(tx, actor, 'team_made', await find(tx, id));
    });
  }

  /** Who is in it and what it works on take effect at once. Errors: not_found; as for `create`. */
  async change(actor: Actor, id: string, change: TeamChange): Promise<Team> {
    if (!isUuid(id)) throw notFound();
    return this.write(actor, async (tx) => {
      await lockTeam(tx, actor, id);
      if (change.name !== undefined) {
        await demandNameFree(tx, change.name, id);
        await tx.query('update team set name = $2 where id = $1', [id, change.name]);
      }
      await setMembers(tx, actor, { id, ...change });
      return this.record(tx, actor, 'team_changed', await find(tx, id));
    });
  }

  /** What it alone worked on is everybody's from now on. Errors: not_found. */
  async remove(actor: Actor, id: string): Promise<void> {
    if (!isUuid(id)) throw notFound();
    await this.db.inTenant(actor, async (tx) => {
      await lockTeam(tx, actor, id);
      this.record(tx, actor, 'team_deleted', await find(tx, id));
      await tx.query('delete from team where id = $1', [id]);
    });
  }

  /** Whether a team of this id works on a connection: is in it, or the connection is everybody's. Null when there is none of this id. */
  async worksOn(tx: TenantTx, id: string, connectionId: string): Promise<{ name: string; sees: boolean } | null> {
    const [team] = await tx.query<{ name: string; sees: boolean }>(
      `select name, exists (select from team_connection where team_id = team.id and connection_id = $2)
         or not exists (select from team_connection where connection_id = $2) as sees
       from team where id = $1`,
      [id, connectionId],
    );
    return team ?? null;
  }

  /** The names of teams by id. */
  async names(tx: TenantTx, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    if (wanted.length === 0) return new Map();
    const rows = await tx.query<{ id: string; name: string }>('select id, name from team where id = any($1)', [wanted]);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  private record(tx: TenantTx, actor: Actor, act: 'team_made' | 'team_changed' | 'team_deleted', team: TeamRow): TeamRow {
    const { id, agentIds, connectionIds } = team;
    this.audit.append(tx, { act, by: auditedAs(actor), about: { kind: 'team', id }, facts: { agentIds, connectionIds } });
    return team;
  }

  // Connections are another room's: that one exists is what its key says.
  private async write(actor: Actor, work: (tx: TenantTx) => Promise<TeamRow>): Promise<Team> {
    try {
      return describeTeam(await this.db.inTenant(actor, work), actor);
    } catch (error) {
      const constraint = (error as { constraint?: string }).constraint ?? '';
      if (constraint === 'team_connection_tenant_id_connection_id_fkey') throw noSuchConnection();
      if (constraint === 'team_agent_tenant_id_agent_id_fkey') {
        throw new Refusal('unprocessable', 'no_such_agent', 'There is nobody of this id. Choose somebody from the list.');
      }
      throw error;
    }
  }
}

function noSuchConnection(): Refusal {
  return new Refusal('unprocessable', 'no_such_connection', 'There is no such page or mailbox. Choose one from the list.');
}

async function setMembers(tx: TenantTx, actor: Actor, { id, agentIds, connectionIds }: TeamChange & { id: string }): Promise<void> {
  if (agentIds) {
    await tx.query('delete from team_agent where team_id = $1 and agent_id <> all($2)', [id, agentIds]);
    await tx.query('insert into team_agent select $1, $2, unnest($3::uuid[]) on conflict do nothing', [tx.tenantId, id, agentIds]);
  }
  if (connectionIds) {
    const known = connectionIds.filter((one) => sees(actor, one));
    if (known.length < connectionIds.length) throw noSuchConnection();
    await tx.query('delete from team_connection where team_id = $1 and connection_id <> all($2)', [id, connectionIds]);
    await tx.query('insert into team_connection select $1, $2, unnest($3::uuid[]) on conflict do nothing', [
      tx.tenantId,
      id,
      connectionIds,
    ]);
  }
}

async function find(tx: TenantTx, id: string): Promise<TeamRow> {
  const [row] = await tx.query<TeamRow>(`select ${TEAM_COLUMNS} from team where id = $1`, [id]);
  return row!;
}

function describeTeam({ createdAt, connectionIds, ...team }: TeamRow, actor: Actor): Team {
  return { ...team, connectionIds: connectionIds.filter((id) => sees(actor, id)), createdAt: createdAt.toISOString() };
}

async function lockTeam(tx: TenantTx, actor: Actor, id: string): Promise<void> {
  const [team] = await tx.query('select 1 from team where id = $1 for update', [id]);
  if (!team) throw notFound();
  demandSeen(actor, (await find(tx, id)).connectionIds);
}

// To be in a team is to see what it works on: nobody lets himself, or others, see what he does not.
function demandSeen(actor: Actor, connectionIds: readonly string[]): void {
  if (connectionIds.every((id) => sees(actor, id))) return;
  throw new Refusal('forbidden', 'beyond_your_rights', 'This team works on what you do not see. Ask somebody who does.');
}

async function demandNameFree(tx: TenantTx, name: string, id: string | null): Promise<void> {
  const taken = await tx.query('select 1 from team where lower(name) = lower($1) and id is distinct from $2::uuid', [name, id]);
  if (taken.length > 0) throw new Refusal('conflict', 'name_taken', 'Another team is called that already. Choose another name.');
}
