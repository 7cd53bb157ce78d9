/** Counts what has begun and not yet ended, so that a test can wait for quiet instead of sleeping. */
export class Underway {
  private readonly open = new Map<symbol, string>();
  private waiting: (() => void)[] = [];

  /** Something began. Call the answer once when it has ended; calling it again changes nothing. */
  begin(what: string): () => void {
    const token = Symbol(what);
    this.open.set(token, what);
    return () => {
      if (!this.open.delete(token) || this.open.size > 0) return;
      for (const resolve of this.waiting.splice(0)) resolve();
    };
  }

  /** Resolves when nothing is under way; rejects after `timeoutMs`, naming what still is. */
  idle(timeoutMs: number): Promise<void> {
    if (this.open.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((waiter) => waiter !== done);
        reject(new Error(`still under way after ${timeoutMs} ms: ${[...this.open.values()].join(', ')}`));
      }, timeoutMs);
      this.waiting.push(done);
    });
  }
}
