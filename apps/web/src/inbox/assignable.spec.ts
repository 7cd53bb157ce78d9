import type { Agent, Role, Team } from '#contract';
import { isAssignable } from './assignable.js';

const CREATED = { createdAt: '2026-01-01T00:00:00.000Z' };
const agent = (id: string, change: Partial<Agent> = {}): Agent => ({
  ...CREATED,
  id,
  name: id,
  email: `${id}@spaak.example`,
  role: 'agent',
  roleId: null,
  state: 'active',
  ...change,
});
const role = (kind: Role['kind'], permissions: string[], id: string | null = null): Role => ({
  id,
  kind,
  name: '',
  permissions,
  agents: 1,
});
const team = (agentIds: string[], connectionIds: string[]): Team => ({ ...CREATED, id: 'team', name: 'Team', agentIds, connectionIds });

const roles = [
  role('owner', ['connection:manage']),
  role('agent', ['conversation:write']),
  role('custom', ['connection:manage'], 'ways'),
  role('custom', ['conversation:write'], 'words'),
];
const teams = [team(['inside'], ['page'])];

describe('who can be given a conversation', () => {
  it('is everybody active where its page is in no team', () => {
    expect(isAssignable(agent('outside'), 'mailbox', { teams, roles })).toBe(true);
    expect(isAssignable(agent('gone', { state: 'deactivated' }), 'mailbox', { teams, roles })).toBe(false);
    expect(isAssignable(agent('coming', { state: 'invited' }), 'mailbox', { teams, roles })).toBe(false);
  });

  it('is who is in a team of its page, and who manages pages, by whatever role', () => {
    const may = (who: Agent) => isAssignable(who, 'page', { teams, roles });
    expect(may(agent('inside'))).toBe(true);
    expect(may(agent('outside'))).toBe(false);
    expect(may(agent('olga', { role: 'owner' }))).toBe(true);
    expect(may(agent('wim', { role: 'custom', roleId: 'ways' }))).toBe(true);
    expect(may(agent('wil', { role: 'custom', roleId: 'words' }))).toBe(false);
  });
});
