/**
 * What a body of Meta's must become, told from the body alone by the rules of the protocol, without the reader that is tested. Each event
 * is told by what has to have happened before (`stage`), what the reader must find, and what an agent must then see.
 */
export interface Outcome {
  pageId: string;
  /** Envelopes posted beforehand, oldest first. */
  stage: object[];
  /** The events that the reader finds: one or none. */
  events: object[];
  /** Where it is seen: at this person's thread, below this person's comment, at the page, or nowhere. */
  seen:
    | { at: 'thread' | 'comments'; personId: string; last?: object; all?: object[]; conversation?: object }
    | { at: 'page'; connection: object }
    | { at: 'nowhere' };
}

type Fields = Record<string, unknown>;

export interface Envelope {
  object?: string;
  entry?: Fields[];
}

const EARLIER_MS = 60_000;
const SECONDS_MAX = 1e11;
const NOBODY = 'Somebody Else';

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const msOf = (value: unknown, otherwise: number): number => {
  const number = Number(value);
  if (value === undefined || value === null || Number.isNaN(number)) return otherwise;
  return number < SECONDS_MAX ? number * 1000 : number;
};
const isSet = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Ids are texts, and were numbers once. */
export function idOf(value: unknown): string | null {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : null;
}

/** Every outcome of a body, in its order. */
export function outcomesOf(body: Envelope, ownAppId: string): Outcome[] {
  if (body.object !== 'page') return [];
  return (body.entry ?? []).flatMap((entry) => {
    const pageId = idOf(entry['id']);
    if (pageId === null) return [];
    const entryMs = msOf(entry['time'], Date.now());
    const at = (isStandby: boolean) => (event: Fields) => eventOutcome(event, { pageId, entryMs, isStandby, ownAppId });
    return [
      ...list(entry['messaging']).map(at(false)),
      ...list(entry['standby']).map(at(true)),
      ...list(entry['changes']).map((change) => changeOutcome(change, { pageId, entryMs, isStandby: false, ownAppId })),
    ];
  });
}

interface Place {
  pageId: string;
  entryMs: number;
  isStandby: boolean;
  ownAppId: string;
}

const nothing = ({ pageId }: Place): Outcome => ({ pageId, stage: [], events: [], seen: { at: 'nowhere' } });

function envelope(pageId: string, atMs: number, ...messaging: object[]): object {
  return { object: 'page', entry: [{ id: pageId, time: atMs, messaging }] };
}

function eventOutcome(event: Fields, place: Place): Outcome {
  const { pageId, entryMs, isStandby } = place;
  const atMs = Math.min(msOf(event['timestamp'], entryMs), Date.now());
  const policy = event['policy_enforcement'] ?? event['policy-enforcement'];
  if (isSet(policy)) return policyOutcome(fields(policy), place, atMs);
  const message = fields(event['message']);
  const ids = [fields(event['sender']), fields(event['recipient'])].map(({ id }) => idOf(id));
  const isEcho = message['is_echo'] === true;
  const personId = (isEcho ? ids.toReversed() : ids).find((id) => id !== null && id !== pageId) ?? userRefOf(event);
  if (personId === null) return nothing(place);
  const told: Told = { event, place, personId, atMs, base: { routeId: pageId, personId, isStandby } };
  for (const [key, rule] of RULES) if (isSet(event[key])) return rule(fields(event[key]), told);
  const isPassedOver = PASSED_OVER.some((key) => key in event);
  return isPassedOver ? nothing(place) : placeholder(told);
}

interface Told {
  event: Fields;
  place: Place;
  personId: string;
  atMs: number;
  base: object;
}

function userRefOf(event: Fields): string | null {
  const name = [fields(event['sender']), fields(event['recipient']), fields(event['optin'])]
    .map((one) => idOf(one['user_ref']))
    .find((one) => one !== null);
  return name === undefined ? null : `user_ref:${name}`;
}

/** Source: the specification's list of what nobody needs to see. */
const PASSED_OVER = 'app_roles response_feedback message_request game_play payment pre_checkout checkout_update branded_camera'.split(' ');

