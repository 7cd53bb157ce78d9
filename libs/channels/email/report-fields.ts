/*
 * The machine-readable part of a report: groups of "Name: value" lines with empty lines between them, as RFC 3464 (delivery), RFC 8098
 * (reading) and RFC 5965 (abuse) share it.
 */

/** One group of fields: lower-case name to the values in the order written. */
export type ReportGroup = ReadonlyMap<string, readonly string[]>;

const GROUPS_MAX = 500;
const LINES_MAX = 5_000;
const VALUE_CHARS_MAX = 4_000;
const FIELD = /^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,5}:[ \t]{0,20}(.*)$/;

/**
 * The groups of fields in a report, folded lines joined. Lines that are no field are left out.
 *
 * Limits   500 groups, 5,000 lines, 4,000 characters per value
 */
export function reportGroups(text: string): ReportGroup[] {
  const groups: Map<string, string[]>[] = [];
  let group: Map<string, string[]> | null = null;
  let last: string[] | null = null;
  for (const line of text.split('\n', LINES_MAX)) {
    if (line.trim() === '') {
      group = null;
      last = null;
      continue;
    }
    if (/^[ \t]/.test(line) && last !== null) {
      const before = last.at(-1) ?? '';
      last[last.length - 1] = `${before} ${line.trim()}`.slice(0, VALUE_CHARS_MAX);
      continue;
    }
    const field = FIELD.exec(line.trim());
    if (field === null) continue;
    if (group === null) {
      if (groups.length >= GROUPS_MAX) break;
      group = new Map();
      groups.push(group);
    }
    const name = (field[1] ?? '').toLowerCase();
    last = group.get(name) ?? [];
    last.push((field[2] ?? '').trim().slice(0, VALUE_CHARS_MAX));
    group.set(name, last);
  }
  return groups;
}

/** The first value of a field, '' where absent. */
export function fieldOf(group: ReportGroup, name: string): string {
  return group.get(name)?.[0] ?? '';
}

/** The value behind its type: "rfc822; anna@post.example" gives the address, "smtp; 550 no" the answer. */
export function typedValue(value: string): string {
  const semicolon = value.indexOf(';');
  const type = value.slice(0, Math.max(0, semicolon)).trim();
  return /^[A-Za-z0-9-]{1,30}$/.test(type) ? value.slice(semicolon + 1).trim() : value.trim();
}
