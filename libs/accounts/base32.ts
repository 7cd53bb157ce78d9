const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BITS_PER_LETTER = 5;
const BITS_PER_BYTE = 8;

/**
 * Bytes as letters that can be read out and typed, without padding.
 *
 * Shape    bytes: a number of bits that letters of 5 bits come out even with, as 5, 10 or 20 bytes do
 * Source   RFC 4648, section 6
 */
export function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << BITS_PER_BYTE) | byte;
    bits += BITS_PER_BYTE;
    while (bits >= BITS_PER_LETTER) {
      bits -= BITS_PER_LETTER;
      text += LETTERS[value >>> bits]!;
      value &= (1 << bits) - 1;
    }
  }
  return text;
}
