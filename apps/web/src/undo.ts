/** What an agent has just done and can take back: by the button of its notice, or by `z`. Only the newest is under the key. */
import { notifyUndoable } from './ui/notify.js';

interface Undoable {
  undo: () => Promise<void>;
  hide: () => void;
}

let newest: Undoable | null = null;

/** Tell that something was done, and how it is taken back. `undo` tells itself what became of that. */
export function offerUndo(message: string, undo: () => Promise<void>): void {
  const done: Undoable = { undo, hide: notifyUndoable(message, () => void takeBack(done)) };
  newest = done;
}

/** Take back what was done last; once. */
export function undoNewest(): void {
  if (newest !== null) void takeBack(newest);
}

/** Forget what was done: the agent signed out. */
export function forgetUndo(): void {
  newest?.hide();
  newest = null;
}

async function takeBack(done: Undoable): Promise<void> {
  if (newest === done) newest = null;
  done.hide();
  await done.undo();
}
