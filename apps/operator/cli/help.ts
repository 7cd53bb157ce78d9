import type { Command } from './command.js';

const SHARED = [
  ['--json', 'say the result as one JSON value, for machines'],
  ['--help', 'say what a command does'],
] as const;
const THROUGH_THE_DOOR = [
  ['--local', 'work on the database itself, without the server'],
  ['--url <address>', 'the operator’s door, when it is not OPERATOR_URL or OPERATOR_PORT on this machine'],
  ['--key <file>', 'the key to sign with, when it is not the one in the data folder'],
] as const;

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map((command) => [usage(command), command.does] as const);
  return [
    'The operator’s command line.',
    '',
    ...columns(rows),
    '',
    ...columns(SHARED),
    '',
    'npm run omnidesk -- <command> --help says more.',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const own = command.options.map(({ name, isSwitch, means }) => [isSwitch === true ? `--${name}` : `--${name} <…>`, means] as const);
  const options = [...own, ...(command.isThroughTheDoor ? THROUGH_THE_DOOR : []), ...SHARED];
  return [`npm run omnidesk -- ${usage(command)}`, '', command.does, ...(command.more ?? []), '', ...columns(options)].join('\n');
}

function usage({ name, parts = [], options }: Command): string {
  const needed = options.filter(({ isNeeded }) => isNeeded === true).map(({ name: option }) => `--${option} <…>`);
  return [name, ...parts.map((part) => `<${part}>`), ...needed].join(' ');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
