/*
 * RFC 5322 lets comments and white space stand around the "@" and the dots of an address, and between the lines of a folded one:
 * `pete(his account)@silly .test`. The reader takes the part before for the address, which is somebody else's, so they are taken out first.
 *
 * Only where what is left is one address from end to end: a display name ("Jan . P", "Piet @ Firma"), a quoted string, a route and two
 * addresses beside each other stay as they are written.
 */

type TokenKind = 'word' | 'point' | 'gap' | 'break' | 'open' | 'close' | 'other';

interface Token {
  kind: TokenKind;
  text: string;
}

/** Where there is nothing to take out: nearly every header. */
const SUSPECT = /[@.][ \t\r\n(]|[ \t\r\n)][@.]/;

/**
 * The value of a header of addresses, its addresses without comments and white space around "@" and dots.
 *
 * Shape    one byte or character each; as it came where quotes or comments do not end, and where a character set of several bytes is raw in it
 * Limits   linear
 * Repeats  a value that was tightened is as it came
 * Source   RFC 5322 3.2.2 (CFWS), 3.4.1 and 4.4 (obs-local-part, obs-domain)
 */
export function tightAddresses(value: string): string {
  if (!value.includes('@') || !SUSPECT.test(value) || value.includes('\u001b')) return value;
  const tokens = tokensOf(value);
  if (tokens === null) return value;
  const pieces: string[] = [];
  let element: Token[] = [];
  let hasBrackets = false;
  const flush = (isInBrackets: boolean): void => {
    // Beside an address in brackets everything else is a name.
    pieces.push(isInBrackets || !hasBrackets ? tightened(element, isInBrackets) : textOf(element));
    element = [];
  };
  let isInside = false;
  for (const token of tokens) {
    if (token.kind === 'open') {
      hasBrackets = true;
      flush(false);
      isInside = true;
    } else if (token.kind === 'close' || (token.kind === 'break' && !isInside)) {
      flush(isInside && token.kind === 'close');
      isInside = false;
      if (token.kind === 'break') hasBrackets = false;
    } else {
      element.push(token);
      continue;
    }
    pieces.push(token.text);
  }
  // A bracket that never ends holds no address that could be told.
  hasBrackets ||= isInside;
  flush(false);
  return pieces.join('');
}

/** Quoted strings and comments are one token each; null where one does not end. */
function tokensOf(value: string): Token[] | null {
  const tokens: Token[] = [];
  for (let at = 0; at < value.length;) {
    const kind = kindOf(value[at] ?? '');
    const end = kind === 'gap' || kind === 'word' ? endOf(value, at) : at + 1;
    if (end === null) return null;
    tokens.push({ kind, text: value.slice(at, end) });
    at = end;
  }
  return tokens;
}

function kindOf(character: string): TokenKind {
  if (character === '(' || SPACES.includes(character)) return 'gap';
  if (character === '@' || character === '.') return 'point';
  if (character === ',' || character === ';' || character === ':') return 'break';
  if (character === '<') return 'open';
  if (character === '>') return 'close';
  return ')[]\\'.includes(character) || character < ' ' ? 'other' : 'word';
}

const SPACES = ' \t\r\n';

/** The end of the quoted string, the comment, or the run of characters that begins here. */
function endOf(value: string, start: number): number | null {
  const first = value[start] ?? '';
  if (first === '"') return enclosedEnd(value, start, '"');
  if (first === '(') return enclosedEnd(value, start, ')');
  const isSpace = SPACES.includes(first);
  let end = start + 1;
  const goesOn = (character: string): boolean => (isSpace ? SPACES.includes(character) : character !== '"' && kindOf(character) === 'word');
  while (end < value.length && goesOn(value[end] ?? '')) end += 1;
  return end;
}

function enclosedEnd(value: string, start: number, closing: '"' | ')'): number | null {
  let depth = 1;
  for (let at = start + 1; at < value.length; at += 1) {
    const character = value[at];
    if (character === '\\') at += 1;
    else if (character === closing) depth -= 1;
    else if (character === '(' && closing === ')') depth += 1;
    if (depth === 0) return at + 1;
  }
  return null;
}

/** What stands between two breaks or in brackets: tightened if it is one address and nothing else, as it came otherwise. */
function tightened(element: readonly Token[], isInBrackets: boolean): string {
  const solid = element.filter(({ kind }) => kind !== 'gap');
  const at = solid.findIndex(({ text }) => text === '@');
  const isAddress =
    solid.length % 2 === 1 &&
    solid.every(({ kind, text }, nth) => (nth % 2 === 0 ? kind === 'word' : kind === 'point' && (text === '@') === (nth === at))) &&
    at > 0 &&
    (isInBrackets || isSurelyOne(element));
  if (!isAddress) return textOf(element);
  const first = element.findIndex(({ kind }) => kind !== 'gap');
  const last = element.findLastIndex(({ kind }) => kind !== 'gap');
  return `${textOf(element.slice(0, first))}${textOf(solid)}${textOf(element.slice(last + 1))}`;
}

/** Without brackets "Dr. a@post.example" is a title and an address, and in "a@post.example. Anna" a sentence ends. */
function isSurelyOne(element: readonly Token[]): boolean {
  const at = element.findIndex(({ text }) => text === '@');
  return element.every(({ text }, nth) => {
    if (text !== '.') return true;
    const [isAfterGap, isBeforeGap] = [element[nth - 1]?.kind === 'gap', element[nth + 1]?.kind === 'gap'];
    return nth < at ? !isAfterGap && !isBeforeGap : isAfterGap || !isBeforeGap;
  });
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join('');
}
