/** What a command has to say: one value for machines, lines for people. */
export interface Told {
  value: unknown;
  lines: string[];
  /** False where what was looked at is not well, although looking went well. */
  isWell?: boolean;
}

/** Why a command was not done, in words for whoever typed it. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';

  constructor(
    message: string,
    readonly code: string = 'not_understood',
  ) {
    super(message);
  }
}

/** Columns as wide as what stands in them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)];
}
