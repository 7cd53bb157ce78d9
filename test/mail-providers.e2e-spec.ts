import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ConnectedMailbox } from '#contract';
import { checkSes, readSes } from '../libs/channels/email/webhook-ses.js';
import { knock } from './knock.js';
import { rawMail } from './raw-mail.js';
import { rowCounts } from './stores.js';
import { type Tenant, World } from './world.js';

type Provider = 'postmark' | 'mailgun' | 'sendgrid' | 'ses';

const MAILGUN_KEY = 'a signing key of a test';
const POSTMARK_KEY = 'hook:a password of a test';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const SENDGRID_KEY = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:mail';

/** Services that receive a domain's mail and bring it in forms of their own: taken in like any other mail, once, and only with their proof. */
describe('mail that a service brings', () => {
  let world: World;
  let spaak: Tenant;
  let people = 0;
  const urls = new Map<Provider, string>();

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    const keys: [Provider, string][] = [
      ['mailgun', MAILGUN_KEY],
      ['postmark', POSTMARK_KEY],
      ['sendgrid', SENDGRID_KEY],
      ['ses', TOPIC],
    ];
    for (const [provider, key] of keys) urls.set(provider, await connect(`${provider}@spaak.example`, { provider, key }));
  });
  afterAll(() => world.close());

  const connect = async (address: string, inbound: { provider: string; key: string }) => {
    const { status, body } = await spaak.owner.post<ConnectedMailbox>('/api/connections/email', { address, inbound });
    expect(status).toBe(201);
    return `${world.server.url}${body.webhookPath!}`;
  };
  const somebody = () => `writer${String(people++)}@mail.example`;
  const seconds = () => String(Math.floor(world.clock.now().getTime() / 1000));

  const mailgun = (raw: Buffer, { key = MAILGUN_KEY, token = `${String(people)}${'t'.repeat(49)}`, timestamp = seconds() } = {}) => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(
      new URLSearchParams({
        timestamp,
        token,
        signature: createHmac('sha256', key)
          .update(timestamp + token)
          .digest('hex'),
        sender: 'bounce@mail.example',
        'body-mime': raw.toString(),
      }).toString(),
    ),
  });
  const postmark = (raw: Buffer, key = POSTMARK_KEY) => ({
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(key).toString('base64')}` },
    body: Buffer.from(JSON.stringify({ RawEmail: raw.toString() })),
  });
  const sendgrid = (raw: Buffer) => {
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n'),
      raw,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const timestamp = seconds();
    return {
      headers: {
        'content-type': 'multipart/form-data; boundary=b',
        'x-twilio-email-event-webhook-timestamp': timestamp,
        'x-twilio-email-event-webhook-signature': createSign('sha256').update(timestamp).update(body).sign(privateKey, 'base64'),
      },
      body,
    };
  };
  const messagesOf = (person: string) =>
    world.rows<{ text: string }>(
      `select message.text from message join contact_identity known on known.contact_id = message.author_contact_id
       where known.external_id = $1 order by message.sent_at`,
      [person],
    );

  it.each<[Provider, (raw: Buffer) => { headers: Record<string, string>; body: Buffer }]>([
    ['mailgun', mailgun],
    ['postmark', postmark],
    ['sendgrid', sendgrid],
  ])('is taken in once from %s, however often it is brought', async (provider, make) => {
    const from = somebody();
    const request = make(rawMail({ from, to: `${provider}@spaak.example`, text: 'Brought to you.' }));
    for (let time = 0; time < 3; time++) {
      expect((await knock(urls.get(provider)!, request)).status).toBe(200);
      await world.drain();
    }
    expect((await messagesOf(from)).map(({ text }) => text.trim())).toEqual(['Brought to you.']);
  });

  it('is refused without the proof, with the answer that ends the trying, and nothing is stored', async () => {
    const raw = rawMail({ from: somebody() });
    const before = await rowCounts(world);
    const { headers, body } = sendgrid(raw);
    const unsigned = { 'content-type': headers['content-type'] };
    const nobodys = (provider: Provider) => `${world.server.url}/webhooks/email/${'0'.repeat(30)}/${provider}`;
    const attempts: [string, { headers: Record<string, string>; body: Buffer }, number][] = [
      [urls.get('mailgun')!, mailgun(raw, { key: 'another' }), 406],
      [urls.get('mailgun')!, mailgun(raw, { timestamp: String(Number(seconds()) - 10 * 3600) }), 406],
      [nobodys('mailgun'), mailgun(raw, { key: '' }), 406],
      [urls.get('postmark')!, postmark(raw, 'hook:wrong'), 403],
      [urls.get('postmark')!, { ...postmark(raw), headers: { 'content-type': 'application/json' } }, 403],
      [nobodys('postmark'), postmark(raw, ''), 403],
      [urls.get('sendgrid')!, { headers, body: Buffer.concat([body, Buffer.from('x')]) }, 403],
      [urls.get('sendgrid')!, { headers: unsigned, body }, 403],
      [urls.get('ses')!, { headers: {}, body: Buffer.from('{"Type":"Notification"}') }, 403],
      // What one service may bring, another may not: its key is not asked for there.
      [urls.get('postmark')!.replace('/postmark', '/mailgun'), mailgun(raw, { key: POSTMARK_KEY }), 406],
      [urls.get('mailgun')!.replace('/mailgun', '/postmark'), postmark(raw, MAILGUN_KEY), 403],
    ];
    for (const [url, request, status] of attempts) {
      const answer = await knock(url, request);
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { error: { code: 'bad_signature' } }]);
    }
    expect(await rowCounts(world)).toEqual(before);
  });

  it('with a token that has brought another mail is refused: the signature says nothing of the mail', async () => {
    const [first, second] = [somebody(), somebody()];
    const token = 'overheard'.repeat(5);
    expect((await knock(urls.get('mailgun')!, mailgun(rawMail({ from: first }), { token }))).status).toBe(200);
    expect((await knock(urls.get('mailgun')!, mailgun(rawMail({ from: second }), { token }))).status).toBe(406);
    await world.drain();
    expect([await messagesOf(first), await messagesOf(second)]).toMatchObject([[{}], []]);
  });

  it('is refused with a sentence when no mail is in it', async () => {
    const { headers } = postmark(Buffer.alloc(0));
    const answer = await knock(urls.get('postmark')!, { headers, body: Buffer.from('no json') });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { error: { code: 'no_mail' } }]);
  });
});

interface Fixture {
  file: string;
  provider: string;
  headers: Record<string, string>;
  body: string;
  secrets: { signing_key?: string; basic?: string; public_key_spki_base64?: string; public_key_pem?: string };
  clock?: string;
  expect: { http?: number; decision: 'accept' | 'reject'; flags?: string[] };
}

const CORPUS = new URL('../../../shared/corpora/email/webhooks/', import.meta.url);
const FOLDERS = existsSync(CORPUS) ? readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }) : [];
const fixtures: Fixture[] = FOLDERS.filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, ...(JSON.parse(readFileSync(new URL(file, CORPUS), 'utf8')) as object) }) as Fixture)
  .filter(({ provider }) => typeof provider === 'string');
if (fixtures.length === 0) process.stdout.write('THE CORPUS OF MAIL WEBHOOKS IS NOT HERE: its requests are not tested.\n');

/** When the requests were made, where they do not say it themselves. */
const MADE_AT = '2025-02-03T09:15:30Z';

(fixtures.length === 0 ? describe.skip : describe)('the requests of the corpus', () => {
  let world: World;
  let spaak: Tenant;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
  });
  afterAll(() => world.close());

  const keyOf = ({ secrets }: Fixture) => secrets.signing_key ?? secrets.basic ?? secrets.public_key_spki_base64 ?? '';

  it.each(fixtures.filter(({ provider }) => provider !== 'ses-sns').map((fixture) => [fixture.file, fixture] as const))(
    '%s is answered as stated',
    async (file, fixture) => {
      const address = `${file.replaceAll(/[^a-z]/g, '').slice(-40)}@spaak.example`;
      const inbound = { provider: fixture.provider, key: keyOf(fixture) };
      const { status, body } = await spaak.owner.post<ConnectedMailbox>('/api/connections/email', { address, inbound });
      expect(status).toBe(201);
      const seconds = Math.round((new Date(fixture.clock ?? MADE_AT).getTime() - world.clock.now().getTime()) / 1000);
      world.clock.advance({ seconds });
      const answer = await knock(`${world.server.url}${body.webhookPath!}`, { headers: fixture.headers, body: Buffer.from(fixture.body) });
      const kept = await world.rows('select 1 from delivery where connection_id = $1', [body.connection.id]);
      world.clock.advance({ seconds: -seconds });
      expect({ http: answer.status, kept: kept.length }).toEqual({
        http: fixture.expect.http,
        kept: fixture.expect.decision === 'accept' ? 1 : 0,
      });
    },
  );

  it.each(fixtures.filter(({ provider }) => provider === 'ses-sns').map((fixture) => [fixture.file, fixture] as const))(
    '%s is judged as stated',
    async (_file, { headers, body, secrets, clock, expect: stated }) => {
      const request = { headers, body: Buffer.from(body) };
      const { TopicArn: topic } = JSON.parse(body) as { TopicArn: string };
      const certificate = () => Promise.resolve(secrets.public_key_pem ?? null);
      const checked = await checkSes(request, topic, { now: new Date(clock ?? MADE_AT), certificate });
      expect(checked.is).toBe(stated.decision === 'accept' ? 'genuine' : 'forged');
      if (stated.decision !== 'accept') return;
      const brought = await readSes(request);
      expect(brought!.raw.length).toBeGreaterThan(0);
      const isFailed = stated.flags?.some((flag) => flag.startsWith('auth_failed')) ?? false;
      expect(brought!.envelope.found?.dmarc === 'fail').toBe(isFailed);
    },
  );
});
