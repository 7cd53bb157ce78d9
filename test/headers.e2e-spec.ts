import { furnish, type Furnished } from './furnished.js';
import { type Answered, knock, type Knock } from './knock.js';
import { World } from './world.js';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
const JSON_TYPE = { 'content-type': 'application/json' };
/** Verbs that no route has. CONNECT is not among them: Node hangs up on it. */
const FOREIGN_VERBS = ['TRACE', 'PURGE', 'PROPFIND', 'REPORT', 'LOCK', 'MKCOL', 'SEARCH', 'OPTIONS'];
/** Where each door is, and what comes past all of them. */
const PATHS = ['/', '/api/session', '/api/nothing', '/webhooks/messenger', '/healthz', '/%', '/socket.io/?EIO=4&transport=polling'];
const TOO_LARGE_BYTES = 2 * 1024 * 1024;

/** What every door says with every kind of answer about what a browser must not do with it. */
describe('every answer', () => {
  let world: World;
  let spaak: Furnished;
  let asset: string;

  beforeAll(async () => {
    world = await World.open({ OMNIDESK_ROLES: 'gateway,api,worker' });
    spaak = await furnish(world, await world.tenant(0));
    const page = await knock(`${world.server.url}/`, { method: 'GET' });
    asset = /\/assets\/[\w.-]+\.js/.exec(page.body)![0];
  });
  afterAll(() => world.close());

  const ask = (path: string, what: Knock = { method: 'GET' }) => knock(world.server.url + path, what);
  const asOwner = (path: string) => ask(path, { method: 'GET', headers: { cookie: spaak.owner.sessionCookie! } });

  /** One of each kind: a new kind of answer belongs here. */
  const kinds = (): Record<string, () => Promise<Answered>> => ({
    'the page': () => ask('/'),
    'the page at an address within': () => ask('/inbox/all'),
    'a script': () => ask(asset),
    'a file that is not there': () => ask('/assets/none.js'),
    'the API, to somebody': () => asOwner('/api/conversations'),
    'the API, to nobody': () => ask('/api/conversations'),
    'the API, where nothing is': () => ask('/api/nothing'),
    'a refused body': () => ask('/api/session', { headers: JSON_TYPE, body: Buffer.from('{') }),
    'a body of another kind': () => ask('/api/session', { headers: { 'content-type': 'text/plain' }, body: Buffer.from('{}') }),
    'a body too large': () => ask('/api/session', { headers: JSON_TYPE, body: Buffer.alloc(TOO_LARGE_BYTES) }),
    'another site’s request': () =>
      ask('/api/session', { headers: { ...JSON_TYPE, origin: 'https://elsewhere.example' }, body: Buffer.from('{}') }),
    'a file of a contact': () => asOwner(`/api/attachments/${spaak.ids.attachment}`),
    'a mail in a frame': () => asOwner(`/api/messages/${spaak.ids.htmlMessage}/html`),
    'a mail as it came': () => asOwner(`/api/quarantine/${spaak.ids.setAside}/raw`),
    'the whole audit': () => asOwner('/api/audit/export'),
    'a redirect': () => asOwner('/api/connections/messenger/login'),
    'a vendor’s verification': () => ask('/webhooks/messenger?hub.mode=subscribe'),
    'a vendor’s delivery': () => ask('/webhooks/messenger', { headers: JSON_TYPE, body: Buffer.from('{}') }),
    'a mailbox’s door': () => ask('/webhooks/email/none', { headers: JSON_TYPE, body: Buffer.from('{}') }),
    'a page for a contact': () => ask('/deletion/none'),
    'whether it is alive': () => ask('/healthz'),
    'an address that cannot be read': () => ask('/%'),
    'a socket that begins': () => ask('/socket.io/?EIO=4&transport=polling'),
    'a socket that makes no sense': () => ask('/socket.io/?EIO=4&transport=none'),
    'a socket of another site': () =>
      ask('/socket.io/?EIO=4&transport=polling', { method: 'GET', headers: { origin: 'https://elsewhere.example' } }),
  });

  it('says that it is what it says it is, belongs to no other site, and is framed by nobody but us', async () => {
    for (const [kind, asking] of Object.entries(kinds())) {
      const { headers } = await asking();
      expect({ kind, headers }).toEqual({ kind, headers: expect.objectContaining(ALWAYS) as object });
      const policy = String(headers['content-security-policy']);
      expect({ kind, policy }).toEqual({ kind, policy: expect.stringMatching(/^default-src 'none'/) as string });
      const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? "'none'";
      expect({ kind, scripts }).toEqual({ kind, scripts: expect.stringMatching(/^'(none|self)'$/) as string });
      const isFramed = kind === 'a mail in a frame';
      expect({ kind, policy }).toEqual({
        kind,
        policy: expect.stringContaining(isFramed ? "frame-ancestors 'self'" : "frame-ancestors 'none'") as string,
      });
      expect({ kind, frame: headers['x-frame-options'] }).toEqual({ kind, frame: isFramed ? 'SAMEORIGIN' : 'DENY' });
      for (const name of ['server', 'x-powered-by', 'access-control-allow-origin']) expect(headers[name]).toBeUndefined();
    }
  });

  it('is kept by nobody, but for what the build made and its name changes with', async () => {
    for (const [kind, asking] of Object.entries(kinds())) {
      const cache = (await asking()).headers['cache-control'];
      expect({ kind, cache }).toEqual({ kind, cache: kind === 'a script' ? 'public, max-age=31536000, immutable' : 'no-store' });
    }
  });

  it('says nothing of HTTPS where people do not reach us so', async () => {
    for (const path of [...PATHS, asset]) expect((await ask(path)).headers['strict-transport-security']).toBeUndefined();
  });

  it('to a verb that we do not speak is no, and gives back nothing of what was sent', async () => {
    for (const method of FOREIGN_VERBS) {
      for (const path of ['/', '/api/session', '/api/conversations', '/webhooks/messenger', '/healthz']) {
        const { status, body } = await ask(path, { method, headers: { cookie: spaak.owner.sessionCookie!, 'x-canary': 'a canary' } });
        expect({ method, path, isRefused: status >= 400 && status < 500 }).toEqual({ method, path, isRefused: true });
        expect(body).not.toContain('canary');
        expect(body).not.toContain(spaak.owner.sessionCookie!);
      }
    }
  });
});

describe('every answer where people reach us by HTTPS', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ PUBLIC_URL: 'https://desk.example' });
  });
  afterAll(() => world.close());

  it('asks for HTTPS from then on', async () => {
    for (const path of PATHS) {
      const { headers } = await knock(world.server.url + path, { method: 'GET' });
      expect({ path, told: headers['strict-transport-security'] }).toEqual({ path, told: 'max-age=31536000; includeSubDomains' });
    }
  });
});
