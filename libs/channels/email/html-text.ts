import { visitHtml, VOID_ELEMENTS } from './html-tokens.js';

/*
 * HTML mail as text, in one linear pass.
 *
 * Quotations are marked on the way, because only here the client that wrote the mail is still recognisable: what stands in a quoting
 * element comes out with "> " before each line, as in a plain-text mail, and a place from which everything is quoted comes out as one
 * line of QUOTE_BEGINS. `reply-text.ts` then needs one set of rules for both kinds of mail.
 */

/** Before a line of a block that is merely indented: a quotation only where a line above it says so. */
export const INDENTED = '\u0001> ';

/** A line that no mail can contain (control characters are taken out of text), and that says: all below is quoted. */
export const QUOTE_BEGINS = '\u0001quote\u0001';

export interface HtmlAsText {
  text: string;
  /** A quoting element or marker of a known mail program was seen. */
  hasQuote: boolean;
}

const UNSEEN = new Set(['script', 'style', 'head', 'title', 'template', 'svg', 'math', 'object', 'select', 'textarea', 'noframes']);
const PARAGRAPHS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'dl', 'pre', 'table', 'blockquote']);
const LINES = new Set(['div', 'tr', 'li', 'dt', 'dd', 'section', 'article', 'header', 'footer', 'main', 'center', 'address', 'form', 'hr']);
const SELF_ENDING = new Set(['p', 'li', 'dt', 'dd', 'tr', 'td', 'th']);

/** How far back a closing tag looks for what it closes; keeps hostile HTML linear. */
const CLOSE_LOOKBACK_MAX = 64;
const STACK_DEPTH_MAX = 2_000;

/** Elements that are a quotation, by the mail program that writes them. */
const QUOTE_CLASSES = ['gmail_quote', 'gmail_quote_container', 'yahoo_quoted', 'protonmail_quote', 'moz-cite-prefix', 'zmail_extra'];
const QUOTE_IDS = new Set(['olk_src_body_section', 'mail-editor-reference-message-container', 'isforwardcontent', 'isreplycontent']);
/** Places below which all is quoted: Outlook on the web, new and old Hotmail. */
const QUOTE_BEGINS_IDS = new Set(['divrplyfwdmsg', 'appendonsend', 'stopspelling', 'replysplit']);

interface OpenElement {
  name: string;
  isUnseen: boolean;
  quote: 'element' | 'plain' | null;
  href: string | null;
  textStart: Mark;
}

/** A place in the text written so far. */
interface Mark {
  line: number;
  piece: number;
}

/**
 * What a person would read in this HTML. With `marksQuotes` quotations are prefixed as described above.
 *
 * Limits   linear in the length
 */
export function htmlToText(html: string, options: { marksQuotes: boolean } = { marksQuotes: false }): HtmlAsText {
  const writer = new LineWriter();
  const stack: OpenElement[] = [];
  const counts = { unseen: 0, element: 0, plain: 0, pre: 0 };
  let hasQuote = false;

  const pop = (): void => {
    const element = stack.pop();
    if (element === undefined) return;
    if (element.name === 'pre') counts.pre -= 1;
    if (element.isUnseen) counts.unseen -= 1;
    else if (counts.unseen === 0) closeVisible(element, writer);
    if (element.quote !== null) {
      counts[element.quote] -= 1;
      writer.endLine();
      writer.prefix = prefixFor(counts);
    }
  };

  const open = (name: string, attributes: ReadonlyMap<string, string>): void => {
    if (SELF_ENDING.has(name) && stack.at(-1)?.name === name) pop();
    const isUnseen = UNSEEN.has(name) || isHidden(attributes);
    if (counts.unseen === 0 && !isUnseen) openVisible(name, writer);
    const kind = options.marksQuotes && counts.unseen === 0 ? quoteKind(name, attributes) : null;
    if (kind !== null && kind !== 'plain') hasQuote = true;
    if (kind === 'begins' && counts.element === 0) writer.line(QUOTE_BEGINS);
    if (VOID_ELEMENTS.has(name) || stack.length >= STACK_DEPTH_MAX) return;
    const quote = kind === 'begins' ? null : kind;
    if (quote !== null) {
      writer.endLine();
      counts[quote] += 1;
      writer.prefix = prefixFor(counts);
    }
    if (isUnseen) counts.unseen += 1;
    if (name === 'pre') counts.pre += 1;
    stack.push({ name, isUnseen, quote, href: name === 'a' ? linkTarget(attributes) : null, textStart: writer.mark() });
  };

  visitHtml(html, {
    open,
    close: (name) => {
      const from = Math.max(0, stack.length - CLOSE_LOOKBACK_MAX);
      const index = stack.findLastIndex((element) => element.name === name);
      if (index < from) return;
      while (stack.length > index) pop();
    },
    text: (text) => {
      if (counts.unseen > 0) return;
      if (counts.pre > 0) writer.preformatted(text);
      else writer.flow(text);
    },
  });
  while (stack.length > 0) pop();
  return { text: writer.finish(), hasQuote };
}

function prefixFor(counts: { element: number; plain: number }): string {
  return counts.element > 0 ? '> ' : counts.plain > 0 ? INDENTED : '';
}

