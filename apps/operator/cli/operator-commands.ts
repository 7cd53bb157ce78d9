import { CONSOLE, OperatorAccounts, OperatorAddressList } from '#accounts';
import { NewOperator, NewOperatorAddress, NewOperatorKey, type OperatorLine } from '#contract';
import { byOperations, shaped } from './by-operations.js';
import type { Command } from './command.js';
import { inHouse } from './house.js';
import { makeKey, readPublicKey } from './key-file.js';
import type { Operations } from './operations.js';
import { CommandProblem, table } from './told.js';

const BY_NAME = { name: 'name', means: 'which operator', isNeeded: true };

export const operatorCommands: Command[] = [
  {
    name: 'operator init',
    does: 'make yourself an operator: a key in the data folder, known to the database',
    more: ['Works on the database itself: whoever has the console has the data. Run it as the account that runs the server.'],
    options: [{ name: 'name', means: 'your name', isNeeded: true }],
    isThroughTheDoor: false,
    run: (config, given) =>
      inHouse(config, async (house) => {
        const accounts = house.get(OperatorAccounts, { strict: false });
        const wanted = shaped(NewOperator, { name: given['name'] });
        if ((await accounts.byName(wanted.name)) !== null)
          throw new CommandProblem('There is an operator of this name.', 'operator_exists');
        const { path, publicKey, keyId } = await makeKey(config.dataDir);
        const { id } = await accounts.create(CONSOLE, wanted);
        await accounts.addKey(CONSOLE, id, { publicKey, label: 'command line' });
        const lines = [
          `You are an operator now. Your key: ${path}`,
          'For the console in your browser: npm run omnidesk -- operator invite-passkey --name …',
        ];
        return { value: { operatorId: id, keyId, keyFile: path }, lines };
      }),
  },
  {
    name: 'operator list',
    does: 'all operators and their keys',
    options: [],
    isThroughTheDoor: true,
    run: byOperations(async (operations) => {
      const operators = await operations.operators();
      const rows = operators.flatMap(({ name, role, revokedAt, keys }) => {
        const state = revokedAt === null ? role : 'revoked';
        if (keys.length === 0) return [[name, state, '', '', '']];
        return keys.map(({ kind, label, id, lastUsedAt }) => [name, state, `${kind} ${label}`, id, lastUsedAt ?? 'never used']);
      });
      return { value: operators, lines: table(['operator', 'may', 'key', 'id', 'last used'], rows) };
    }),
  },
  {
    name: 'operator add-key',
    does: 'let an operator sign with one more key; a new name makes a new operator',
    options: [
      BY_NAME,
      { name: 'public-key', means: 'a file with the public half of an Ed25519 key', isNeeded: true },
      { name: 'label', means: 'which key it is' },
      { name: 'role', means: 'of a new operator: full or watcher (sees health and figures, changes nothing)' },
    ],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const publicKey = await readPublicKey(given['public-key']!);
      const wanted = shaped(NewOperator, { name: given['name'], role: given['role'] });
      const { id } = (await named(operations, wanted.name)) ?? (await operations.createOperator(wanted));
      const key = await operations.addKey(id, shaped(NewOperatorKey, { publicKey, label: given['label'] ?? 'key' }));
      return { value: { operatorId: id, key }, lines: [`Added key ${key.id}.`] };
    }),
  },
  {
    name: 'operator invite-passkey',
    does: 'a link by which an operator makes a passkey for the console; a new name makes a new operator',
    options: [BY_NAME],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const wanted = shaped(NewOperator, { name: given['name'] });
      const { id } = (await named(operations, wanted.name)) ?? (await operations.createOperator(wanted));
      const enrolment = await operations.invitePasskey(id);
      return { value: { operatorId: id, ...enrolment }, lines: [`Good once, until ${enrolment.expiresAt}:`, enrolment.enrolUrl] };
    }),
  },
  {
    name: 'operator revoke',
    does: 'end an operator, with all keys, passkeys and sessions',
    options: [BY_NAME],
    isThroughTheDoor: true,
    run: byOperations(async (operations, given) => {
      const found = await named(operations, given['name']!);
      if (!found) throw new CommandProblem('There is no operator of this name.', 'not_found');
      await operations.revoke(found.id);
      return { value: { revoked: found.id }, lines: ['Revoked.'] };
    }),
  },
  {
    name: 'operator allow-ip',
    parts: ['range'],
    does: 'let operators come from an address or a range; also the way back in for whoever is locked out',
    options: [{ name: 'label', means: 'whose it is' }],
    isThroughTheDoor: false,
    run: (config, given) =>
      inHouse(config, async (house) => {
        const wanted = shaped(NewOperatorAddress, { range: given['range'], label: given['label'] });
        const range = await house.get(OperatorAddressList, { strict: false }).add(CONSOLE, wanted);
        return { value: { range }, lines: [`Operators may come from ${range} now.`] };
      }),
  },
];

async function named(operations: Operations, name: string): Promise<OperatorLine | undefined> {
  const operators = await operations.operators();
  return operators.find((line) => line.revokedAt === null && line.name.toLowerCase() === name.toLowerCase());
}
