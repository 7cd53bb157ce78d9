import type { Agent, Role, Team } from '#contract';

export interface House {
  teams: readonly Team[];
  roles: readonly Role[];
}

/** The teams that would see what comes on a connection: those that work on it, or all where that is everybody's. */
export function teamsSeeing(connectionId: string, teams: readonly Team[]): readonly Team[] {
  return isGiven(connectionId, teams) ? teams.filter(({ connectionIds }) => connectionIds.includes(connectionId)) : teams;
}

/** Whether somebody can be given work on a connection: he is here, and would see it. The server decides; this spares a vain choice. */
export function isAssignable({ id, role, roleId, state }: Agent, connectionId: string, { teams, roles }: House): boolean {
  if (state !== 'active') return false;
  if (!isGiven(connectionId, teams)) return true;
  // Whoever manages connections sees them all.
  const own = roles.find((one) => one.kind === role && one.id === roleId);
  if (own?.permissions.includes('connection:manage') === true) return true;
  return teamsSeeing(connectionId, teams).some(({ agentIds }) => agentIds.includes(id));
}

function isGiven(connectionId: string, teams: readonly Team[]): boolean {
  return teams.some(({ connectionIds }) => connectionIds.includes(connectionId));
}
