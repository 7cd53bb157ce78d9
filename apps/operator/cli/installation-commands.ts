import { TenantService } from '#accounts';
import { AuditVerifier } from '#audit';
import type { AuditVerification } from '#contract';
import { type Config, isUuid, migrate, prepareGround, type TenantId } from '#platform';
import { byOperations } from './by-operations.js';
import type { Command } from './command.js';
import { inHouse } from './house.js';
import { rotateKeys } from './rotate-keys.js';
import { CommandProblem, table } from './told.js';

const TENANTS_AT_ONCE = 100;

export const installationCommands: Command[] = [
  {
    name: 'doctor',
    does: 'look whether everything the installation stands on is well; exit code 1 when something is bad',
    options: [],
    isThroughTheDoor: true,
    run: byOperations(async (operations) => {
      const health = await operations.health();
      const rows = health.lines.map(({ key, state, advice }) => [key, state, advice ?? '']);
      const figures = Object.entries(health.figures).map(([name, value]) => `${name}: ${String(value)}`);
      const isWell = health.lines.every(({ state }) => state !== 'bad');
      return { value: health, lines: [...table(['what', 'is', 'do'], rows), '', ...figures], isWell };
    }),
  },
  {
    name: 'migrate',
    does: 'bring the database to this version’s tables; the server does it too when it starts',
    options: [],
    isThroughTheDoor: false,
    run: async (config) => {
      await bringUp(config);
      return { value: { migrated: true }, lines: ['The database has this version’s tables.'] };
    },
  },
  {
    name: 'audit verify',
    does: 'follow every chain of the audit from its first entry to its last; exit code 1 when one does not hold',
    options: [{ name: 'tenant', means: 'only this tenant’s' }],
    isThroughTheDoor: false,
    run: (config, given) =>
      inHouse(config, async (house) => {
        const verifier = house.get(AuditVerifier, { strict: false });
        const chains =
          given['tenant'] === undefined
            ? ['installation', ...(await allTenants(house.get(TenantService, { strict: false })))]
            : [given['tenant']];
        const found = [];
        for (const chain of chains) {
          if (chain !== 'installation' && !isUuid(chain)) throw new CommandProblem('A tenant is named by its id.', 'invalid');
          found.push({ chain, ...(await wholeChain(verifier, chain as TenantId | 'installation')) });
        }
        const rows = found.map(({ chain, verifiedTo, newest, broken }) => [
          chain,
          broken === null ? 'holds' : `broken at ${String(broken.seq)}: ${broken.reason}`,
          `${String(verifiedTo)} of ${String(newest)}`,
        ]);
        return { value: found, lines: table(['chain', 'is', 'entries'], rows), isWell: found.every(({ broken }) => broken === null) };
      }),
  },
  {
    name: 'keys rotate',
    does: 'seal every stored secret anew with the newest key of OMNIDESK_SECRET_KEY',
    more: [
      'Put the new key before the old one, with a comma between, restart the server, then run this. It can be stopped and run again.',
      'Keep the oldest key at the end: what has been sent (addresses to answer, links) and the database’s own passwords are made with it.',
    ],
    options: [],
    isThroughTheDoor: false,
    run: (config) =>
      inHouse(config, async (house, ground) => {
        const { resealed, already } = await rotateKeys(house, ground.config);
        return { value: { resealed, already }, lines: [`Sealed anew: ${String(resealed)}. Were so already: ${String(already)}.`] };
      }),
  },
];

async function bringUp(config: Config): Promise<void> {
  if (config.databaseUrl !== null && config.secretKeys.length > 0)
    await migrate({ ownerUrl: config.databaseUrl, secret: config.secretKeys.at(-1)! });
  else await (await prepareGround(config)).close();
}

async function allTenants(tenants: TenantService): Promise<TenantId[]> {
  const ids: TenantId[] = [];
  for (let after: TenantId | null = null; ; after = ids.at(-1)!) {
    const some = await tenants.idsAfter(after, TENANTS_AT_ONCE);
    ids.push(...some);
    if (some.length < TENANTS_AT_ONCE) return ids;
  }
}

async function wholeChain(verifier: AuditVerifier, chain: TenantId | 'installation'): Promise<AuditVerification> {
  let found = await verifier.verify(chain);
  while (!found.isDone) found = await verifier.verify(chain, found.verifiedTo);
  return found;
}
