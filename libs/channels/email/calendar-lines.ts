/*
 * iCalendar as lines (RFC 5545 section 3.1): unfolded, each a name, parameters and a value, in the component they stand in.
 */

export interface CalendarLine {
  /** Upper case. */
  name: string;
  /** Upper-case name to the value, without quotes. */
  parameters: ReadonlyMap<string, string>;
  /** Still escaped where it is text. */
  value: string;
}

export interface CalendarComponent {
  /** VEVENT, VTIMEZONE, …, upper case. */
  name: string;
  lines: CalendarLine[];
  parts: CalendarComponent[];
}

const CHARS_MAX = 512 * 1024;
const LINES_MAX = 10_000;
const LINE_CHARS_MAX = 20_000;
const PARAMETERS_MAX = 50;
const DEPTH_MAX = 10;
const COMPONENTS_MAX = 1_000;

/**
 * The components of a calendar file. What is no line of one is left out; what is not closed ends with the file.
 *
 * Limits   512 KiB, 10,000 lines, 1,000 components ten deep; linear
 */
export function calendarComponents(text: string): CalendarComponent[] {
  const root: CalendarComponent = { name: '', lines: [], parts: [] };
  const open: CalendarComponent[] = [root];
  let count = 0;
  for (const written of unfolded(text)) {
    const line = lineOf(written);
    if (line === null) continue;
    const inner = open.at(-1) ?? root;
    if (line.name === 'BEGIN') {
      count += 1;
      if (count > COMPONENTS_MAX || open.length > DEPTH_MAX) break;
      const component: CalendarComponent = { name: line.value.trim().toUpperCase(), lines: [], parts: [] };
      inner.parts.push(component);
      open.push(component);
    } else if (line.name === 'END') {
      if (open.length > 1) open.pop();
    } else inner.lines.push(line);
  }
  return root.parts;
}

function unfolded(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.slice(0, CHARS_MAX).split(/\r\n|\r|\n/, LINES_MAX)) {
    const last = lines.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) {
      const before = lines[last] ?? '';
      if (before.length < LINE_CHARS_MAX) lines[last] = before + line.slice(1, LINE_CHARS_MAX);
    } else lines.push(line.slice(0, LINE_CHARS_MAX));
  }
  return lines;
}

const NAME = /^[A-Za-z0-9-]{1,60}/;

function lineOf(line: string): CalendarLine | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  const parameters = new Map<string, string>();
  let position = name.length;
  while (line[position] === ';' && parameters.size < PARAMETERS_MAX) {
    const equals = line.indexOf('=', position);
    if (equals < 0) return null;
    const end = endOfParameter(line, equals + 1);
    parameters.set(
      line
        .slice(position + 1, equals)
        .trim()
        .toUpperCase(),
      line.slice(equals + 1, end).replaceAll('"', ''),
    );
    position = end;
  }
  if (line[position] !== ':') return null;
  return { name: name.toUpperCase(), parameters, value: line.slice(position + 1) };
}

/** A value in quotes may hold ":" and ";". */
function endOfParameter(line: string, start: number): number {
  let isQuoted = false;
  for (let index = start; index < line.length; index += 1) {
    const character = line[index];
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === ';' || character === ':')) return index;
  }
  return line.length;
}

/** The text a value stands for. */
export function calendarText(value: string): string {
  return value.replaceAll(/\\([nN\\;,])/g, (_, escaped: string) => (escaped.toLowerCase() === 'n' ? '\n' : escaped));
}
