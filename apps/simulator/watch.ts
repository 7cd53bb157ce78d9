/** Says that something changed, to whoever waits for a condition. */
export class Watch {
  private readonly looks = new Set<() => void>();

  changed(): void {
    for (const look of [...this.looks]) look();
  }

  /** Calls `listener` at every change. The answer ends it. */
  onChange(listener: () => void): () => void {
    this.looks.add(listener);
    return () => this.looks.delete(listener);
  }

  /** What `find` finds, now or after a change; rejects after `timeoutMs`, naming `what`. */
  until<Found>(find: () => Found | undefined, timeoutMs: number, what: string): Promise<Found> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const stop = this.onChange(() => {
        const now = find();
        if (now === undefined) return;
        clearTimeout(timer);
        stop();
        resolve(now);
      });
    });
  }
}
