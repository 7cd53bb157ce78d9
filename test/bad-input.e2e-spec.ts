import type { ConversationRow, Message, Page } from '#contract';
import { DEMO_APP } from '../apps/simulator/index.js';
import { knock, metaSignature } from './knock.js';
import { rowCounts } from './stores.js';
import { type Tenant, World } from './world.js';

const MIB = 1024 * 1024;

/** Whatever comes in at the Messenger door: a clear answer, nothing lost, and the next delivery is read as if nothing had happened. */
describe('the Messenger door under bad input', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let door: string;
  let mids = 0;

  beforeAll(async () => {
    world = await World.open();
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    door = `${world.server.url}/webhooks/messenger`;
  });
  afterAll(() => world.close());

  const post = (body: Buffer, headers: Record<string, string> = {}) =>
    knock(door, {
      body,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, body), ...headers },
    });
  const bytes = (body: unknown) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const text = (said: string, more: object = {}) => ({ message: { mid: `m_bad_${String(mids++)}`, text: said, ...more } });
  const from = (psid: string, event: object, pageId = spaak.page.id) => ({
    object: 'page',
    entry: [
      { id: pageId, time: Date.now(), messaging: [{ sender: { id: psid }, recipient: { id: pageId }, timestamp: Date.now(), ...event }] },
    ],
  });
  const quarantined = () => world.rows<{ problem: string }>('select problem from delivery where quarantined_at is not null order by id');
  const stored = (said: string) => world.rows<{ id: string }>('select id from message where text = $1', [said]);

  /** What a later, ordinary delivery meets is the proof that the bad one did no harm. */
  const nextIsUnaffected = async () => {
    const said = `ordinary ${String(mids++)}`;
    await world.simulator.customerSays(spaak.page.customers[0]!.psid, { text: said });
    await world.drain();
    expect(await stored(said)).toHaveLength(1);
  };

  it('keeps what is no JSON, sets it aside with the reason, and goes on', async () => {
    expect((await post(bytes('{"object":"page","entry":['))).status).toBe(200);
    await world.drain();
    expect((await quarantined()).map(({ problem }) => problem)).toEqual(['not_json']);
    await nextIsUnaffected();
    await world.rows('delete from delivery');
  });

  it('survives JSON nested deeper than any stack', async () => {
    expect((await post(bytes('['.repeat(MIB / 2) + ']'.repeat(MIB / 2)))).status).toBe(200);
    await world.drain();
    expect((await quarantined()).map(({ problem }) => problem)).toEqual(['not_json']);
    await nextIsUnaffected();
    await world.rows('delete from delivery');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'reads a signed delivery that calls itself "%s": the signature speaks for it',
    async (type) => {
      const said = `typed ${String(mids++)}`;
      const body = bytes(from(spaak.page.customers[0]!.psid, text(said)));
      const headers = { 'x-hub-signature-256': metaSignature(DEMO_APP.secret, body), ...(type === '' ? {} : { 'content-type': type }) };
      expect((await knock(door, { body, headers })).status).toBe(200);
      await world.drain();
      expect(await stored(said)).toHaveLength(1);
    },
  );

  it('takes exactly 1 MiB, and refuses one byte more, declared or not, with 413', async () => {
    const said = `a full mebibyte ${String(mids++)}`;
    const body = bytes(from(spaak.page.customers[0]!.psid, text(said)));
    const padded = (length: number) => Buffer.concat([body, Buffer.alloc(length - body.length, ' ')]);
    expect((await post(padded(MIB))).status).toBe(200);
    const before = await rowCounts(world);
    for (const isChunked of [false, true]) {
      const large = padded(MIB + 1);
      const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaSignature(DEMO_APP.secret, large) };
      const answer = await knock(door, { body: large, headers, isChunked });
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'too_large' } });
    }
    expect(await rowCounts(world)).toEqual(before);
    await world.drain();
    expect(await stored(said)).toHaveLength(1);
    await nextIsUnaffected();
  });

  it('keeps the rest of a text with NUL bytes and lone surrogates in it', async () => {
    const psid = spaak.page.customers[1]!.psid;
    const body = Buffer.from(JSON.stringify(from(psid, text('before\u0000middle\ud800after'))));
    expect(body.toString()).toContain('\\u0000middle\\ud800');
    expect((await post(body)).status).toBe(200);
    await world.drain();
    expect(await quarantined()).toEqual([]);
    expect(await stored('beforemiddle\ufffdafter')).toHaveLength(1);
    await nextIsUnaffected();
  });

  it('keeps what no table can hold in the other fields too, and never sets a whole delivery aside for it', async () => {
    const psid = spaak.page.customers[1]!.psid;
    const strange = 'x\u0000y\udc00z';
    const odd = `odd ${String(mids++)}`;
    const events = [
      { message: { mid: strange, text: odd, reply_to: { mid: strange }, quick_reply: { payload: strange }, metadata: strange } },
      { message: { mid: `m_bad_${String(mids++)}`, attachments: [{ type: 'image', payload: { url: `https://cdn.example/${strange}` } }] } },
      { message: { mid: `m_bad_${String(mids++)}`, attachments: [{ type: strange, payload: { title: strange } }] } },
      { message: { mid: 'm'.repeat(9000), text: `${odd} long id` } },
      { postback: { mid: strange, title: strange, payload: strange } },
      { reaction: { mid: strange, action: 'react', emoji: strange } },
      { message_edit: { mid: strange, text: `${odd} edited${strange}` } },
      { delivery: { mids: [strange], watermark: Number.MAX_VALUE } },
      { read: { watermark: strange } },
      { [strange]: {} },
    ];
    const delivery = from(psid, {});
    delivery.entry[0]!.messaging = events.map((event) => ({ ...delivery.entry[0]!.messaging[0]!, ...event }));
    expect((await post(bytes(delivery))).status).toBe(200);
    await world.drain();
    expect(await quarantined()).toEqual([]);
    expect(await stored(`${odd} long id`)).toHaveLength(1);
    expect(await stored(`${odd} editedxy\ufffdz`)).toHaveLength(1);
    await nextIsUnaffected();
  });

  it.each([Number.MAX_VALUE, 9e15, -1, 0, 'tomorrow', '99999999999999999', null, [], 1e-9])(
    'stores a message whose time is %p, and believes no time that lies ahead',
    async (timestamp) => {
      const said = `timed ${String(mids++)}`;
      expect((await post(bytes(from(spaak.page.customers[0]!.psid, { timestamp, ...text(said) })))).status).toBe(200);
      await world.drain();
      const [row] = await world.rows<{ sent_at: Date }>('select sent_at from message where text = $1', [said]);
      expect(row!.sent_at.getTime()).toBeLessThan(Date.now() + 10 * 60_000);
    },
  );

  it('keeps every digit of ids beyond 2^53 that come as numbers', async () => {
    const psid = '98765432109876543';
    const said = `big ids ${String(mids++)}`;
    const body = JSON.stringify(from('PSID', text(said), spaak.page.id)).replaceAll('"PSID"', psid);
    expect(body).toContain(`{"id":${psid}}`);
    expect((await post(bytes(body))).status).toBe(200);
    await world.drain();
    expect(await world.rows('select external_id from contact_identity where external_id = $1', [psid])).toHaveLength(1);
    expect(await stored(said)).toHaveLength(1);
  });

  it('answers 200 for a page that nobody connected, and shows it to nobody', async () => {
    const said = `for nobody ${String(mids++)}`;
    expect((await post(bytes(from('1', text(said), '999999999999999')))).status).toBe(200);
    await world.drain();
    expect(await stored(said)).toEqual([]);
    expect(await quarantined()).toEqual([]);
    expect(world.log.has('unknown_route', { channel: 'messenger' })).toBe(true);
    await nextIsUnaffected();
  });

  it.each<[string, unknown]>([
    [
      'the dashboard’s test',
      { object: 'page', entry: [{ id: '0', time: 1, changes: [{ field: 'messages', value: { sender: { id: '1' } } }] }] },
    ],
    ['no entries', { object: 'page', entry: [] }],
    ['no entry at all', { object: 'page' }],
    ['entries that are no objects', { object: 'page', entry: [null, 1, 'entry', []] }],
    ['an empty entry', { object: 'page', entry: [{}] }],
    ['events that are no objects', { object: 'page', entry: [{ id: '100000000000001', messaging: [null, 'x', 3, []] }] }],
    ['messages that are no list', { object: 'page', entry: [{ id: '100000000000001', messaging: { message: 'x' } }] }],
    ['an event of nobody', { object: 'page', entry: [{ id: '100000000000001', messaging: [{ message: { mid: 'm', text: 'x' } }] }] }],
    ['another object', { object: 'instagram', entry: [{ id: '100000000000001', messaging: [] }] }],
    ['no object', []],
    ['null', null],
    ['a text', 'page'],
    ['a prototype', '{"__proto__":{"object":"page"},"object":"page","entry":[{"__proto__":{"id":"100000000000001"}}]}'],
  ])('reads %s as nothing, and goes on', async (_name, body) => {
    const before = await world.rows('select id from message');
    expect((await post(bytes(typeof body === 'string' && !body.startsWith('{') ? JSON.stringify(body) : body))).status).toBe(200);
    await world.drain();
    expect(await world.rows('select id from message')).toEqual(before);
    expect(await quarantined()).toEqual([]);
    await nextIsUnaffected();
  });

  it('shows a message that is only a text in its place as one that is not supported', async () => {
    const psid = '24680135790249999';
    expect((await post(bytes(from(psid, { message: 'hello' })))).status).toBe(200);
    await world.drain();
    const rows = await world.rows<{ kind: string }>(
      `select message.kind from message join contact_identity known on known.contact_id = message.author_contact_id where known.external_id = $1`,
      [psid],
    );
    expect(rows).toEqual([{ kind: 'unsupported' }]);
  });

  it('brings one body’s messages for two tenants to each, and to each only its own', async () => {
    const said = `two pages ${String(mids++)}`;
    const body = {
      object: 'page',
      entry: [from('11111', text(`${said} for Spaak`)).entry[0], from('22222', text(`${said} for Linden`), linden.page.id).entry[0]],
    };
    expect((await post(bytes(body))).status).toBe(200);
    await world.drain();
    for (const [tenant, name] of [
      [spaak, 'Spaak'],
      [linden, 'Linden'],
    ] as const) {
      const { items } = (await tenant.owner.get<Page<ConversationRow>>('/api/conversations?limit=100')).body;
      const mine = items.filter(({ preview }) => preview.text.startsWith(said));
      expect(mine.map(({ preview }) => preview.text)).toEqual([`${said} for ${name}`]);
      const thread = (await tenant.owner.get<Page<Message>>(`/api/conversations/${mine[0]!.id}/messages`)).body.items;
      expect(thread.map((message) => message.text)).toEqual([`${said} for ${name}`]);
    }
  });

  it('sets a message that cannot be stored aside after three tries, and neither loses nor mixes up what the person says next', async () => {
    await world.rows(`
      create function refuse_poison() returns trigger language plpgsql as
        $$ begin if new.text = 'poison' then raise exception 'not storable'; end if; return new; end $$;
      create trigger refuse_poison before insert on message for each row execute function refuse_poison()`);
    const person = '33333333333';
    for (const said of ['before', 'poison', 'after', 'later']) expect((await post(bytes(from(person, text(said))))).status).toBe(200);
    expect(await post(bytes(from('44444444444', text('somebody else'))))).toMatchObject({ status: 200 });
    await world.drain();
    const rows = await world.rows<{ text: string }>(
      `select message.text from message join contact_identity known on known.contact_id = message.author_contact_id
       where known.external_id = $1 order by message.sent_at, message.id`,
      [person],
    );
    expect(rows.map(({ text: said }) => said)).toEqual(['before', 'after', 'later']);
    expect(await stored('somebody else')).toHaveLength(1);
    expect(await world.rows('select attempts, problem, length(body) > 0 as "hasBytes" from delivery')).toEqual([
      { attempts: 3, problem: 'not_storable', hasBytes: true },
    ]);
    expect(world.log.lines.some((line) => line.includes('poison'))).toBe(false);
    await world.rows('drop function refuse_poison cascade');
  });

  it('takes nine dead readers for bad luck and the tenth for a sign: a delivery that kills is set aside, one that was there is read', async () => {
    const died = async (said: string, times: number) => {
      expect((await post(bytes(from('55555555555', text(said))))).status).toBe(200);
      await world.rows('update delivery set attempts = $1 where quarantined_at is null and attempts = 0', [times]);
    };
    await died('an innocent bystander', 9);
    await died('a killer', 10);
    await world.drain();
    expect(await stored('an innocent bystander')).toHaveLength(1);
    expect(await stored('a killer')).toHaveLength(0);
    expect(await world.rows("select length(body) > 0 as kept from delivery where problem = 'reader_died'")).toEqual([{ kept: true }]);
  });
});
