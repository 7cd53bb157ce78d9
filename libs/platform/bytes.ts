/*
 * Large bytes lie outside of the heap. The collector sees only the small object in front of them, so it lets tens of megabytes that nobody
 * uses any more lie about until it happens to come by. Who knows that he was their last user says so.
 */

/** What is smaller stays in the pieces it came in. */
const SMALL_BYTES_MAX = 1024 * 1024;
const GROWTH = 2;

/** Give the memory of these bytes back now. They are empty from then on. Leaves alone what shares its memory with others. */
export function releaseBytes(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // Of Node's own pool one piece is never more than a half.
  if (buffer instanceof ArrayBuffer && bytes.length * 2 > buffer.byteLength) buffer.transfer(0);
}

/**
 * Gathers bytes that come piece by piece. Each is copied to its place and given back at once, so that the whole is never there twice.
 *
 * Limits   none: the caller counts
 */
export class GatheredBytes {
  private pieces: Buffer[] = [];
  private room: Buffer | null = null;
  private filled = 0;

  /** `expectedBytes`: what somebody says that will come. He is only believed once the first MiB is there. */
  constructor(private readonly expectedBytes = 0) {}

  get length(): number {
    return this.filled;
  }

  /** Add a piece that nobody else uses. */
  add(piece: Buffer): void {
    this.pieces.push(piece);
    this.filled += piece.length;
    if (this.filled > SMALL_BYTES_MAX) this.settle();
  }

  /** All that have come so far, in one: the same memory as long as nothing is added. */
  take(): Buffer {
    return this.room === null ? Buffer.concat(this.pieces, this.filled) : this.room.subarray(0, this.filled);
  }

  private settle(): void {
    let at = this.filled - this.pieces.reduce((sum, { length }) => sum + length, 0);
    const room = this.roomFor(at);
    for (const piece of this.pieces) {
      piece.copy(room, at);
      at += piece.length;
      // What came with it in the same memory may be somebody else's.
      if (piece.length === piece.buffer.byteLength) releaseBytes(piece);
    }
    this.pieces = [];
  }

  private roomFor(keptBytes: number): Buffer {
    const { room, filled, expectedBytes } = this;
    if (room !== null && room.length >= filled) return room;
    const larger = Buffer.allocUnsafeSlow(filled <= expectedBytes ? expectedBytes : GROWTH * filled);
    room?.copy(larger, 0, 0, keptBytes);
    if (room !== null) releaseBytes(room);
    this.room = larger;
    return larger;
  }
}
