import { FROM_PAGE, one, OTHER_APP, PAGE, PERSON, read, deliver } from './fixtures/meta-events.js';

const attached = (...attachments: object[]) => one({ message: { mid: 'm', attachments } });
const attachmentsOf = (...given: object[]) => {
  const event = attached(...given);
  if (event.type !== 'message') throw new Error('not a message');
  return event.content.attachments!;
};

describe('what a message carries', () => {
  it('is its text and its attachments together', () => {
    const photo = { type: 'image', payload: { url: 'https://cdn.example/a.jpg' } };
    expect(one({ message: { mid: 'm', text: 'look', attachments: [photo, { ...photo, type: 'video' }] } })).toMatchObject({
      kind: 'text',
      content: { text: 'look', attachments: [{ kind: 'image', name: 'a.jpg' }, { kind: 'video' }] },
      raw: null,
    });
  });

  it('is a line for each product, with its page where it has one', () => {
    const elements = [
      { id: '1', title: 'Blue bicycle', subtitle: '€ 499', image_url: 'https://cdn.example/1.png' },
      { title: 'Bell', default_action: { url: 'https://shop.example/bell' } },
    ];
    expect(attachmentsOf({ type: 'template', payload: { product: { elements } } })).toMatchObject([
      { kind: 'template', name: 'Blue bicycle – € 499', sourceUrl: null },
      { kind: 'link', name: 'Bell', sourceUrl: 'https://shop.example/bell' },
    ]);
    expect(attachmentsOf({ type: 'template', payload: { template_type: 'generic', elements: [elements[1]] } })).toMatchObject([
      { kind: 'link', name: 'Bell' },
    ]);
  });

  it.each([
    [{ type: 'template', payload: null }, 'template'],
    [{ type: 'template', payload: null, title: 'Two hats' }, 'Two hats'],
    [{ type: 'template', payload: { template_type: 'button', text: 'Which one?' } }, 'Which one?'],
    [{ type: 'template', payload: { template_type: 'media' } }, 'media'],
    [
      { type: 'template', title: 'Two hats', payload: { template_type: 'receipt', elements: [{ title: 'Hat' }, { title: 'Cap' }] } },
      'Two hats',
    ],
  ])('is one line for any other template: %j', (attachment, name) => {
    expect(attachmentsOf(attachment)).toMatchObject([{ kind: 'template', name }]);
  });

  it('is a link for what was shared, also where Meta gives only a path', () => {
    for (const type of ['fallback', 'reel', 'ig_reel', 'post', 'ig_post']) {
      expect(attachmentsOf({ type, payload: { url: '/reel/123/', title: 'A ride', reel_video_id: 123 } })).toMatchObject([
        { kind: 'link', name: 'A ride', sourceUrl: 'https://www.facebook.com/reel/123/' },
      ]);
      expect(attachmentsOf({ type, payload: 'blob', title: 'Old', URL: 'https://elsewhere.example/' })).toMatchObject([
        { kind: 'link', name: 'Old', sourceUrl: 'https://elsewhere.example/' },
      ]);
    }
    expect(attachmentsOf({ type: 'reel', payload: { url: '//evil.example/x' } })).toMatchObject([{ sourceUrl: null }]);
  });

  it('is an appointment with its time, in its own time zone where that exists', () => {
    const booking = (timezone: unknown) =>
      attachmentsOf({
        type: 'appointment_booking',
        payload: { booking_id: '7', status: 'REQUESTED', start_time: 1_772_355_600, end_time: 1_772_359_200, timezone },
      })[0]!.name;
    expect(booking('Europe/Amsterdam')).toBe('Appointment (requested): 2026-03-01 10:00 – 2026-03-01 11:00 Europe/Amsterdam');
    expect(booking('Nowhere/Land')).toBe('Appointment (requested): 2026-03-01 09:00 – 2026-03-01 10:00 UTC');
    expect(attachmentsOf({ type: 'appointment_booking', payload: null })[0]!.name).toBe('Appointment');
  });

  it('stays visible where we do not know it, with what it was', () => {
    const event = attached({ type: 'hologram', payload: { depth: 3 } });
    expect(event).toMatchObject({ kind: 'text', content: { attachments: [{ kind: 'unsupported', name: 'hologram' }] } });
    expect((event as { raw: string }).raw).toContain('"depth":3');
  });

  it('tells how the person came to say it, and from where we knew him or her before', () => {
    expect(
      one({
        message: {
          mid: 'm',
          text: 'is it still there?',
          referral: {
            ref: 'spring',
            ad_id: 77,
            source: 'ADS',
            type: 'OPEN_THREAD',
            ads_context_data: { ad_title: 'Spring', post_id: '5_6' },
          },
        },
        prior_message: { source: 'checkbox_plugin', identifier: 'visitor-1' },
      }),
    ).toMatchObject({
      referral: { source: 'ad', ref: 'spring', adId: '77', title: 'Spring', url: 'https://www.facebook.com/5_6' },
      formerPersonId: 'user_ref:visitor-1',
    });
    expect(one({ message: { mid: 'm', text: 'x' } })).toMatchObject({ referral: null, formerPersonId: null });
  });

  it('ignores what is for programs: language guesses, commands, tags, hops', () => {
    const plain = one({ message: { mid: 'm', text: 'x' } });
    const nlp = { errors: [{ code: 'msg-invalid', message: 'too long' }] };
    const noisy = { mid: 'm', text: 'x', nlp, commands: [{ name: 'flights' }], tags: [{ source: 'customer_chat_plugin' }], seq: 9 };
    expect(one({ message: noisy, hop_context: [{ app_id: 1, metadata: 'm' }] })).toEqual(plain);
  });

  it('is a visible line where Messenger cannot pass it on, and nothing where it is no message at all', () => {
    expect(one({ message: { mid: 'm_x', is_unsupported: true } })).toMatchObject({
      kind: 'unsupported',
      externalId: 'm_x',
      content: { detail: 'message_unsupported' },
    });
    expect(one({ message: { mid: 'm_y' } })).toMatchObject({ kind: 'unsupported', content: { detail: 'message_empty' } });
    expect(read({ object: 'page', entry: [{ messaging: [{ message: 'TEST_MESSAGE' }] }] })).toEqual([]);
    expect(read({ object: 'page', entry: [{ id: PAGE, messaging: [{ message: 'TEST_MESSAGE' }] }] })).toEqual([]);
  });

  it('is kept under an id of our own where Meta gives none', () => {
    const [first, again] = [one({ message: { text: 'no id' } }), one({ message: { text: 'no id' } })];
    expect(first).toMatchObject({ kind: 'text', externalId: expect.stringMatching(/^message:[0-9a-f]{64}$/) as string });
    expect(again).toEqual(first);
  });

  it.each([true, 'true'])('is taken back when it says so: %p', (is_deleted) => {
    expect(one({ message: { mid: 'm_1', is_deleted } })).toMatchObject({ type: 'unsend', externalId: 'm_1', personId: PERSON });
    expect(one({ ...FROM_PAGE, message: { mid: 'm_1', is_echo: true, is_deleted } })).toMatchObject({ type: 'unsend', personId: PERSON });
  });
});