const RULES: [string, (value: Fields, told: Told) => Outcome][] = [
  ['message', messageOutcome],
  ['postback', postbackOutcome],
  ['delivery', (value, told) => receiptOutcome('delivered', value, told)],
  ['read', (value, told) => receiptOutcome('read', value, told)],
  ['reaction', reactionOutcome],
  ['message_edit', editOutcome],
  ['referral', referralOutcome],
  ['optin', (value, told) => factOutcome(/^stop/i.test(textOf(value['notification_messages_status'])) ? 'opted_out' : 'opted_in', told)],
  ['account_linking', (value, told) => factOutcome(value['status'] === 'linked' ? 'account_linked' : 'account_unlinked', told)],
  ['pass_thread_control', (value, told) => controlOutcome(idOf(value['new_owner_app_id']), told, true)],
  ['take_thread_control', (value, told) => controlOutcome(idOf(value['new_owner_app_id']), told, false)],
  ['request_thread_control', requestOutcome],
  ['messaging_feedback', (value, told) => filledIn('feedback', answersIn(value), told)],
  ['messaging_customer_information', (value, told) => filledIn('form', answersIn(value), told)],
  ['order', (value, told) => filledIn('order', productsIn(value), told)],
];

const ATTACHMENT_KINDS: Record<string, string> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  sticker: 'sticker',
  fallback: 'link',
  reel: 'link',
  ig_reel: 'link',
  post: 'link',
  ig_post: 'link',
  location: 'location',
  template: 'template',
  appointment_booking: 'template',
};

function attachmentKinds(attachments: Fields[]): string[] {
  const stickers = new Set<string>();
  return attachments.flatMap((attachment) => {
    const sticker = idOf(fields(attachment['payload'])['sticker_id']);
    if (sticker === null) return [ATTACHMENT_KINDS[textOf(attachment['type'])] ?? 'unsupported'];
    if (stickers.has(sticker)) return [];
    stickers.add(sticker);
    return ['sticker'];
  });
}

function messageOutcome(message: Fields, told: Told): Outcome {
  const order = message['order'] ?? told.event['order'];
  if (isSet(order)) return filledIn('order', productsIn(fields(order)), told);
  const isEcho = message['is_echo'] === true;
  if (String(message['is_deleted']) === 'true') return unsendOutcome(message, told);
  const kinds = attachmentKinds(list(message['attachments']));
  const text = textOf(message['text']);
  const kind = text === '' && kinds.length === 0 ? 'unsupported' : 'text';
  const { place, personId, atMs, base, event } = told;
  const prior = idOf(fields(event['prior_message'])['identifier']);
  const referral = message['referral'];
  return {
    pageId: place.pageId,
    stage: [],
    events: [
      {
        ...base,
        type: 'message',
        direction: isEcho ? 'out' : 'in',
        kind,
        externalId: message['mid'],
        replyToExternalId: fields(message['reply_to'])['mid'] ?? null,
        appId: isEcho ? idOf(message['app_id']) : null,
        sentAt: new Date(atMs),
        ...(prior === null ? {} : { formerPersonId: `user_ref:${prior}` }),
      },
    ],
    seen: {
      at: 'thread',
      personId,
      last: {
        direction: isEcho ? 'out' : 'in',
        kind,
        text,
        author: { kind: isEcho ? 'outside' : 'contact' },
        attachments: kinds.map((one) => ({ kind: one })),
        sentAt: new Date(atMs).toISOString(),
        ...(isSet(message['quick_reply']) ? { detail: fields(message['quick_reply'])['payload'] } : {}),
      },
      conversation: {
        kind: 'messages',
        ...(place.isStandby ? { control: { holder: 'other_app' } } : {}),
        ...(isSet(referral) ? { referrals: [referralSeen(fields(referral))] } : {}),
      },
    },
  };
}

function postbackOutcome(postback: Fields, told: Told): Outcome {
  const text = textOf(postback['title']) || textOf(postback['payload']);
  const referral = postback['referral'];
  return {
    pageId: told.place.pageId,
    stage: [],
    events: [
      {
        ...told.base,
        type: 'message',
        kind: 'postback',
        direction: 'in',
        ...(postback['mid'] === undefined ? {} : { externalId: postback['mid'] }),
      },
    ],
    seen: {
      at: 'thread',
      personId: told.personId,
      last: { kind: 'postback', direction: 'in', text, detail: postback['payload'] ?? null },
      conversation: isSet(referral) ? { referrals: [referralSeen(fields(referral))] } : {},
    },
  };
}

