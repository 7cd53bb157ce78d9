import sanitizeHtml from 'sanitize-html';
import { isNestedDeeperThan } from './html-tokens.js';
import { htmlToText } from './html-text.js';

/*
 * HTML mail made harmless, by listing what may stay. It is the first of two layers: the browser shows the result in a sandboxed frame.
 *
 * Nothing that remains can fetch anything by itself: remote images lose their `src` and keep it as `data-remote-src` for the agent to ask
 * for; styles are kept property by property and never with a URL; relative addresses, which would point at our own server, are dropped.
 */

/** HTML longer than this is shown as text: a frame with more is of no use to anyone, and takes seconds to clean. */
const HTML_CHARS_MAX = 1_000_000;
/** Real mail stays far below; what cleans HTML costs the square of the depth. */
const NESTING_DEPTH_MAX = 256;
const URL_CHARS_MAX = 4_000;
const STYLE_CHARS_MAX = 4_000;

const TAGS = [
  ...['p', 'div', 'span', 'br', 'hr', 'a', 'img', 'blockquote', 'pre', 'code', 'center', 'font', 'wbr', 'address'],
  ...[
    'b',
    'strong',
    'i',
    'em',
    'u',
    's',
    'strike',
    'del',
    'ins',
    'small',
    'big',
    'sub',
    'sup',
    'mark',
    'q',
    'cite',
    'abbr',
    'tt',
    'kbd',
    'samp',
  ],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'dl', 'dt', 'dd'],
  ...['table', 'caption', 'colgroup', 'col', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th'],
  ...['section', 'article', 'header', 'footer', 'main', 'figure', 'figcaption', 'time'],
];

/** Elements of which the text is no text for people. */
const DROPPED_WITH_CONTENT = [
  'script',
  'style',
  'textarea',
  'option',
  'noscript',
  'title',
  'template',
  'svg',
  'math',
  'object',
  'iframe',
  'xmp',
];

const ATTRIBUTES: Record<string, string[]> = {
  '*': ['style', 'dir', 'lang', 'title', 'align', 'valign'],
  a: ['href', 'target', 'rel'],
  img: ['src', 'data-remote-src', 'alt', 'width', 'height'],
  table: ['width', 'height', 'border', 'cellpadding', 'cellspacing', 'bgcolor'],
  tr: ['bgcolor', 'height'],
  td: ['width', 'height', 'colspan', 'rowspan', 'bgcolor', 'nowrap'],
  th: ['width', 'height', 'colspan', 'rowspan', 'bgcolor', 'nowrap'],
  col: ['span', 'width'],
  colgroup: ['span', 'width'],
  font: ['color', 'face', 'size'],
  ol: ['start', 'type'],
  ul: ['type'],
  blockquote: ['type'],
  hr: ['width', 'size', 'color'],
};

/** Properties that change how text looks and cannot leave its place, cover anything or fetch anything. */
const STYLE_PROPERTIES = new Set([
  ...['color', 'background-color', 'font', 'font-family', 'font-size', 'font-style', 'font-weight', 'line-height', 'letter-spacing'],
  ...['text-align', 'text-decoration', 'text-indent', 'text-transform', 'vertical-align', 'white-space', 'word-break', 'direction'],
  ...['margin', 'margin-top', 'margin-right', 'margin-bottom', 'margin-left'],
  ...['padding', 'padding-top', 'padding-right', 'padding-bottom', 'padding-left'],
  ...['width', 'max-width', 'min-width', 'height', 'max-height', 'display'],
  ...[
    'border',
    'border-top',
    'border-right',
    'border-bottom',
    'border-left',
    'border-color',
    'border-style',
    'border-width',
    'border-radius',
  ],
  ...['border-collapse', 'border-spacing', 'list-style-type', 'table-layout'],
]);

