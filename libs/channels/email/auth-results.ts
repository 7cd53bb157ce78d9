import { HEADER_BYTES_MAX } from './mail-limits.js';

/*
 * Authentication-Results (RFC 8601): what a mail server says it found out about a mail. Anybody can write such a line into a mail, so a
 * line counts only with the name of a server of ours, which takes out every line that claims its name (section 5).
 */

export interface AuthMethodResult {
  /** dkim, spf, dmarc, arc, …, lower case. */
  method: string;
  /** pass, fail, none, …, lower case. */
  result: string;
  /** "header.d", "smtp.mailfrom", …, lower case, to the value. */
  properties: ReadonlyMap<string, string>;
}

export interface AuthResults {
  /** Lower case. */
  authservId: string;
  methods: AuthMethodResult[];
}

const METHODS_MAX = 50;
const PROPERTIES_MAX = 30;

/**
 * One Authentication-Results value; null when it names no server. Comments are left out.
 *
 * Limits   50 methods; linear
 */
export function readAuthResults(value: string): AuthResults | null {
  const [head = '', ...rest] = statements(withoutComments(value.slice(0, HEADER_BYTES_MAX)));
  const authservId = /^"?([^\s";]{1,255})"?/.exec(head.trim())?.[1]?.toLowerCase();
  if (authservId === undefined || authservId.includes('=')) return null;
  return { authservId, methods: rest.slice(0, METHODS_MAX).flatMap((statement) => methodOf(statement) ?? []) };
}

/** As `readAuthResults`, of an ARC-Authentication-Results value, which begins with its instance: `i=1; server; …`. */
export function readArcAuthResults(value: string): AuthResults | null {
  const plain = withoutComments(value.slice(0, HEADER_BYTES_MAX)).trim();
  const instance = /^i\s{0,10}=\s{0,10}\d{1,2}\s{0,10};/.exec(plain)?.[0];
  return instance === undefined ? null : readAuthResults(plain.slice(instance.length));
}

function methodOf(statement: string): AuthMethodResult | null {
  const words = statement.trim().split(/\s+/, PROPERTIES_MAX + 1);
  const match = /^([a-z][a-z0-9-]{0,30})(?:\/\d{1,3})?=([a-z]{1,20})$/.exec((words[0] ?? '').toLowerCase());
  if (match === null) return null;
  const properties = new Map<string, string>();
  for (const word of words.slice(1)) {
    const equals = word.indexOf('=');
    const name = word.slice(0, Math.max(0, equals)).toLowerCase();
    if (/^[a-z-]{1,20}(?:\.[a-z-]{1,30})?$/.test(name) && !properties.has(name))
      properties.set(name, word.slice(equals + 1).replaceAll('"', ''));
  }
  return { method: match[1] ?? '', result: match[2] ?? '', properties };
}

function statements(value: string): string[] {
  const found: string[] = [];
  let current: string[] = [];
  let isQuoted = false;
  for (const character of value) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === ';' && !isQuoted) {
      found.push(current.join(''));
      current = [];
    } else current.push(character);
  }
  found.push(current.join(''));
  // "dmarc = pass" is allowed.
  return found.map((statement) => statement.replaceAll(/\s{0,20}=\s{0,20}/g, '='));
}

/** Comments nest; what is never closed is a comment to the end. */
function withoutComments(value: string): string {
  const kept: string[] = [];
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index] ?? '';
    if (character === '\\' && depth > 0) index += 1;
    else if (character === '"' && depth === 0) {
      isQuoted = !isQuoted;
      kept.push(character);
    } else if (!isQuoted && character === '(') depth += 1;
    else if (!isQuoted && character === ')' && depth > 0) depth -= 1;
    else if (depth === 0) kept.push(character);
  }
  return kept.join('');
}
