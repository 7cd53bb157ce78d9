/**
 * What only now became known of the past: found in a page's archive after an outage, or brought in with a page's history.
 *
 * It is shown like everything else, and nobody is told of it as if it were news. The feed says which; it says so before the messages come.
 */
import type { Change } from '#contract';

/** More than one thread ever shows; the oldest are forgotten first. */
const REMEMBERED_MAX = 2_000;
const quiet = new Set<string>();

/** Remember which of these changes are of the past. */
export function rememberQuiet(changes: readonly Change[]): void {
  for (const { quiet: isQuiet, messageId } of changes) if (isQuiet === true && messageId !== undefined) quiet.add(messageId);
  for (const messageId of quiet) {
    if (quiet.size <= REMEMBERED_MAX) break;
    quiet.delete(messageId);
  }
}

/** Whether a message is of the past and only now known. */
export function isQuiet(messageId: string): boolean {
  return quiet.has(messageId);
}