describe('what the page says', () => {
  it('names the app that said it, without a float', () => {
    const echo = (app_id: string) =>
      read(
        JSON.stringify(deliver({ ...FROM_PAGE, message: { mid: 'm', text: 'x', is_echo: true, app_id: 1 } })).replace(
          '"app_id":1',
          `"app_id":${app_id}`,
        ),
      );
    expect(echo('90071992547409931')).toMatchObject([{ direction: 'out', personId: PERSON, appId: '90071992547409931' }]);
    expect(echo(`"${OTHER_APP}"`)).toMatchObject([{ appId: OTHER_APP }]);
    expect(echo('null')).toMatchObject([{ appId: null }]);
    expect(one({ message: { mid: 'm', text: 'x', app_id: 5 } })).toMatchObject({ direction: 'in', appId: null });
  });

  it('shows a template without a payload', () => {
    const attachments = [{ type: 'template', title: 'Your order', url: null, payload: null }];
    expect(one({ ...FROM_PAGE, message: { mid: 'm', is_echo: true, attachments } })).toMatchObject({
      direction: 'out',
      content: { attachments: [{ kind: 'template', name: 'Your order' }] },
    });
  });
});

describe('a pressed button', () => {
  it('is what its title says; its payload is a fact beside it', () => {
    expect(one({ postback: { mid: 'm_p', title: 'Prices', payload: 'P1', referral: { ref: 'r', source: 'SHORTLINK' } } })).toMatchObject({
      kind: 'postback',
      direction: 'in',
      externalId: 'm_p',
      content: { text: 'Prices', detail: 'P1' },
      referral: { source: 'link', ref: 'r' },
    });
  });

  it('without an id is known by page, person, time and payload', () => {
    const idOf = (event: object) => (one(event) as { externalId: string }).externalId;
    const pressed = idOf({ postback: { title: 'Prices', payload: 'P1' } });
    expect(idOf({ postback: { payload: 'P1', title: 'Prices' } })).toBe(pressed);
    expect(idOf({ postback: { title: 'Prices', payload: 'P2' } })).not.toBe(pressed);
    expect(idOf({ postback: { title: 'Prices', payload: 'P1' }, timestamp: 1_772_366_000_000 })).not.toBe(pressed);
  });

  it('by somebody who is known to a web page’s plugin only', () => {
    expect(one({ sender: { user_ref: 'guest-1' }, postback: { title: 'Hi', payload: 'H' } })).toMatchObject({
      personId: 'user_ref:guest-1',
    });
  });

  it('on standby comes without its payload', () => {
    const events = read({
      object: 'page',
      entry: [{ id: PAGE, standby: [{ sender: { id: PERSON }, recipient: { id: PAGE }, postback: { title: 'Prices' } }] }],
    });
    expect(events).toMatchObject([{ kind: 'postback', isStandby: true, content: { text: 'Prices', detail: null } }]);
  });
});

describe('an order', () => {
  const order = {
    products: [{ id: '9', retailer_id: 'sku-9', name: 'Bell', unit_price: 7.5, currency: 'EUR', quantity: 3 }, { id: '10' }],
    note: 'ring twice',
  };
  const lines = '3 × Bell (sku-9), 7.5 EUR\n1 × 10\nring twice';

  it('is a line for each product, wherever it sits', () => {
    expect(one({ order })).toMatchObject({
      kind: 'order',
      content: { text: lines },
      externalId: expect.stringMatching(/^order:/) as string,
    });
    expect(one({ message: { mid: 'm_o', order } })).toMatchObject({ kind: 'order', content: { text: lines }, externalId: 'm_o' });
    expect(one({ message: { mid: 'm_o', text: 'please' }, order })).toMatchObject({ kind: 'order', content: { text: `please\n${lines}` } });
  });

  it('that says nothing is still seen', () => {
    expect(one({ order: {} })).toMatchObject({ kind: 'unsupported', content: { detail: 'order' } });
  });
});
