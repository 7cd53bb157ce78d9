import { AT, one, OTHER_APP, OUR_APP, PAGE, PERSON, read, deliver, FROM_PAGE } from './fixtures/meta-events.js';

describe('what a person agrees to', () => {
  it.each([
    [{ ref: 'book-a-demo' }, 'opted_in', ''],
    [{ type: 'one_time_notif_req', payload: 'p', one_time_notif_token: '1' }, 'opted_in', ''],
    [{ type: 'notification_messages', title: 'Weekly offers', user_token_status: 'NOT_REFRESHED' }, 'opted_in', 'Weekly offers'],
    [
      { type: 'notification_messages', title: 'Weekly offers', notification_messages_status: 'STOP NOTIFICATIONS' },
      'opted_out',
      'Weekly offers',
    ],
    [{ type: 'notification_messages', notification_messages_status: 'STOP_NOTIFICATIONS' }, 'opted_out', ''],
    [{ type: 'notification_messages', notification_messages_status: 'RESUME NOTIFICATIONS' }, 'opted_in', ''],
    [{ type: 'notification_messages', notification_messages_status: 'RESUME_NOTIFICATIONS' }, 'opted_in', ''],
  ])('is a fact, not a message: %j', (optin, kind, text) => {
    expect(one({ optin })).toMatchObject({ type: 'fact', kind, personId: PERSON, happenedAt: new Date(AT), content: { text } });
  });

  it('in a box on a web page has no sender, only the name that the page gave', () => {
    const events = read(deliver({ sender: undefined, optin: { ref: 'r', user_ref: 'visitor-7' } }));
    expect(events).toMatchObject([{ type: 'fact', kind: 'opted_in', personId: 'user_ref:visitor-7' }]);
  });

  it('is the same however often it comes, in whichever envelope and order of keys', () => {
    const idOf = (event: object) => (one(event) as { externalId: string }).externalId;
    const optin = { ref: 'r', type: 't' };
    const first = idOf({ optin });
    expect(idOf({ optin: { type: 't', ref: 'r' } })).toBe(first);
    const standby = { id: PAGE, time: 1, standby: [{ optin, timestamp: AT, recipient: { id: PAGE }, sender: { id: PERSON } }] };
    expect(read({ object: 'page', entry: [standby] })).toMatchObject([{ externalId: first }]);
    expect(idOf({ optin, timestamp: AT + 1 })).not.toBe(first);
  });

  it('includes the link to an account, and its end', () => {
    expect(one({ account_linking: { status: 'linked', authorization_code: 'c' } })).toMatchObject({ type: 'fact', kind: 'account_linked' });
    expect(one({ account_linking: { status: 'unlinked' } })).toMatchObject({ type: 'fact', kind: 'account_unlinked' });
    expect(one({ account_linking: { status: 'half' } })).toMatchObject({ kind: 'unsupported', content: { detail: 'account_linking' } });
  });
});

describe('how a person came', () => {
  it.each([
    [{ source: 'SHORTLINK', ref: 'r' }, 'link'],
    [{ source: 'ADS', ad_id: '5' }, 'ad'],
    [{ source: 'MESSENGER_CODE' }, 'code'],
    [{ source: 'CUSTOMER_CHAT_PLUGIN', referer_uri: 'https://spaak.example/' }, 'plugin'],
    [{ source: 'DISCOVER_TAB' }, 'discover'],
    [{ source: 'SOMETHING_NEW' }, 'other'],
    [{ ref: null }, 'unknown'],
  ])('is known by its source, which Meta leaves out in Europe: %j', (referral, source) => {
    expect(one({ referral })).toMatchObject({ type: 'referral', personId: PERSON, cameAt: new Date(AT), referral: { source } });
  });

  it('shows the web page or the post that led here, and no address that a browser would run', () => {
    expect(one({ referral: { referer_uri: 'https://spaak.example/shop' } })).toMatchObject({
      referral: { url: 'https://spaak.example/shop' },
    });
    expect(one({ referral: { referer_uri: 'javascript:alert(1)' } })).toMatchObject({ referral: { url: null } });
  });

  it('by an ad’s questions brings the answers, a line for each; their instant is in seconds', () => {
    const referral = { source: 'ADS', type: 'LEAD_COMPLETE', lead: { data: [{ question: 'city', answer: 'Utrecht' }] } };
    expect(one({ referral, timestamp: Math.floor(AT / 1000) })).toMatchObject({
      type: 'message',
      kind: 'form',
      content: { text: 'city: Utrecht' },
      referral: { source: 'ad' },
      sentAt: new Date(AT),
    });
    expect(one({ referral: { ...referral, lead: { data: [] } } })).toMatchObject({ type: 'referral', cameAt: new Date(AT) });
  });
});

describe('what a person fills in', () => {
  it('in a feedback form is a line for each question, then what was written freely', () => {
    const questions = {
      abc: { type: 'csat', payload: '5', follow_up: { type: 'free_form', payload: 'quick and kind' } },
      def: { type: 'nps', payload: 9 },
    };
    expect(one({ messaging_feedback: { feedback_screens: [{ screen_id: 0, questions }] } })).toMatchObject({
      type: 'message',
      kind: 'feedback',
      direction: 'in',
      content: { text: 'csat: 5\nquick and kind\nnps: 9' },
    });
  });

  it('in a form is a line for each field', () => {
    const responses = [{ key: 'name', value: 'Noor' }, { key: 'number', value: 12 }, { key: 'empty' }];
    const timestamp = String(AT);
    expect(one({ timestamp, messaging_customer_information: { screens: [{ screen_id: 's', responses }] } })).toMatchObject({
      kind: 'form',
      sentAt: new Date(AT),
      content: { text: 'name: Noor\nnumber: 12\nempty: ' },
    });
  });
});

