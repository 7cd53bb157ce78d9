const LOOK_EVERY_MS = 5;
const US_PER_MS = 1000;

/**
 * The longest time for which this thread worked without looking at anything else. Counted in time of the processor, so that a machine that is
 * busy with other things, or stood still, makes nothing seem longer than it was.
 */
export class ThreadWork {
  private longestUs = 0;
  private before = worked();
  private readonly timer = setInterval(() => this.look(), LOOK_EVERY_MS);

  /** Forget what was, and begin anew. */
  reset(): void {
    this.longestUs = 0;
    this.before = worked();
  }

  get longestMs(): number {
    this.look();
    return this.longestUs / US_PER_MS;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = worked();
    this.longestUs = Math.max(this.longestUs, now - this.before);
    this.before = now;
  }
}

function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
