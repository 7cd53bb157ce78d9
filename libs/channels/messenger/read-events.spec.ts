import fc from 'fast-check';
import type { InboundEvent } from '../inbound.js';
import { UnreadableDelivery } from '../inbound.js';
import { readMessengerDelivery } from './read-events.js';

const PAGE = '100000000000001';
const PERSON = '24680135790246811';
const receivedAt = new Date('2026-03-01T12:00:00.000Z');
const AT = receivedAt.getTime() - 1000;

const read = (body: unknown): InboundEvent[] =>
  readMessengerDelivery(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), receivedAt);
const deliver = (...events: object[]) => ({
  object: 'page',
  entry: [
    {
      id: PAGE,
      time: AT,
      messaging: events.map((event) => ({ sender: { id: PERSON }, recipient: { id: PAGE }, timestamp: AT, ...event })),
    },
  ],
});
const one = (event: object) => {
  const events = read(deliver(event));
  expect(events).toHaveLength(1);
  return events[0]!;
};

describe('reading what Meta posts', () => {
  it('finds who said what, in answer to what, when', () => {
    expect(one({ message: { mid: 'm_1', text: 'hello', reply_to: { mid: 'm_0' }, quick_reply: { payload: 'YES' } } })).toMatchObject({
      type: 'message',
      direction: 'in',
      kind: 'text',
      routeId: PAGE,
      personId: PERSON,
      externalId: 'm_1',
      replyToExternalId: 'm_0',
      sentAt: new Date(AT),
      content: { text: 'hello', detail: 'YES' },
    });
  });

  it('knows the person of an echo by whom it was sent to, and our own message by its mark only', () => {
    const echo = (metadata: unknown) =>
      one({ sender: { id: PAGE }, recipient: { id: PERSON }, message: { mid: 'm_2', text: 'hi', is_echo: true, metadata } });
    const ours = '01890a5d-ac96-774b-bcce-b302099a8057';
    expect(echo(`omni:${ours}`)).toMatchObject({ direction: 'out', personId: PERSON, ownMessageId: ours });
    for (const other of [undefined, null, ours, `omni:${ours} `, 'omni:1', { omni: ours }])
      expect(echo(other)).toMatchObject({ ownMessageId: null });
    const inbound = one({ message: { mid: 'm_3', text: 'hi', metadata: `omni:${ours}` } });
    expect(inbound).toMatchObject({ direction: 'in', ownMessageId: null });
  });

  it('reads receipts as watermarks in milliseconds', () => {
    expect(one({ delivery: { mids: ['m_1', 'm_2'], watermark: AT } })).toMatchObject({
      type: 'receipt',
      state: 'delivered',
      watermarkAt: new Date(AT),
      externalIds: ['m_1', 'm_2'],
    });
    expect(one({ read: { watermark: String(AT) } })).toMatchObject({ type: 'receipt', state: 'read', watermarkAt: new Date(AT) });
  });

  it('takes seconds, texts and nothing for times, and believes no time that lies ahead', () => {
    const at = (timestamp: unknown) => (one({ timestamp, message: { mid: 'm', text: 'x' } }) as { sentAt: Date }).sentAt.getTime();
    expect(at(Math.floor(AT / 1000))).toBe(Math.floor(AT / 1000) * 1000);
    expect(at(String(AT))).toBe(AT);
    expect(at('2026-03-01T11:00:00+0000')).toBe(Date.UTC(2026, 2, 1, 11));
    expect(at(undefined)).toBe(AT);
    expect(at(8_000_000_000_000_000)).toBe(receivedAt.getTime());
    // Beyond what a date can be it is no time at all.
    expect(at(Number.MAX_SAFE_INTEGER)).toBe(AT);
    expect(at(receivedAt.getTime() + 3_600_000)).toBe(receivedAt.getTime());
    expect(at(receivedAt.getTime() + 60_000)).toBe(receivedAt.getTime() + 60_000);
  });

  it('shows one sticker once, in the old form and the new', () => {
    const image = { type: 'image', payload: { url: 'https://cdn.example/thumb.png', sticker_id: 369239263222822 } };
    const twice = one({ message: { mid: 'm', attachments: [image, { ...image, type: 'sticker' }] } });
    expect(twice).toMatchObject({ content: { attachments: [{ kind: 'sticker' }] } });
    expect((twice as { content: { attachments: unknown[] } }).content.attachments).toHaveLength(1);
  });

  it('names a file by the last part of its address, and opens no address that a browser would run', () => {
    const attached = (attachment: object) => one({ message: { mid: 'm', attachments: [attachment] } });
    expect(attached({ type: 'file', payload: { url: 'https://cdn.example/a/r%C3%A9sum%C3%A9.pdf?oe=1' } })).toMatchObject({
      content: { attachments: [{ kind: 'file', name: 'résumé.pdf' }] },
    });
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'not an address', '']) {
      expect(attached({ type: 'fallback', payload: { url, title: 'x' } })).toMatchObject({
        content: { attachments: [{ kind: 'link', sourceUrl: null }] },
      });
      expect(attached({ type: 'image', payload: { url } })).toMatchObject({
        content: { attachments: [{ kind: 'unsupported', sourceUrl: null }] },
      });
    }
  });

  it('gives the same thing the same id however often it comes, and different things different ones', () => {
    const [first, again, other] = [{ optin: { type: 'a' } }, { optin: { type: 'a' } }, { optin: { type: 'b' } }].map(one) as {
      externalId: string;
    }[];
    expect(again!.externalId).toBe(first!.externalId);
    expect(other!.externalId).not.toBe(first!.externalId);
  });

  it('walks standby and messaging of one entry alike, and entries of several pages', () => {
    const { entry } = deliver({ message: { mid: 'm_1', text: 'x' } });
    const standby = { id: '2', time: AT, standby: entry[0]!.messaging, messaging: [] };
    expect(read({ object: 'page', entry: [...entry, standby] }).map(({ routeId }) => routeId)).toEqual([PAGE, '2']);
  });

  it('is unreadable only when it is no JSON', () => {
    for (const body of ['', '{', '{"object":"page"', 'hello', '[1,]', '\u0000']) expect(() => read(body)).toThrow(UnreadableDelivery);
  });

  const json = fc.jsonValue({ maxDepth: 3 });
  const key = fc.constantFrom(
    'mid',
    'text',
    'id',
    'is_echo',
    'attachments',
    'payload',
    'url',
    'type',
    'watermark',
    'mids',
    'emoji',
    'metadata',
    'title',
  );
  const part = fc.dictionary(key, fc.oneof(json, fc.string({ unit: 'binary' }), fc.integer(), fc.array(fc.dictionary(key, json))));
  const event = fc.dictionary(
    fc.constantFrom(
      'sender',
      'recipient',
      'timestamp',
      'message',
      'postback',
      'delivery',
      'read',
      'reaction',
      'message_edit',
      'optin',
      'x',
    ),
    fc.oneof(part, json, fc.constant({ id: PERSON }), fc.constant({ id: PAGE })),
  );

  it('reads anything shaped like a delivery without an error, into what a table can hold', () => {
    fc.assert(
      fc.property(
        fc.array(event),
        fc.array(fc.dictionary(fc.constantFrom('field', 'value'), fc.oneof(part, json))),
        (messaging, changes) => {
          for (const found of read({ object: 'page', entry: [{ id: PAGE, time: AT, messaging, changes }] })) {
            expect(found.personId).not.toMatch(/\0/);
            expect(found.personId).not.toBe(PAGE);
            const ids = found.type === 'receipt' ? found.externalIds : [found.externalId];
            for (const id of ids) {
              expect(id.length).toBeLessThan(400);
              expect(id.includes('\0') || !id.isWellFormed()).toBe(false);
            }
            for (const at of instantsOf(found)) expect(Number.isNaN(at.getTime())).toBe(false);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reads any JSON at all without an error', () => {
    fc.assert(fc.property(json, (body) => Array.isArray(read(JSON.stringify(body)))));
  });
});

function instantsOf(event: InboundEvent): Date[] {
  switch (event.type) {
    case 'message':
      return [event.sentAt];
    case 'receipt':
      return [event.watermarkAt];
    case 'reaction':
      return [event.reactedAt];
    case 'edit':
      return [event.editedAt];
    default:
      throw new Error(`unreachable: ${event satisfies never}`);
  }
}
