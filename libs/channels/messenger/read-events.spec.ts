import fc from 'fast-check';
import type { InboundEvent } from '../inbound.js';
import { UnreadableDelivery } from '../inbound.js';
import { AT, deliver, one, PAGE, PERSON, read, receivedAt } from './fixtures/meta-events.js';
import { RAW_LENGTH_MAX } from './vendor-json.js';

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
    expect(read({ object: 'page', entry: [...entry, standby] })).toMatchObject([
      { routeId: PAGE, isStandby: false },
      { routeId: '2', isStandby: true },
    ]);
  });

  it('counts edits, whether Meta writes the number as a number or as a text', () => {
    const edit = (num_edit: unknown) => one({ message_edit: { mid: 'm', text: 'better', num_edit } });
    expect(edit(2)).toMatchObject({ type: 'edit', text: 'better', editNumber: 2, editedAt: new Date(AT) });
    expect(edit('3')).toMatchObject({ editNumber: 3 });
    for (const none of [undefined, null, 'x', 0, -1, 1.5, {}]) expect(edit(none)).toMatchObject({ editNumber: null });
  });

  it('shows the emoji of a reaction, its name only where there is no emoji for it, and nothing when it is taken back', () => {
    const reaction = (more: object) => one({ reaction: { mid: 'm', action: 'react', ...more } });
    expect(reaction({ reaction: 'smile', emoji: '❤️' })).toMatchObject({ type: 'reaction', externalId: 'm', emoji: '❤️' });
    expect(reaction({ reaction: 'sad' })).toMatchObject({ emoji: '😢' });
    expect(reaction({ reaction: 'shrug' })).toMatchObject({ emoji: 'shrug' });
    expect(reaction({ action: 'unreact' })).toMatchObject({ emoji: null });
  });

  it('is unreadable only when it is no JSON', () => {
    for (const body of ['', '{', '{"object":"page"', 'hello', '[1,]', '\u0000']) expect(() => read(body)).toThrow(UnreadableDelivery);
  });

  it('names as unreadable what is nested to break readers, and reads what is merely long', () => {
    const deep = (levels: number) => `{"object":"page","entry":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(() => read(deep(100_000))).toThrow(UnreadableDelivery);
    expect(read(deep(50))).toEqual([]);
    expect(read(deliver({ message: { mid: 'm', text: '[{'.repeat(200) } }))).toHaveLength(1);
  });

  it('loses no event of a body full of them', () => {
    const many = Array.from({ length: 12_000 }, (_, nth) => ({ message: { mid: `m_${String(nth)}`, text: 'x' } }));
    expect(read(deliver(...many))).toHaveLength(many.length);
  });

  it('keeps of what it does not understand only so much', () => {
    const event = one({ strange: { text: 'x'.repeat(RAW_LENGTH_MAX * 2) } }) as { raw: string };
    expect(event.raw).toHaveLength(RAW_LENGTH_MAX);
  });

  it('keeps every digit of ids that come as numbers', () => {
    const body = JSON.stringify(deliver({ message: { mid: 'm', text: 'x' } }))
      .replaceAll(`"${PERSON}"`, '10105655000959552')
      .replaceAll(`"${PAGE}"`, '90071992547409931');
    expect(read(body)).toMatchObject([{ personId: '10105655000959552', routeId: '90071992547409931' }]);
  });

  const json = fc.jsonValue({ maxDepth: 3 });
  const key = fc.constantFrom(
    ...'mid text id is_echo is_deleted attachments payload url type watermark mids emoji metadata title order products name value'.split(
      ' ',
    ),
    ...'feedback_screens questions screens responses key follow_up referral ref source status action new_owner_app_id user_ref'.split(' '),
    ...'item verb comment_id parent_id post_id from message photo video created_time reaction_type num_edit timezone start_time elements'.split(
      ' ',
    ),
  );
  const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 });
  const simple = fc.jsonValue({ maxDepth: 1 });
  const part = fc.dictionary(
    key,
    fc.oneof(simple, fc.string({ unit: 'binary' }), fc.integer(), few(fc.dictionary(key, simple, { maxKeys: 6 }))),
    {
      maxKeys: 8,
    },
  );
  const named = fc.oneof(fc.constant({ id: PERSON }), fc.constant({ id: PAGE }), fc.constant({ user_ref: 'guest' }));
  const kinds = [
    ...'message postback delivery read reaction message_edit referral optin optout account_linking order x policy_enforcement'.split(' '),
    ...'pass_thread_control take_thread_control request_thread_control messaging_feedback messaging_customer_information'.split(' '),
    ...'prior_message omnidesk_self_test app_roles message_request'.split(' '),
  ];
  const event = fc.dictionary(fc.constantFrom('sender', 'recipient', 'timestamp', ...kinds), fc.oneof(part, json, named), { maxKeys: 6 });
  const change = fc.record(
    {
      field: fc.oneof(fc.constantFrom('feed', 'mention', 'messages', 'leadgen'), json),
      value: fc.oneof(
        part,
        json,
        fc
          .tuple(part, fc.constantFrom('comment', 'reaction', 'post'), fc.constantFrom('add', 'edited', 'remove', 'hide', 'x'))
          .map(([fields, item, verb]) => ({ ...fields, item, verb })),
      ),
    },
    { requiredKeys: [] },
  );

  it('reads anything shaped like a delivery without an error, into what a table can hold, twice the same', () => {
    fc.assert(
      fc.property(few(event), few(event), few(change), (messaging, standby, changes) => {
        const body = { object: 'page', entry: [{ id: PAGE, time: AT, messaging, standby, changes }] };
        const found = read(body);
        expect(read(body)).toEqual(found);
        for (const one of found) {
          expect(one.routeId).toBe(PAGE);
          for (const id of [one.personId, ...idsOf(one)]) {
            expect(id.length).toBeLessThan(400);
            expect(id.includes('\0') || !id.isWellFormed()).toBe(false);
          }
          for (const at of instantsOf(one)) expect(Number.isNaN(at.getTime()) || at.getTime() > receivedAt.getTime() + 300_000).toBe(false);
          if (one.type === 'message')
            expect(one.content.text !== '' || one.kind !== 'text' || one.content.attachments!.length > 0).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('loses no message that names a person and itself, whatever else it carries', () => {
    const mid = fc.string({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(mid, part, fc.dictionary(fc.constantFrom(...kinds), json), (id, message, others) => {
        const events = read(
          deliver({ ...others, policy_enforcement: undefined, omnidesk_self_test: undefined, message: { ...message, mid: id } }),
        );
        expect(events).toHaveLength(1);
        expect(idsOf(events[0]!)).toContain(id);
      }),
      { numRuns: 150 },
    );
  });

  it('reads any JSON at all without an error', () => {
    fc.assert(fc.property(json, (body) => Array.isArray(read(JSON.stringify(body)))));
    fc.assert(
      fc.property(json, (entry) =>
        Array.isArray(read({ object: 'page', entry: [entry, { id: PAGE, messaging: [entry], changes: entry }] })),
      ),
    );
  });
});

function idsOf(event: InboundEvent): string[] {
  switch (event.type) {
    case 'receipt':
      return event.externalIds;
    case 'message':
    case 'edit':
    case 'reaction':
    case 'unsend':
    case 'fact':
      return [event.externalId];
    case 'comment':
      return [event.externalId, event.post.id, ...(event.parentExternalId === null ? [] : [event.parentExternalId])];
    case 'referral':
    case 'control':
    case 'restriction':
    case 'self_test':
    case 'bounce':
    case 'mail_read':
    case 'complaint':
    case 'agent_reply':
    case 'own_mail':
      return [];
    default:
      throw new Error(`unreachable: ${event satisfies never}`);
  }
}

function instantsOf(event: InboundEvent): Date[] {
  switch (event.type) {
    case 'message':
      return [event.sentAt];
    case 'receipt':
      return [];
    case 'edit':
      return [event.editedAt];
    case 'reaction':
      return [event.reactedAt];
    case 'unsend':
      return [event.unsentAt];
    case 'fact':
      return [event.happenedAt];
    case 'comment':
      return [event.actedAt];
    case 'referral':
      return [event.cameAt];
    case 'control':
      return [event.changedAt];
    case 'restriction':
      return [event.actedAt];
    case 'self_test':
    case 'bounce':
    case 'mail_read':
    case 'complaint':
    case 'agent_reply':
    case 'own_mail':
      return [];
    default:
      throw new Error(`unreachable: ${event satisfies never}`);
  }
}
