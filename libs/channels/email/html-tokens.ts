import { createRequire } from 'node:module';

/*
 * HTML as a flat run of text, opening and closing tags, in one linear pass.
 *
 * Only the tokenizer of htmlparser2 is used: its parser keeps a stack that costs the square of the nesting depth, and hostile mail nests
 * 200,000 deep. It is required and not imported because sanitize-html requires it as well: whichever of an import and a require comes
 * second finds the package half loaded, and fails.
 */
const { Tokenizer } = createRequire(import.meta.url)('htmlparser2') as typeof import('htmlparser2');

export interface HtmlVisitor {
  text(text: string): void;
  /** `name` and attribute names in lower case; of a repeated attribute the first counts, as in a browser. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
}

/** Elements that hold nothing, so that their opening tag opens nothing. */
export const VOID_ELEMENTS: ReadonlySet<string> = new Set([
  ...['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'param', 'source', 'track', 'wbr'],
]);

const ATTRIBUTES_MAX = 100;

/**
 * Walk through HTML of any quality. Comments and declarations are left out; entities are decoded.
 *
 * Limits   linear in the length; attributes beyond 100 per tag are ignored
 */
export function visitHtml(html: string, visitor: HtmlVisitor): void {
  let name = '';
  let attributes = new Map<string, string>();
  let attribute = '';
  let value: string[] = [];
  const endOpen = (): void => {
    visitor.open(name, attributes);
  };
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      onattribdata: (start, end) => void value.push(html.slice(start, end)),
      onattribentity: (codepoint) => void value.push(String.fromCodePoint(codepoint)),
      onattribend: () => {
        if (attributes.size < ATTRIBUTES_MAX && !attributes.has(attribute)) attributes.set(attribute, value.join(''));
        value = [];
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase();
      },
      oncdata: () => undefined,
      onclosetag: (start, end) => {
        visitor.close(html.slice(start, end).trim().toLowerCase());
      },
      oncomment: () => undefined,
      ondeclaration: () => undefined,
      onend: () => undefined,
      onopentagend: endOpen,
      onopentagname: (start, end) => {
        name = html.slice(start, end).toLowerCase();
        attributes = new Map();
      },
      onprocessinginstruction: () => undefined,
      onselfclosingtag: endOpen,
      ontext: (start, end) => {
        visitor.text(html.slice(start, end));
      },
      ontextentity: (codepoint) => {
        visitor.text(String.fromCodePoint(codepoint));
      },
    },
  );
  tokenizer.write(html);
  tokenizer.end();
}

/** Elements a browser closes by itself when a sibling opens; unclosed runs of them are sloppy, not deep. */
const SELF_ENDING = new Set(['p', 'li', 'dt', 'dd', 'option', 'optgroup', 'tr', 'td', 'th', 'thead', 'tbody', 'tfoot', 'rt', 'rp']);

/** Does the HTML open more than `depthMax` elements inside each other? Counts unclosed ones, as a parser would. */
export function isNestedDeeperThan(html: string, depthMax: number): boolean {
  let depth = 0;
  let deepest = 0;
  const opened = new Map<string, number>();
  visitHtml(html, {
    text: () => undefined,
    open: (name) => {
      if (VOID_ELEMENTS.has(name) || SELF_ENDING.has(name)) return;
      depth += 1;
      opened.set(name, (opened.get(name) ?? 0) + 1);
      deepest = Math.max(deepest, depth);
    },
    close: (name) => {
      const count = opened.get(name) ?? 0;
      if (count === 0) return;
      opened.set(name, count - 1);
      depth -= 1;
    },
  });
  return deepest > depthMax;
}