/** The message that something happens to. */
function saidBefore({ place, personId, atMs }: Told, mid: unknown): object {
  const message = { mid, text: 'said before' };
  return envelope(place.pageId, atMs - EARLIER_MS, {
    sender: { id: personId },
    recipient: { id: place.pageId },
    timestamp: atMs - EARLIER_MS,
    message,
  });
}

function receiptOutcome(state: 'delivered' | 'read', receipt: Fields, told: Told): Outcome {
  const { place, personId, base } = told;
  const watermarkMs = Math.min(msOf(receipt['watermark'], told.atMs), Date.now());
  const mids = (Array.isArray(receipt['mids']) ? receipt['mids'] : []) as string[];
  const sent = (mids.length > 0 ? mids : [`m_before_${place.pageId}`]).map((mid, nth) => {
    const atMs = watermarkMs - EARLIER_MS + nth * 1000;
    const message = { mid, text: 'said by the page', is_echo: true };
    return envelope(place.pageId, atMs, { sender: { id: place.pageId }, recipient: { id: personId }, timestamp: atMs, message });
  });
  return {
    pageId: place.pageId,
    stage: sent,
    events: [{ ...base, type: 'receipt', state, watermarkAt: new Date(watermarkMs), externalIds: mids }],
    seen: { at: 'thread', personId, all: sent.map(() => ({ direction: 'out', delivery: { state } })) },
  };
}

function reactionOutcome(reaction: Fields, told: Told): Outcome {
  const { pageId } = told.place;
  const isTaken = reaction['action'] === 'unreact';
  const before = {
    sender: { id: told.personId },
    recipient: { id: pageId },
    timestamp: told.atMs - 1000,
    reaction: { mid: reaction['mid'], action: 'react', emoji: '🙂' },
  };
  return {
    pageId,
    stage: [saidBefore(told, reaction['mid']), ...(isTaken ? [envelope(pageId, told.atMs, before)] : [])],
    events: [
      {
        ...told.base,
        type: 'reaction',
        externalId: reaction['mid'],
        ...(isTaken ? { emoji: null } : reaction['emoji'] === undefined ? {} : { emoji: reaction['emoji'] }),
      },
    ],
    seen: {
      at: 'thread',
      personId: told.personId,
      all: [{ text: 'said before', reactions: isTaken ? [] : [{ emoji: reaction['emoji'] ?? (expect.any(String) as unknown) }] }],
    },
  };
}

function editOutcome(edit: Fields, told: Told): Outcome {
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, edit['mid'])],
    events: [
      {
        ...told.base,
        type: 'edit',
        externalId: edit['mid'],
        text: edit['text'],
        editNumber: edit['num_edit'] === undefined ? null : Number(edit['num_edit']),
      },
    ],
    seen: { at: 'thread', personId: told.personId, all: [{ text: edit['text'], edited: true, earlierTexts: [{ text: 'said before' }] }] },
  };
}

function unsendOutcome(message: Fields, told: Told): Outcome {
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, message['mid'])],
    events: [{ ...told.base, type: 'unsend', externalId: message['mid'] }],
    seen: { at: 'thread', personId: told.personId, all: [{ text: '', attachments: [], unsentAt: expect.any(String) as unknown }] },
  };
}

const SOURCES: Record<string, string> = {
  SHORTLINK: 'link',
  ADS: 'ad',
  MESSENGER_CODE: 'code',
  CUSTOMER_CHAT_PLUGIN: 'plugin',
  DISCOVER_TAB: 'discover',
};

function referralSeen(referral: Fields): object {
  const source = referral['source'] === undefined ? 'unknown' : (SOURCES[textOf(referral['source'])] ?? 'other');
  return {
    source,
    ref: referral['ref'] ?? null,
    adId: idOf(referral['ad_id']),
    ...(isSet(referral['ads_context_data']) ? { title: fields(referral['ads_context_data'])['ad_title'] ?? null } : {}),
  };
}

function referralOutcome(referral: Fields, told: Told): Outcome {
  const seen = referralSeen(referral);
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, `m_before_${told.place.pageId}`)],
    events: [{ ...told.base, type: 'referral', cameAt: new Date(told.atMs), referral: seen }],
    // It is no message.
    seen: { at: 'thread', personId: told.personId, all: [{ text: 'said before' }], conversation: { referrals: [seen] } },
  };
}

function factOutcome(kind: string, told: Told): Outcome {
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, `m_before_${told.place.pageId}`)],
    events: [{ ...told.base, type: 'fact', kind }],
    seen: { at: 'thread', personId: told.personId, all: [{ text: 'said before' }, { direction: 'system', kind }] },
  };
}