function openVisible(name: string, writer: LineWriter): void {
  if (name === 'br') writer.lineBreak();
  else if (PARAGRAPHS.has(name)) writer.paragraph();
  else if (LINES.has(name)) writer.endLine();
  else if (name === 'td' || name === 'th') writer.flow(' ');
  if (name === 'li') writer.flow('- ');
}

function closeVisible(element: OpenElement, writer: LineWriter): void {
  if (element.href !== null && !writer.since(element.textStart).includes(element.href)) writer.flow(` <${element.href}>`);
  if (PARAGRAPHS.has(element.name)) writer.paragraph();
  else if (LINES.has(element.name)) writer.endLine();
}

const LINK_CHARS_MAX = 500;

function linkTarget(attributes: ReadonlyMap<string, string>): string | null {
  const href = attributes.get('href')?.trim() ?? '';
  return /^https?:\/\/\S+$/i.test(href) && href.length <= LINK_CHARS_MAX ? href : null;
}

/** What the sender hides from people must not reach a preview or a search either. */
function isHidden(attributes: ReadonlyMap<string, string>): boolean {
  const style = (attributes.get('style') ?? '').toLowerCase().replaceAll(' ', '');
  return (
    attributes.has('hidden') || style.includes('display:none') || style.includes('visibility:hidden') || style.includes('mso-hide:all')
  );
}

/** `element`: it is a quotation. `begins`: from here on all is. `plain`: an indented block, maybe only an emphasis of the writer. */
function quoteKind(name: string, attributes: ReadonlyMap<string, string>): 'element' | 'begins' | 'plain' | null {
  const id = (attributes.get('id') ?? '').toLowerCase();
  if (id !== '' && QUOTE_IDS.has(id)) return 'element';
  // Outlook prefixes ids that are already quoted ("x_divRplyFwdMsg"), which are inside a quotation anyway.
  if (id !== '' && QUOTE_BEGINS_IDS.has(id)) return 'begins';
  const classes = (attributes.get('class') ?? '').toLowerCase().split(/\s+/, 20);
  if (classes.some((one) => QUOTE_CLASSES.includes(one))) return 'element';
  if (name === 'blockquote') return attributes.get('type')?.toLowerCase() === 'cite' ? 'element' : 'plain';
  if (name === 'div' && isOutlookRule(attributes.get('style') ?? '')) return 'begins';
  return null;
}

/** Outlook for Windows, and Windows Mail, draw a line above what they quote, and that line is all there is to know it by. */
function isOutlookRule(style: string): boolean {
  const compact = style.toLowerCase().replaceAll(/\s+/g, '');
  const isDesktop = /border-top:solid#[0-9a-f]{3,6}1\.0pt/.test(compact) && /padding:3\.0pt0(in|cm|mm)/.test(compact);
  const isWindowsMail = compact.includes('padding-top:5px') && compact.includes('border-top-style:solid');
  return isDesktop || isWindowsMail;
}

/** Collects lines, collapsing white space the way a browser does. */
class LineWriter {
  /** Put before every line that ends from now on. */
  prefix = '';
  private readonly lines: string[] = [];
  private current: string[] = [];
  private hasContent = false;
  private hasSpace = true;

  mark(): Mark {
    return { line: this.lines.length, piece: this.current.length };
  }

  /** The text written after `mark`; '' when a line ended since. */
  since(mark: Mark): string {
    return mark.line === this.lines.length ? this.current.slice(mark.piece).join('') : '';
  }

  flow(text: string): void {
    const collapsed = text.replaceAll('\u0001', '').replaceAll(/[ \t\r\n\f\u200b]+/g, ' ');
    const piece = this.hasSpace && collapsed.startsWith(' ') ? collapsed.slice(1) : collapsed;
    if (piece === '') return;
    this.current.push(piece);
    this.hasSpace = piece.endsWith(' ');
    this.hasContent ||= piece.trim() !== '';
  }

  preformatted(text: string): void {
    const lines = text.replaceAll('\u0001', '').replaceAll('\r\n', '\n').split('\n');
    lines.forEach((line, index) => {
      if (index > 0) this.lineBreak();
      if (line !== '') this.current.push(line);
      this.hasContent ||= line !== '';
      this.hasSpace = false;
    });
  }

  lineBreak(): void {
    this.push(this.current.join('').trimEnd());
  }

  endLine(): void {
    if (this.hasContent) this.lineBreak();
    else this.clear();
  }

  paragraph(): void {
    this.endLine();
    if (this.lines.length > 0 && !isEmptyLine(this.lines.at(-1) ?? '')) this.push('');
  }

  line(text: string): void {
    this.endLine();
    this.push(text);
  }

  finish(): string {
    this.endLine();
    while (isEmptyLine(this.lines.at(-1) ?? '-')) this.lines.pop();
    return this.lines.join('\n').trim();
  }

  private push(line: string): void {
    this.lines.push(`${this.prefix}${line}`.trimEnd());
    this.clear();
  }

  private clear(): void {
    this.current = [];
    this.hasContent = false;
    this.hasSpace = true;
  }
}

function isEmptyLine(line: string): boolean {
  return line === '' || line === '>' || line === INDENTED.trimEnd();
}
