import type { z } from 'zod';
import type { Config } from '#platform';
import type { Given } from './command.js';
import { inHouse, onTheDatabase } from './house.js';
import type { Operations } from './operations.js';
import { throughTheDoor } from './through-the-door.js';
import { CommandProblem, type Told } from './told.js';

/** A command that either the server does or, with `--local`, we do. */
export function byOperations(work: (operations: Operations, given: Given) => Promise<Told>) {
  return async (config: Config, given: Given): Promise<Told> => {
    if (given['local'] !== undefined) return inHouse(config, (house, ground) => work(onTheDatabase(house, ground.config), given));
    return work(await throughTheDoor(config, { url: given['url'], key: given['key'] }), given);
  };
}

/** What was given, in the shape of the contract. Errors: CommandProblem with a line per field. */
export function shaped<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  throw new CommandProblem(found.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'), 'invalid');
}