/** No escapes, no comments, no at-rules; and of functions only colours. */
const STYLE_VALUE = /^(?:[a-z0-9#%.,\s'"!-]|rgba?\([0-9.,%\s/]{1,60}\)|hsla?\([0-9a-z.,%\s/]{1,60}\))+$/i;
const NUMBER_ATTRIBUTES = ['width', 'height', 'border', 'cellpadding', 'cellspacing', 'colspan', 'rowspan', 'span', 'size', 'start'];
const COLOUR_ATTRIBUTES = ['bgcolor', 'color'];

/**
 * HTML of a mail that may be shown in a sandboxed frame.
 *
 * Shape    `<img data-remote-src="https://…">` for remote images, `<img src="cid:…">` for those of the mail itself, links with
 *          `target="_blank" rel="noopener noreferrer nofollow"`
 * Limits   HTML of more than 1,000,000 characters or nested deeper than 256 comes back as its text, escaped; nothing is lost silently
 * Repeats  sanitising the result changes nothing
 */
export function sanitiseMailHtml(html: string): string {
  const clean = html.replaceAll('\u0000', '');
  if (clean.length > HTML_CHARS_MAX || isNestedDeeperThan(clean, NESTING_DEPTH_MAX)) return asText(clean);
  return sanitizeHtml(clean, {
    allowedTags: TAGS,
    allowedAttributes: ATTRIBUTES,
    nonTextTags: DROPPED_WITH_CONTENT,
    disallowedTagsMode: 'discard',
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: ['cid'] },
    allowProtocolRelative: false,
    enforceHtmlBoundary: false,
    // Ours is stricter and cannot fail; theirs logs what it cannot read, and that would be content in a log.
    parseStyleAttributes: false,
    transformTags: { '*': (tagName, attributes) => ({ tagName, attribs: cleanAttributes(tagName, attributes) }) },
  });
}

function asText(html: string): string {
  const text = htmlToText(html.slice(0, HTML_CHARS_MAX)).text;
  return `<pre style="white-space:pre-wrap">${escapeHtml(text)}</pre>`;
}

/** Text that means itself inside HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function cleanAttributes(tagName: string, attributes: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = { ...attributes };
  delete kept['data-remote-src'];
  delete kept.style;
  const style = cleanStyle(attributes.style ?? '');
  if (style !== '') kept.style = style;
  for (const name of NUMBER_ATTRIBUTES)
    if (kept[name] !== undefined && !/^\d{1,5}(?:\.\d{1,3})?(?:%|px|pt)?$/.test(kept[name])) delete kept[name];
  for (const name of COLOUR_ATTRIBUTES) if (kept[name] !== undefined && !/^#?[a-z0-9]{1,30}$/i.test(kept[name])) delete kept[name];
  if (tagName === 'a') return cleanLink(kept);
  if (tagName === 'img') return cleanImage(kept, attributes);
  return kept;
}

function cleanLink(attributes: Record<string, string>): Record<string, string> {
  const { href, target: _target, rel: _rel, ...rest } = attributes;
  const address = absoluteAddress(href ?? '', ['http:', 'https:', 'mailto:', 'tel:']);
  return address === null ? rest : { ...rest, href: address, target: '_blank', rel: 'noopener noreferrer nofollow' };
}

function cleanImage(attributes: Record<string, string>, original: Record<string, string>): Record<string, string> {
  const { src, ...rest } = attributes;
  const source = (src ?? '').trim();
  if (/^cid:[^\s"'<>]{1,500}$/i.test(source)) return { ...rest, src: `cid:${source.slice(4)}` };
  const remote = source === '' ? (original['data-remote-src'] ?? '') : source.startsWith('//') ? `https:${source}` : source;
  const address = absoluteAddress(remote, ['http:', 'https:']);
  return address === null ? rest : { ...rest, 'data-remote-src': address };
}

/** The address, written out by the URL parser so that nothing in it can be read in two ways; null for any other kind. */
function absoluteAddress(address: string, protocols: readonly string[]): string | null {
  const trimmed = address.trim();
  if (trimmed === '' || trimmed.length > URL_CHARS_MAX || !URL.canParse(trimmed)) return null;
  const url = new URL(trimmed);
  return protocols.includes(url.protocol) ? url.href : null;
}

function cleanStyle(style: string): string {
  if (style.length > STYLE_CHARS_MAX) return '';
  const kept: string[] = [];
  for (const declaration of style.split(';')) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = declaration.slice(colon + 1).trim();
    if (!STYLE_PROPERTIES.has(property) || !STYLE_VALUE.test(value)) continue;
    // A negative margin lays one thing over another.
    if (property.startsWith('margin') && value.includes('-')) continue;
    kept.push(`${property}:${value}`);
  }
  return kept.join(';');
}