describe('who has the thread', () => {
  const changes = (event: object) => {
    const event_ = one(event);
    return event_.type === 'control' ? [event_.change, event_.appId] : event_;
  };

  it('is us when it is passed to us or to nobody, else another app', () => {
    expect(changes({ pass_thread_control: { new_owner_app_id: OUR_APP, metadata: '' } })).toEqual(['us', OUR_APP]);
    expect(changes({ pass_thread_control: { new_owner_app_id: Number(OUR_APP) } })).toEqual(['us', OUR_APP]);
    expect(changes({ pass_thread_control: { new_owner_app_id: OTHER_APP, previous_owner_app_id: null } })).toEqual([
      'other_app',
      OTHER_APP,
    ]);
    expect(changes({ pass_thread_control: { new_owner_app_id: null } })).toEqual(['us', null]);
  });

  it('is whoever took it, named or not', () => {
    expect(changes({ take_thread_control: { previous_owner_app_id: OUR_APP, new_owner_app_id: OTHER_APP } })).toEqual([
      'other_app',
      OTHER_APP,
    ]);
    expect(changes({ take_thread_control: { previous_owner_app_id: OUR_APP } })).toEqual(['other_app', null]);
    expect(changes({ take_thread_control: { previous_owner_app_id: OTHER_APP, new_owner_app_id: OUR_APP } })).toEqual(['us', OUR_APP]);
  });

  it('is asked for by an app; our own asking is no news', () => {
    const asked = { ...FROM_PAGE, request_thread_control: { requested_owner_app_id: OTHER_APP, metadata: null } };
    expect(one(asked)).toMatchObject({ type: 'control', change: 'requested', appId: OTHER_APP, personId: PERSON });
    expect(read(deliver({ request_thread_control: { requested_owner_app_id: OUR_APP } }))).toEqual([]);
  });

  it('is not told by the roles of apps', () => {
    expect(read(deliver({ sender: undefined, app_roles: { [OTHER_APP]: ['automation'] } }))).toEqual([]);
  });
});

describe('what is about the page', () => {
  it.each(['policy_enforcement', 'policy-enforcement'])('names nobody: %s', (key) => {
    const event = { sender: undefined, [key]: { action: 'block', reason: 'too many complaints' } };
    expect(read(deliver(event))).toEqual([
      {
        type: 'restriction',
        routeId: PAGE,
        personId: '',
        isStandby: false,
        action: 'block',
        reason: 'too many complaints',
        actedAt: new Date(AT),
      },
    ]);
    expect(read(deliver({ sender: undefined, [key]: { action: 'unblock' } }))).toMatchObject([{ action: 'unblock', reason: null }]);
    expect(read(deliver({ sender: undefined, [key]: { action: 'frown' } }))).toMatchObject([{ action: 'warning' }]);
  });

  it('includes our own question whether the address leads here', () => {
    expect(read({ object: 'page', entry: [{ id: PAGE, messaging: [{ omnidesk_self_test: 'n-1' }] }] })).toEqual([
      { type: 'self_test', routeId: PAGE, personId: '', isStandby: false, nonce: 'n-1' },
    ]);
    expect(read({ object: 'page', entry: [{ id: PAGE, messaging: [{ omnidesk_self_test: 'n'.repeat(201) }] }] })).toEqual([]);
  });

  it('from the dashboard’s test button belongs to a page that nobody has', () => {
    const value = { recipient: { id: '23245' }, timestamp: '1527459824', policy_enforcement: { action: 'block' } };
    const said = { sender: { id: '12334' }, recipient: { id: '23245' }, timestamp: '1527459824', message: { mid: 'test', text: 'test' } };
    const changes = [
      { field: 'messaging_policy_enforcement', value },
      { field: 'messages', value: said },
      { field: 'messages', value: { page_id: '1' } },
    ];
    const events = read({ object: 'page', entry: [{ id: '0', time: 1_527_459_824, changes }] });
    expect(events).toMatchObject([
      { type: 'restriction', routeId: '0', actedAt: new Date(1_527_459_824_000) },
      { type: 'message', routeId: '0', externalId: 'test' },
    ]);
  });
});

describe('what nobody needs to see', () => {
  it.each([
    { response_feedback: { feedback: 'Good response', mid: 'm' } },
    { message_request: 'accept' },
    { game_play: { score: 1 } },
    { payment: { amount: {} } },
    { pre_checkout: {} },
    { checkout_update: {} },
    { branded_camera: { event: 'dismiss' } },
  ])('is passed over: %j', (event) => expect(read(deliver(event))).toEqual([]));

  it('is not what we merely do not know: that is a line with its name, and the event for whoever may look', () => {
    const event = one({ Brand_NEW: { said: 'something' } });
    expect(event).toMatchObject({ type: 'message', kind: 'unsupported', direction: 'in', content: { text: '', detail: 'brand_new' } });
    expect((event as { raw: string }).raw).toContain('something');
    expect(one({})).toMatchObject({ kind: 'unsupported', content: { detail: 'unknown' } });
    expect(one({ ...FROM_PAGE, reaction: { mid: 'm', action: 'react' } })).toMatchObject({
      direction: 'out',
      content: { detail: 'reaction' },
    });
  });
});
