import type { Message } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { structuredMail, type StructuredMail } from './raw-mail.js';
import { placesHolding } from './stores.js';
import { type Tenant, World } from './world.js';

/** Hostile content, case by case, as the browser gets it. The names are those of the list of abuse cases. */
describe('what a mail may show', () => {
  let world: World;
  let spaak: Tenant;
  let help: Mailbox;
  let people = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
  });
  afterAll(() => world.close());

  const received = async (shape: Omit<StructuredMail, 'from'>): Promise<Message> => {
    const from = `sender${String(people++)}@elsewhere.example`;
    expect(await help.post(structuredMail({ from, ...shape }))).toBe(200);
    await world.drain();
    return (await help.thread(from))[0]!;
  };
  const page = async (html: string) => {
    const { htmlUrl } = await received({ type: 'text/html; charset=utf-8', body: `<p>Harmless.</p>${html}<p>The end.</p>` });
    const { status, headers, body } = await spaak.owner.get<string>(htmlUrl!);
    expect(status).toBe(200);
    return { headers, elements: elementsOf(body) };
  };

  it('is served where nothing can run, be fetched or be left for elsewhere', async () => {
    const { headers } = await page('<p>x</p>');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/sandbox(?! [^;]*allow-(?:scripts|same-origin))/);
    expect(policy).toMatch(/form-action 'none'/);
    expect(policy).toMatch(/base-uri 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\nscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<form action="https://evil.example/"><input name=a><button>x</button></form>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="data:text/html,x"></object><embed src="https://evil.example/">',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
    '<svg><script>alert(1)</script><use href="https://evil.example/#a"/></svg>',
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<template><script>alert(1)</script></template>',
    '<!--[if gte mso 9]><script>alert(1)</script><![endif]--><![CDATA[<script>alert(1)</script>]]>',
    '<p/onclick=alert(1)>x</p><details open ontoggle=alert(1)>',
    '<style>*{background:url(https://evil.example/)}</style>',
  ])('B1: of %s nothing is left that runs or leads away, and what stands around it stays', async (html) => {
    const { elements } = await page(html);
    expect(elements.filter(({ name }) => FORBIDDEN_TAGS.has(name))).toEqual([]);
    expect(elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => /^on|^srcdoc$|^action$/i.test(name))).toEqual([]);
    for (const { href } of elements.map(({ attributes }) => attributes))
      if (href !== undefined) expect(href).toMatch(/^(https?:|mailto:|tel:|#)/);
    expect(elements.filter(({ name }) => name === 'p').length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    '<style>input[value^=a]{background:url(https://evil.example/a)}</style><p class="mail-frame" id="root">x</p>',
    '<p style="background:url(https://evil.example/)">x</p>',
    '<p style="background-image:u\\72l(https://evil.example/)">x</p>',
    '<p style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999">x</p>',
    '<p style="color:red;/**/behavior:url(#a);-moz-binding:url(b)">x</p>',
    '<link rel=stylesheet href="https://evil.example/a.css"><style>@import "https://evil.example/b.css"</style>',
  ])('B2: of the style in %s only what changes the look of text is left', async (html) => {
    const { elements } = await page(html);
    // The one style sheet is the frame's own.
    expect(elements.filter(({ name }) => name === 'style' || name === 'link')).toHaveLength(1);
    const attributes = elements.map((element) => element.attributes);
    expect(attributes.filter((one) => 'class' in one || 'id' in one)).toEqual([]);
    for (const { style = '' } of attributes) expect(style).not.toMatch(/url|position|z-index|expression|behavior|binding|\\|@/i);
  });

  it.each([
    '<img src="https://evil.example/pixel.gif">',
    '<img src="//evil.example/pixel.gif">',
    '<img srcset="https://evil.example/a 1x" src="cid:nothing">',
    '<picture><source srcset="https://evil.example/a"><img alt=x></picture>',
    '<table background="https://evil.example/a"><tr><td background="https://evil.example/b">x</td></tr></table>',
    '<video poster="https://evil.example/a" src="https://evil.example/b"></video><audio src="https://evil.example/c"></audio>',
    '<link rel=preconnect href="https://evil.example"><svg><use href="https://evil.example/a#b"/></svg>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>"><input type=image src="https://evil.example/">',
  ])('B3: of %s nothing is fetched', async (html) => {
    const { elements } = await page(html);
    for (const { name, attributes } of elements) {
      for (const [attribute, value] of Object.entries(attributes)) {
        if (name === 'a' || attribute === 'data-remote-src') continue;
        expect(`${name} ${attribute}=${value}`).not.toMatch(/evil\.example|data:image\/svg/);
      }
    }
  });

  it('B4: an address that leads to our own server is dropped, and reading changes nothing there', async () => {
    const own = world.server.url;
    const addresses = [
      '/api/session',
      '../../api/session',
      `${own}/api/session`,
      `//${new URL(own).host}/api/session`,
      '?x',
      '\\\\api\\session',
    ];
    const { elements } = await page(addresses.map((url) => `<img src="${url}"><a href="${url}">x</a>`).join(''));
    for (const { name, attributes } of elements) {
      if (name === 'img') expect(attributes['src'] ?? '').not.toMatch(/api|^[/?.\\]|127\.0\.0\.1/);
      if (name === 'a') expect(attributes['href'] ?? 'https:').toMatch(/^(https?:|mailto:|tel:)/);
    }
    expect((await spaak.owner.get('/api/session')).status).toBe(200);
    expect(
      (await spaak.owner.get('/api/session', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' })).headers.get('set-cookie'),
    ).toBeNull();
  });

  it.each([
    ['a drawing with a script', 'image/svg+xml', 'a.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['a page', 'text/html', 'a.html', '<script>alert(1)</script>'],
    ['a page that says it is a picture', 'image/png', 'a.png', '<script>alert(1)</script>'],
    [
      'a page of another kind',
      'application/xhtml+xml',
      'a.xhtml',
      '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    ],
    ['a style sheet of XML', 'text/xml', 'a.xml', '<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><a/>'],
    ['a saved page', 'multipart/related', 'a.mhtml', 'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>'],
    ['a document with a script', 'application/pdf', 'a.pdf', '%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj'],
    ['a script', 'text/javascript', 'a.js', 'alert(1)'],
  ])('C1: %s is only ever saved, never shown', async (_name, type, name, content) => {
    const [file] = (await received(attachedTo(type, name, Buffer.from(content)))).attachments;
    const { status, headers } = await spaak.owner.get(file!.url!);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/sandbox/);
  });

  it('C1: a picture that is a script as well is served as a picture and as nothing else', async () => {
    const [file] = (await received(attachedTo('text/javascript', 'a.gif.js', Buffer.from('GIF89a/*\x01\x00*/=1;alert(1)')))).attachments;
    const { headers } = await spaak.owner.get(file!.url!);
    expect(headers.get('content-type')).toBe('image/gif');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/sandbox/);
  });

  it.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..\\..\\windows\\win.ini',
    'a\0.png',
    'a.txt\r\nSet-Cookie: evil=1',
    'a"; filename="b.exe',
    'photo\u202egnp.exe',
    `${'x'.repeat(300)}.png`,
    'CON',
    '\u200b.htaccess',
    'a.phtml',
    'invoice.pdf.exe',
    '.',
    '',
  ])('C2: the name %j is only a name: cleaned, never a path, never a header', async (name) => {
    const encoded = `=?utf-8?B?${Buffer.from(name).toString('base64')}?=`;
    const [file] = (await received(attachedTo('application/octet-stream', encoded, Buffer.from('CONTENT')))).attachments;
    expect(file!.name).not.toMatch(/[/\\\u200b-\u200f\u202a-\u202e\u2066-\u2069\p{Cc}]/u);
    expect(file!.name.length).toBeLessThanOrEqual(255);
    expect(file!.name).not.toMatch(/^\.{0,2}$/);
    const { status, headers } = await spaak.owner.get(file!.url!);
    expect(status).toBe(200);
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''[\w%.!~-]+$/);
    expect((await placesHolding(world, 'win.ini')).filter((place) => place.includes('/'))).toEqual([]);
  });
});

const FORBIDDEN_TAGS = new Set(
  'script iframe object embed base form input button select textarea svg math template noscript xmp link frame frameset applet dialog'.split(
    ' ',
  ),
);

interface Element {
  name: string;
  attributes: Record<string, string>;
}

/** Every element of a page, as a browser would find it: a tag is what begins with a letter behind `<`. */
function elementsOf(html: string): Element[] {
  return [...html.matchAll(/<([a-z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi)].map(([, name = '', rest = '']) => ({
    name: name.toLowerCase(),
    attributes: Object.fromEntries(
      [...rest.matchAll(/([^\s=/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?/g)].map(([, attribute = '', value = '']) => [
        attribute.toLowerCase(),
        value.replace(/^["']|["']$/g, ''),
      ]),
    ),
  }));
}

function attachedTo(type: string, name: string, content: Buffer): Omit<StructuredMail, 'from'> {
  const lines = [
    '--b',
    'Content-Type: text/plain',
    '',
    'See the file.',
    '--b',
    `Content-Type: ${type}`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    content.toString('base64'),
    '--b--',
  ];
  return { type: 'multipart/mixed; boundary=b', body: lines.join('\r\n') };
}