function controlOutcome(appId: string | null, told: Told, isOursWhenUnnamed: boolean): Outcome {
  const isOurs = appId === told.place.ownAppId || (appId === null && isOursWhenUnnamed);
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, `m_before_${told.place.pageId}`)],
    events: [{ ...told.base, type: 'control', change: isOurs ? 'us' : 'other_app', appId }],
    seen: {
      at: 'thread',
      personId: told.personId,
      conversation: { control: { holder: isOurs ? 'us' : 'other_app', appId: isOurs ? null : appId } },
    },
  };
}

function requestOutcome(request: Fields, told: Told): Outcome {
  const appId = idOf(request['requested_owner_app_id']);
  if (appId === told.place.ownAppId) return nothing(told.place);
  return {
    pageId: told.place.pageId,
    stage: [saidBefore(told, `m_before_${told.place.pageId}`)],
    events: [{ ...told.base, type: 'control', change: 'requested', appId }],
    seen: { at: 'thread', personId: told.personId, conversation: { control: { requestedAt: new Date(told.atMs).toISOString() } } },
  };
}

/** Every text and number that a person gave, wherever it stands in a form. */
function answersIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(answersIn);
  if (!isSet(value)) return [];
  return Object.entries(value as Fields).flatMap(([key, inner]) =>
    (key === 'value' || key === 'payload') && !isSet(inner) ? [String(inner)] : answersIn(inner),
  );
}

function productsIn(order: Fields): string[] {
  const products = list(order['products']);
  return [...products.map(({ name, retailer_id: article }) => textOf(name) || textOf(article)), textOf(order['note'])].filter(
    (one) => one !== '',
  );
}

function filledIn(kind: string, answers: string[], told: Told): Outcome {
  const text = expect.stringMatching(
    new RegExp(answers.map((answer) => `(?=[^]*${answer.replace(/[^\w\s]/g, '\\$&')})`).join('')),
  ) as unknown;
  return {
    pageId: told.place.pageId,
    stage: [],
    events: [{ ...told.base, type: 'message', kind, direction: 'in' }],
    seen: { at: 'thread', personId: told.personId, last: { kind, direction: 'in', text } },
  };
}

function placeholder(told: Told): Outcome {
  const [key = 'unknown'] = Object.keys(told.event).filter((one) => !['sender', 'recipient', 'timestamp'].includes(one));
  const detail = key.toLowerCase();
  return {
    pageId: told.place.pageId,
    stage: [],
    events: [{ ...told.base, type: 'message', kind: 'unsupported', content: { text: '', detail }, raw: expect.any(String) as unknown }],
    seen: { at: 'thread', personId: told.personId, last: { kind: 'unsupported', text: '', detail } },
  };
}

function policyOutcome({ action, reason }: Fields, place: Place, atMs: number): Outcome {
  const { pageId } = place;
  const blocked = {
    recipient: { id: pageId },
    timestamp: atMs - EARLIER_MS,
    policy_enforcement: { action: 'block', reason: 'Blocked before' },
  };
  return {
    pageId,
    stage: [envelope(pageId, atMs - EARLIER_MS, blocked)],
    events: [{ type: 'restriction', routeId: pageId, personId: '', action, reason: reason ?? null, actedAt: new Date(atMs) }],
    seen: { at: 'page', connection: { restriction: action === 'unblock' ? null : action === 'block' ? (reason ?? 'block') : 'warning' } },
  };
}

function changeOutcome(change: Fields, place: Place): Outcome {
  const value = fields(change['value']);
  const isMessaging = /^(messag|standby)/.test(textOf(change['field']));
  if (isMessaging) return eventOutcome(value, place);
  if (!['feed', 'mention'].includes(textOf(change['field']))) return nothing(place);
  if (value['item'] === 'comment') return commentOutcome(value, place);
  if (value['item'] === 'reaction' && value['comment_id'] !== undefined) return commentReactionOutcome(value, place);
  return nothing(place);
}

const ACTS: Record<string, string> = { add: 'add', edited: 'edit', remove: 'remove', hide: 'hide', unhide: 'unhide' };

/** A change on the page's posts. */
function posted(pageId: string, atMs: number, value: object): object {
  const seconds = Math.floor(atMs / 1000);
  return {
    object: 'page',
    entry: [{ id: pageId, time: seconds, changes: [{ field: 'feed', value: { ...value, created_time: seconds } }] }],
  };
}

