import type { HeaderLines } from 'mailparser';
import { unfold } from './mime-outline.js';

/** The header lines of the mail, looked up by name; raw where the reader's own view is too clever (dates, lists of ids). */
export class HeaderValues {
  private readonly values = new Map<string, string[]>();

  constructor(lines: HeaderLines | undefined) {
    for (const { key, line } of lines ?? []) {
      const value = unfold(Buffer.from(line, 'latin1').toString('utf8'));
      const values = this.values.get(key) ?? [];
      values.push(value.slice(value.indexOf(':') + 1).trim());
      this.values.set(key, values);
    }
  }

  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  first(name: string): string {
    return this.all(name)[0] ?? '';
  }
}
