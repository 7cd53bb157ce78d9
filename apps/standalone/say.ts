import { ConfigProblem, Refusal, StartRefusal } from '#platform';

/** Lines for the person who started us. They go beside the log, which is for machines. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tell how long a step took once it is done. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  say(`✓ ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return result;
}

/** What went wrong, and what to do about it, for a person. */
export function explain(error: unknown): string {
  if (error instanceof StartRefusal || error instanceof Refusal || error instanceof ConfigProblem) return error.message;
  const { code, port } = (error ?? {}) as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${String(port)} is taken by another program. Stop it, or choose another one with PORT (or OPERATOR_PORT, SIMULATOR_PORT).`;
  if (code === 'EACCES') return `Port ${String(port)} may not be opened by this user. Choose one above 1024 with PORT.`;
  if (code === 'ENOSPC') return 'The disk is full. Make room, then start again: nothing that was stored is lost.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
