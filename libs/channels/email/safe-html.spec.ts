import fc from 'fast-check';
import { visitHtml } from './html-tokens.js';
import { sanitiseMailHtml } from './safe-html.js';

const ATTACKS = [
  '<script>alert(1)</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<svg><script>alert(1)</script></svg>',
  '<svg/onload=alert(1)>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<form><button formaction=javascript:alert(1)>x</button></form>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="https://evil.example/x"></object><embed src=//evil.example/x>',
  '<base href="https://evil.example/"><a href="x">x</a>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<style>@import "https://evil.example/x.css"; a{background:url(https://evil.example)}</style>',
  '<a href="javascript:alert(1)">x</a><a href="JaVa\tScRiPt:alert(1)">x</a><a href=" &#106;avascript:alert(1)">x</a>',
  '<a href="vbscript:x">x</a><a href="data:text/html,<script>alert(1)</script>">x</a><a href="//evil.example">x</a>',
  '<div style="background:url(https://evil.example/p.gif)">x</div>',
  '<div style="background-color:\\75rl(https://evil.example)">x</div>',
  '<div style="width:expression(alert(1));position:fixed;top:0;left:0;z-index:9">x</div>',
  '<div style="color:red;/**/background:u/**/rl(x)">x</div>',
  '<table background="https://evil.example/p.gif"><tr><td background=x>x</td></tr></table>',
  '<img srcset="https://evil.example/a 1x, https://evil.example/b 2x">',
  '<picture><source srcset="https://evil.example/a"><img src="https://evil.example/b"></picture>',
  '<video poster="https://evil.example/p.gif"><source src=x></video><audio src="https://evil.example"></audio>',
  '<img src="../../api/session" class="app-button" id="main">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<template><img src=x onerror=alert(1)></template><xmp><img src=x onerror=alert(1)></xmp>',
  '<textarea><img src=x onerror=alert(1)></textarea><title><img src=x onerror=alert(1)></title>',
  '<!--><img src=x onerror=alert(1)>--><![CDATA[<img src=x onerror=alert(1)>]]>',
  '<p __proto__="x" constructor="y" onclick=alert(1) contenteditable autofocus>x</p>',
  '<a href="https://x.example" target="_self" rel="opener" ping="https://evil.example" download>x</a>',
  '<input type=image src=https://evil.example formaction=javascript:alert(1)><select><option>x</select>',
  '<img src="cid:a&quot; onerror=&quot;alert(1)">',
  '<img data-remote-src="javascript:alert(1)">',
  '<<p>script>alert(1)<</p>/script>',
  'a\u0000<scr\u0000ipt>alert(1)</scr\u0000ipt>',
];

const ELEMENTS_THAT_ACT =
  /^(?:script|style|form|iframe|frame|svg|math|object|embed|base|meta|link|input|button|textarea|select|video|audio|source|picture|template|noscript|xmp|title|html|body|head)$/;

/** Everything a browser would find in it that could act or fetch. */
function dangersIn(html: string): string[] {
  const dangers: string[] = [];
  visitHtml(html, {
    text: () => undefined,
    close: () => undefined,
    open: (name, attributes) => {
      if (ELEMENTS_THAT_ACT.test(name)) dangers.push(name);
      for (const [attribute, value] of attributes) {
        if (/^on|^(?:class|id|name|srcset|background|poster|action|formaction|ping|srcdoc|xlink:href|data)$/.test(attribute))
          dangers.push(`${name} ${attribute}`);
        if (attribute === 'src' && !value.startsWith('cid:')) dangers.push(`${name} src ${value}`);
        if (attribute === 'href' && !/^(?:https?:\/\/|mailto:|tel:)/.test(value)) dangers.push(`${name} href ${value}`);
        if (attribute === 'data-remote-src' && !/^https?:\/\//.test(value)) dangers.push(`${name} remote ${value}`);
        if (attribute === 'style' && /url|expression|position|@|\\|\/\*/i.test(value)) dangers.push(`${name} style ${value}`);
      }
    },
  });
  return dangers;
}

describe('HTML of a mail', () => {
  it.each(ATTACKS)('can neither act nor fetch: %j', (attack) => {
    const html = sanitiseMailHtml(`<p>voor</p>${attack}<p>na</p>`);
    expect(dangersIn(html)).toEqual([]);
    expect(html).toContain('<p>voor</p>');
  });

  it('stays harmless and the same when it is cleaned again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string(), fc.constantFrom('<', '>', '"', "'", '</', '<!--', '&lt;', '=')), {
          maxLength: 8,
        }),
        (pieces) => {
          const once = sanitiseMailHtml(pieces.join(''));
          expect(dangersIn(once)).toEqual([]);
          expect(sanitiseMailHtml(once)).toBe(once);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('fetches no picture by itself: where it would come from is kept for the agent to decide', () => {
    const html = sanitiseMailHtml(
      '<img src="https://shop.example/p.gif?u=1" width="600" alt="Aanbieding"><img src="//shop.example/q.gif"><img src="cid:spoke@01DB">',
    );
    expect(html).toBe(
      '<img width="600" alt="Aanbieding" data-remote-src="https://shop.example/p.gif?u=1" /><img data-remote-src="https://shop.example/q.gif" /><img src="cid:spoke@01DB" />',
    );
  });

  it('opens links elsewhere, and tells the other side nothing', () => {
    expect(sanitiseMailHtml('<a href="https://x.example/a?b=c&d=e" title="t">x</a>')).toBe(
      '<a title="t" href="https://x.example/a?b=c&amp;d=e" target="_blank" rel="noopener noreferrer nofollow">x</a>',
    );
    expect(sanitiseMailHtml('<a href="mailto:anna@post.example">x</a>')).toContain('href="mailto:anna@post.example"');
    expect(sanitiseMailHtml('<a href="/api/session">x</a>')).toBe('<a>x</a>');
  });

  it('keeps how it looks, as far as that is harmless', () => {
    const html =
      '<table width="100%" cellpadding="0" bgcolor="#ffffff"><tr><td style="padding: 4px 8px; color: rgb(10, 20, 30); font-family: \'Open Sans\', Arial">x</td></tr></table>';
    expect(sanitiseMailHtml(html)).toBe(
      '<table width="100%" cellpadding="0" bgcolor="#ffffff"><tr><td style="padding:4px 8px;color:rgb(10, 20, 30);font-family:\'Open Sans\', Arial">x</td></tr></table>',
    );
  });

  it('too large or too deep to clean is shown as its text', () => {
    for (const html of [`<p>Dag</p>${'<b>'.repeat(100_000)}`, `<p>Dag</p>${' '.repeat(1_000_001)}`]) {
      expect(sanitiseMailHtml(html)).toMatch(/^<pre style="white-space:pre-wrap">Dag/);
    }
    expect(sanitiseMailHtml(`&lt;script&gt;${'<b>'.repeat(1_000)}`)).toBe('<pre style="white-space:pre-wrap">&lt;script&gt;</pre>');
  });
});
