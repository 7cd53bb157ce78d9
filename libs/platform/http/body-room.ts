import { Refusal } from '../refusal.js';

const MIB = 1024 * 1024;
/** Smaller bodies are let past: they are many, and never the problem. */
export const LARGE_BODY_BYTES = MIB;
const ROOM_BYTES = 128 * MIB;
const WAIT_MS_MAX = 20_000;

interface Waiting {
  bytes: number;
  admit: () => void;
}

/**
 * Room for the large bodies of all requests together. Who finds none waits before anything of his is read, first come, first served.
 *
 * Limits   128 MiB; 20 s of waiting
 */
export class BodyRoom {
  private taken = 0;
  private readonly waiting: Waiting[] = [];

  constructor(
    private readonly roomBytes = ROOM_BYTES,
    private readonly waitMsMax = WAIT_MS_MAX,
  ) {}

  /** Resolves when there is room, to the way of giving it back; more than once is fine. Errors: unavailable `intake_full` */
  async enter(bytes: number): Promise<() => void> {
    if (this.waiting.length > 0 || !this.fits(bytes)) await this.wait(bytes);
    else this.taken += bytes;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.taken -= bytes;
      this.admitNext();
    };
  }

  private async wait(bytes: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((admit, reject) => {
        const place: Waiting = { bytes, admit };
        this.waiting.push(place);
        timer = setTimeout(() => {
          this.waiting.splice(this.waiting.indexOf(place), 1);
          reject(new Refusal('unavailable', 'intake_full', 'Too much is coming in at once. Try again in a moment.'));
          // Behind it may be somebody who fits.
          this.admitNext();
        }, this.waitMsMax);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private admitNext(): void {
    for (let [next] = this.waiting; next !== undefined && this.fits(next.bytes); [next] = this.waiting) {
      this.waiting.shift();
      this.taken += next.bytes;
      next.admit();
    }
  }

  /** What is larger than the room goes alone. */
  private fits(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.roomBytes;
  }
}
