import { NewTenant, OperatorInvite, Suspend } from '#contract';
import { byOperations, shaped } from './by-operations.js';
import type { Command } from './command.js';
import { table } from './told.js';

const MIB = 1024 * 1024;

export const tenantCommands: Command[] = [
  {
    name: 'tenant create',
    does: 'make a tenant; its owner comes in by the link that is shown once',
    options: [
      { name: 'name', means: 'what the business is called', isNeeded: true },
      { name: 'owner-name', means: 'who owns it', isNeeded: true },
      { name: 'owner-email', means: 'the owner’s address', isNeeded: true },
      { name: 'locale', means: 'en or nl' },
    ],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const asked = { name: given['name'], ownerName: given['owner-name'], ownerEmail: given['owner-email'], locale: given['locale'] };
      const made = await operations.createTenant(shaped(NewTenant, asked));
      return { value: made, lines: [`Made tenant ${made.id}.`, `Link for the owner, good until ${made.expiresAt}:`, made.inviteUrl] };
    }),
  },
  {
    name: 'tenant list',
    does: 'all tenants, with how much they use',
    options: [],
    isThroughTheDoor: true,
    run: byOperations(async (operations) => {
      const tenants = await operations.tenants();
      const rows = tenants.map(({ id, name, state, usage }) => [
        id,
        name,
        state,
        String(usage.agents),
        String(usage.connections),
        String(usage.conversations),
        `${(usage.storageBytes / MIB).toFixed(1)} MiB`,
        usage.lastActivityAt ?? 'never',
      ]);
      return {
        value: tenants,
        lines: table(['tenant', 'name', 'state', 'agents', 'connections', 'conversations', 'files', 'last activity'], rows),
      };
    }),
  },
  {
    name: 'tenant suspend',
    parts: ['tenant'],
    does: 'let nobody of a tenant in, and send nothing; what comes in is kept',
    options: [{ name: 'reason', means: 'why; the tenant’s audit keeps it', isNeeded: true }],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const { reason } = shaped(Suspend, { reason: given['reason'] });
      await operations.suspend(given['tenant']!, reason);
      return { value: { suspended: given['tenant'] }, lines: ['Suspended: all its sessions have ended.'] };
    }),
  },
  {
    name: 'tenant resume',
    parts: ['tenant'],
    does: 'let a suspended tenant in again; what waited goes out',
    options: [],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      await operations.resume(given['tenant']!);
      return { value: { resumed: given['tenant'] }, lines: ['Resumed.'] };
    }),
  },
  {
    name: 'tenant clear-addresses',
    parts: ['tenant'],
    does: 'empty a tenant’s list of networks, where it has locked itself out',
    options: [],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      await operations.clearAddresses(given['tenant']!);
      return { value: { cleared: given['tenant'] }, lines: ['Emptied: the tenant can be reached from everywhere.'] };
    }),
  },
  {
    name: 'agent invite',
    does: 'invite somebody to a tenant, where nobody of the tenant can',
    options: [
      { name: 'tenant', means: 'the tenant’s id', isNeeded: true },
      { name: 'email', means: 'the address of who is invited', isNeeded: true },
      { name: 'name', means: 'their name', isNeeded: true },
      { name: 'role', means: 'owner, admin, agent or privacy_officer', isNeeded: true },
    ],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const invite = shaped(OperatorInvite, { email: given['email'], name: given['name'], role: given['role'] });
      const invited = await operations.invite(given['tenant']!, invite);
      return { value: invited, lines: [`Link for ${invited.agent.name}, good until ${invited.expiresAt}:`, invited.inviteUrl] };
    }),
  },
];
