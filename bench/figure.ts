/* What a measurement says, and how it is shown to people. */

export type Unit = '/s' | 'ms' | 's' | 'MB';

/** What a figure should reach: a share of its limit, or so much at least, or less than so much, in its own unit. */
export type Target = { shareMin: number } | { atLeast: number } | { below: number };

/** One measured value beside what this machine could do at best in the same run. */
export interface Figure {
  name: string;
  value: number;
  unit: Unit;
  /** Measured in the same run, in the same unit. */
  limit: { name: string; value: number };
  target: Target | null;
  /** What explains the figure: counts, slower cases. */
  notes?: Record<string, number>;
}

export type Verdict = 'met' | 'missed' | 'reported';

/** How many times its limit a figure is: for rates 1 is the best there is, for everything else 1 is the least there can be. */
export function ratioOf({ value, limit }: Figure): number {
  return value / limit.value;
}

export function verdictOf(figure: Figure): Verdict {
  const { target } = figure;
  if (target === null) return 'reported';
  return isMet(figure, target) ? 'met' : 'missed';
}

function isMet(figure: Figure, target: Target): boolean {
  if ('shareMin' in target) return ratioOf(figure) >= target.shareMin;
  return 'atLeast' in target ? figure.value >= target.atLeast : figure.value < target.below;
}

/** One line per figure, under a heading, in columns. */
export function tableOf(figures: readonly Figure[]): string {
  const lines = [['measured', 'figure', 'limit', 'ratio', 'target', 'verdict'], ...figures.map(lineOf)];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

function lineOf(figure: Figure): string[] {
  const { name, value, unit, limit, target } = figure;
  return [
    name,
    amount(value, unit),
    `${amount(limit.value, unit)} (${limit.name})`,
    ratioOf(figure).toFixed(2),
    target === null ? '' : wanted(target, unit),
    verdictOf(figure),
  ];
}

function wanted(target: Target, unit: Unit): string {
  if ('shareMin' in target) return `≥ ${String(target.shareMin)} of the limit`;
  return 'atLeast' in target ? `≥ ${amount(target.atLeast, unit)}` : `< ${amount(target.below, unit)}`;
}

function amount(value: number, unit: Unit): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** The value that this share of all values does not exceed. Shape  share: 0.5 is the median */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}
