/** The end of the bytes came before the end of what they promised. */
export class BytesEnded extends Error {
  override readonly name = 'BytesEnded';
}

/** Reads little-endian figures one after another and never past the end. */
export class ByteReader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.position;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  short(): number {
    return this.take(2).readUInt16LE();
  }

  long(): number {
    return this.take(4).readUInt32LE();
  }

  /** A view of the next `length` bytes, not a copy. Errors: BytesEnded. */
  take(length: number): Buffer {
    if (length > this.left) throw new BytesEnded(`wanted ${length} bytes of ${this.left}`);
    const taken = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return taken;
  }

  /** As `take`, and skips what fills it up to a multiple of four, as far as there is any. */
  takePadded(length: number): Buffer {
    const taken = this.take(length);
    this.position += Math.min(this.left, (4 - (length % 4)) % 4);
    return taken;
  }
}