function commentOutcome(value: Fields, place: Place): Outcome {
  const { pageId, entryMs } = place;
  const atMs = msOf(value['created_time'], entryMs);
  const from = fields(value['from']);
  const authorId = idOf(from['id']) ?? idOf(value['sender_id']);
  const id = idOf(value['comment_id'])!;
  const act = ACTS[textOf(value['verb'])]!;
  const isOut = authorId === pageId;
  const personId = authorId ?? `comment:${id}`;
  const isAdded = act === 'add';
  const stranger = '31415926535897932';
  const madeBy = isOut ? { id: stranger, name: NOBODY } : value['from'] === undefined ? undefined : { name: NOBODY, ...from };
  const { verb: _verb, from: _from, message: _message, photo: _photo, video: _video, ...where } = value;
  const parent = {
    ...where,
    item: 'comment',
    verb: 'add',
    comment_id: idOf(value['parent_id']),
    parent_id: value['post_id'],
    from: { id: stranger, name: NOBODY },
    message: 'above',
  };
  const isReply = value['parent_id'] !== undefined && value['parent_id'] !== value['post_id'];
  const own = { ...where, item: 'comment', verb: 'add', ...(madeBy ? { from: madeBy } : {}), message: 'said before' };
  // The page's own answers stand below somebody's comment; what happens to a comment needs one.
  const stage = [
    ...(isReply ? [posted(pageId, atMs - 2 * EARLIER_MS, parent)] : []),
    ...(isAdded ? [] : [posted(pageId, atMs - EARLIER_MS, own)]),
    ...(act === 'unhide' ? [posted(pageId, atMs - 1000, { ...where, item: 'comment', verb: 'hide', from: { id: pageId } })] : []),
  ];
  const pictures = [value['photo'], value['video']].filter((one) => typeof one === 'string').length;
  const text = textOf(value['message']);
  const shown: Record<string, object> = {
    add: { text, direction: isOut ? 'out' : 'in' },
    edit: { text, edited: true },
    remove: { text: '', unsentAt: new Date(atMs).toISOString() },
    hide: { comment: { hidden: true } },
    unhide: { comment: { hidden: false } },
  };
  // A page that talks to itself has nobody to answer to yet.
  const isAlone = isAdded && isOut && !isReply;
  return {
    pageId,
    stage,
    events: [
      {
        type: 'comment',
        routeId: pageId,
        personId,
        act,
        externalId: id,
        direction: isOut ? 'out' : 'in',
        parentExternalId: isReply ? value['parent_id'] : null,
        actedAt: new Date(atMs),
      },
    ],
    seen: isAlone
      ? { at: 'nowhere' }
      : {
          at: 'comments',
          personId: isReply || isOut ? stranger : personId,
          last: {
            kind: 'comment',
            ...shown[act],
            ...(isAdded && pictures > 0 ? { attachments: Array.from({ length: pictures }, () => ({})) } : {}),
          },
          conversation: { kind: 'comments', ...(value['post_id'] === undefined ? {} : { post: { id: value['post_id'] } }) },
        },
  };
}

function commentReactionOutcome(value: Fields, place: Place): Outcome {
  const { pageId, entryMs } = place;
  const atMs = msOf(value['created_time'], entryMs);
  const personId = idOf(fields(value['from'])['id']);
  if (personId === null) return nothing(place);
  const author = '31415926535897932';
  const { reaction_type: _type, ...where } = value;
  const comment = {
    ...where,
    item: 'comment',
    verb: 'add',
    parent_id: value['post_id'],
    from: { id: author, name: NOBODY },
    message: 'above',
  };
  const isTaken = value['verb'] === 'remove';
  const isLike = personId === pageId;
  return {
    pageId,
    stage: [posted(pageId, atMs - EARLIER_MS, comment)],
    events: [
      {
        type: 'reaction',
        routeId: pageId,
        personId,
        externalId: idOf(value['comment_id']),
        emoji: isTaken ? null : (expect.any(String) as unknown),
      },
    ],
    // What the page itself feels is its like.
    seen: {
      at: 'comments',
      personId: author,
      last: isLike
        ? { comment: { liked: !isTaken }, reactions: [] }
        : { reactions: isTaken ? [] : [{ emoji: expect.any(String) as unknown }] },
    },
  };
}
