import { parseArgs } from 'node:util';
import { ConfigProblem, readEnv, Refusal, StartRefusal } from '#platform';
import type { Command, Given } from './command.js';
import { COMMANDS } from './commands.js';
import { commandHelp, overview } from './help.js';
import { CommandProblem, type Told } from './told.js';

/*
 * The operator's command line: finds the command, reads its options, does it, and tells the result: a table for people, one JSON value for
 * machines. The exit code is 0 when it was done, 1 when it was refused or failed or when what was looked at is not well, 2 when the command
 * itself cannot be understood.
 */

const DONE = 0;
const FAILED = 1;
const NOT_UNDERSTOOD = 2;

type Environment = Record<string, string | undefined>;

/** Where it is said. */
export interface Outlet {
  out: (text: string) => void;
  error: (text: string) => void;
}

const STREAMS: Outlet = { out: (text) => process.stdout.write(text), error: (text) => process.stderr.write(text) };

/** Do what the words ask for. Resolves with the exit code. */
export async function runCommand(words: readonly string[], environment: Environment, outlet = STREAMS): Promise<number> {
  const isJson = words.includes('--json');
  try {
    const asked = understand(words);
    if (typeof asked === 'string') {
      outlet.out(`${asked}\n`);
      return DONE;
    }
    return tell(await asked.command.run(readEnv(environment), asked.given), isJson, outlet);
  } catch (error) {
    return complain(error, isJson, outlet);
  }
}

/** The command and what was given to it; or the help that was asked for. */
function understand(words: readonly string[]): { command: Command; given: Given } | string {
  const plain = words.filter((word) => !word.startsWith('-'));
  const command = COMMANDS.find(({ name }) => name === plain.slice(0, name.split(' ').length).join(' '));
  const wantsHelp = words.includes('--help') || words.includes('-h');
  if (!command) {
    if (wantsHelp || words.length === 0) return overview(COMMANDS);
    throw new CommandProblem(`There is no command "${plain.join(' ')}".\n\n${overview(COMMANDS)}`);
  }
  if (wantsHelp) return commandHelp(command);
  const own = Object.fromEntries(
    command.options.map(({ name, isSwitch }) => [name, { type: isSwitch === true ? 'boolean' : 'string' } as const]),
  );
  const all: Record<string, { type: 'string' | 'boolean' }> = {
    ...own,
    json: { type: 'boolean' },
    local: { type: 'boolean' },
    url: { type: 'string' },
    key: { type: 'string' },
  };
  const { values, positionals } = parsed(() => parseArgs({ args: [...words], options: all, allowPositionals: true }), command);
  const parts = positionals.slice(command.name.split(' ').length);
  const names = command.parts ?? [];
  if (parts.length !== names.length) {
    throw new CommandProblem(`${command.name} takes ${names.length === 0 ? 'nothing more' : names.map((name) => `<${name}>`).join(' ')}.`);
  }
  const missing = command.options.filter(({ name, isNeeded }) => isNeeded === true && values[name] === undefined);
  if (missing.length > 0) throw new CommandProblem(`${command.name} needs ${missing.map(({ name }) => `--${name}`).join(' and ')}.`);
  const options = Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : 'yes'] as const);
  return { command, given: Object.fromEntries([...options, ...names.map((name, at) => [name, parts[at]] as const)]) };
}

function parsed<T>(parse: () => T, command: Command): T {
  try {
    return parse();
  } catch (error) {
    throw new CommandProblem(`${(error as Error).message}\n\n${commandHelp(command)}`);
  }
}

function tell({ value, lines, isWell = true }: Told, isJson: boolean, outlet: Outlet): number {
  outlet.out(isJson ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`);
  return isWell ? DONE : FAILED;
}

function complain(error: unknown, isJson: boolean, outlet: Outlet): number {
  const code = error instanceof CommandProblem ? error.code : error instanceof Refusal ? error.code : 'failed';
  const isExpected = [CommandProblem, Refusal, StartRefusal, ConfigProblem].some((kind) => error instanceof kind);
  const message = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  if (isJson) outlet.out(`${JSON.stringify({ error: { code, message } })}\n`);
  else outlet.error(`${message}\n`);
  return error instanceof CommandProblem && error.code === 'not_understood' ? NOT_UNDERSTOOD : FAILED;
}
