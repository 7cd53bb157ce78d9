import { Log, type LogFields } from '#platform';

/** Every line that would have been logged, for tests that look for what must not be there. */
export class KeptLog extends Log {
  readonly lines: string[];

  constructor() {
    const lines: string[] = [];
    super({ write: (line: string) => void lines.push(line) });
    this.lines = lines;
  }

  has(event: string, fields: LogFields = {}): boolean {
    const wanted = Object.entries({ event, ...fields });
    return this.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .some((line) => wanted.every(([name, value]) => line[name] === value));
  }
}
