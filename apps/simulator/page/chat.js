/** One phone: a thread with a page, as the customer sees it. */
import { openActs } from './acts.js';
import { ask, fileFor, h, icon, keep, shortened, when } from './parts.js';
import { say } from './words.js';

const EMOJIS = ['❤️', '👍', '😆', '😮', '😢', '😠'];

const titleOf = (message) => message.text ?? message.attachments[0]?.name ?? message.cards[0]?.title ?? '';

function attachmentView(attachment) {
  const { kind, url, name } = attachment;
  if (kind === 'sticker') return h('img', { class: 'sticker', src: url, alt: say('sticker') });
  if (kind === 'audio' || kind === 'video')
    return h(kind, { class: 'clip', src: url, controls: true, preload: 'none', 'aria-label': say('file', { name }) });
  if (kind === 'image')
    return h(
      'a',
      { href: url, target: '_blank', rel: 'noopener' },
      h('img', { class: 'photo', src: url, alt: say('pictureAlt', { name }) }),
    );
  return h('a', { class: 'file', href: url, target: '_blank', rel: 'noopener' }, say('file', { name }));
}

function actionsView(phone, message) {
  const text = shortened(titleOf(message));
  const reactions = EMOJIS.map((emoji) =>
    h(
      'button',
      {
        type: 'button',
        'aria-label': say('reactWith', { emoji }),
        'aria-pressed': String(message.customerReaction === emoji),
        onclick: () =>
          ask('POST', `/customers/${phone.id}/reactions`, { mid: message.mid, emoji: message.customerReaction === emoji ? null : emoji }),
      },
      emoji,
    ),
  );
  const edit = h('button', { type: 'button', class: 'word', onclick: () => phone.edit(message) }, say('edit'));
  const quote = h('button', { type: 'button', class: 'word', onclick: () => phone.quote(message) }, say('reply'));
  return message.from === 'page'
    ? h('div', { class: 'actions', role: 'group', 'aria-label': say('reactTo', { text }) }, reactions, quote)
    : h(
        'div',
        { class: 'actions', role: 'group', 'aria-label': say('actionsFor', { text }) },
        message.text === null ? null : edit,
        quote,
        h(
          'button',
          { type: 'button', class: 'word', onclick: () => ask('POST', `/customers/${phone.id}/unsends`, { mid: message.mid }) },
          say('unsend'),
        ),
      );
}

/** What stands in the bubble: the words, or why there are none. */
function wordsOf(message) {
  if (message.unsent) return h('div', { class: 'bubble gone' }, say('unsentBubble'));
  if (message.unsupported) return h('div', { class: 'bubble gone' }, say('unsupportedBubble'));
  return message.text === null ? null : h('div', { class: 'bubble' }, message.text);
}

function messageView(phone, { message, quoted, now, isPageSeen }) {
  const reaction = message.from === 'page' ? message.customerReaction : message.pageReaction;
  const states = [
    message.persona === null ? null : say('asPersona', { name: message.persona }),
    message.edits > 0 ? say('edited') : null,
    message.from === 'page' ? (message.read ? say('seenState') : message.delivered ? say('deliveredState') : null) : null,
    message.from === 'customer' && isPageSeen ? say('seenState') : null,
  ].filter((state) => state !== null);
  return h(
    'article',
    { class: `message ${message.from === 'customer' ? 'own' : 'theirs'}` },
    quoted === null ? null : h('p', { class: 'quoted' }, shortened(quoted, 60)),
    h(
      'div',
      { class: 'said' },
      wordsOf(message),
      message.attachments.map(attachmentView),
      message.cards.map((card) => h('p', { class: 'file' }, card.title)),
      reaction === null ? null : h('span', { class: 'reaction' }, reaction),
    ),
    h(
      'div',
      { class: 'foot' },
      h('p', { class: 'meta' }, [when(message.at, now), ...states].join(' · ')),
      message.unsent ? null : actionsView(phone, message),
    ),
  );
}

/** Builds the phone once; the answer's `show` brings it up to date. */
export function phoneView(customer) {
  const phone = { id: customer.id, editing: null, quoting: null };
  const status = h('p', { class: 'writes' });
  const face = h('img', { class: 'face', alt: '', width: 36, height: 36 });
  const log = h('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': say('conversationOf', { name: customer.name }) });
  const typing = h('p', { class: 'typing', role: 'status' });
  const replies = h('div', { class: 'quick-replies' });
  const modeText = h('span');
  const mode = h(
    'p',
    { class: 'mode', hidden: true },
    modeText,
    h('button', { type: 'button', class: 'word', onclick: () => leave() }, say('cancel')),
  );
  const box = h('textarea', { rows: 1, 'aria-label': say('message'), placeholder: say('message'), maxlength: 20000 });
  const send = h('button', { class: 'primary', type: 'submit' }, say('send'));
  const chooser = h('input', { type: 'file', hidden: true });
  const path = `/customers/${customer.id}`;

  function enter(text, label) {
    modeText.textContent = label;
    mode.hidden = false;
    send.textContent = phone.editing ? say('save') : say('send');
    if (text !== null) box.value = text;
    box.focus();
  }
  function leave() {
    phone.editing = null;
    phone.quoting = null;
    mode.hidden = true;
    send.textContent = say('send');
  }
  phone.edit = (message) => {
    phone.editing = message.mid;
    enter(message.text, say('editing', { text: shortened(message.text) }));
  };
  phone.quote = (message) => {
    phone.quoting = message.mid;
    enter(null, say('quoting', { text: shortened(titleOf(message)) }));
  };

  async function sendText(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (text === '') return;
    const { editing, quoting } = phone;
    box.value = '';
    leave();
    const answer = editing
      ? await ask('POST', `${path}/edits`, { mid: editing, text })
      : await ask('POST', `${path}/messages`, { text, ...(quoting ? { replyToMid: quoting } : {}) });
    // Nothing typed may be lost because a request failed.
    if (answer === null && box.value === '') box.value = text;
  }
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) void sendText(event);
    if (event.key === 'Escape') leave();
  });
  chooser.addEventListener('change', async () => {
    const files = await Promise.all([...chooser.files].map(fileFor));
    chooser.value = '';
    if (files.length > 0) await ask('POST', `${path}/messages`, { files });
  });
  const tool = (name, act) =>
    h('button', { type: 'button', class: 'tool', title: say(name), 'aria-label': say(name), onclick: act }, icon(name));
  const element = h(
    'section',
    { class: 'phone card', 'aria-label': say('phoneOf', { name: customer.name }) },
    h(
      'header',
      {},
      face,
      h('div', { class: 'who' }, h('h2', {}, customer.name), status),
      h('button', { type: 'button', class: 'quiet', onclick: () => ask('POST', `${path}/seen`) }, say('seen')),
    ),
    log,
    typing,
    replies,
    h(
      'form',
      { class: 'composer', onsubmit: sendText },
      mode,
      h('div', { class: 'line' }, box, send),
      h(
        'div',
        { class: 'tools' },
        tool('picture', () => chooser.click()),
        tool('samplePhoto', () => ask('POST', `${path}/messages`, { samplePhoto: true })),
        tool('thumb', () => ask('POST', `${path}/messages`, { sticker: true })),
        h(
          'button',
          {
            type: 'button',
            class: 'tool',
            title: say('acts', { name: customer.name }),
            'aria-label': say('acts', { name: customer.name }),
            'aria-haspopup': 'dialog',
            onclick: (event) => openActs(customer, event.currentTarget),
          },
          icon('more'),
        ),
        chooser,
      ),
    ),
  );

  let isFollowing = true;
  log.addEventListener('scroll', () => (isFollowing = isAtBottom()));
  // A picture gets its height only when it is there; whoever was reading the last line goes on doing so.
  log.addEventListener('load', () => follow(), true);
  log.addEventListener('loadedmetadata', () => follow(), true);
  const isAtBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  function follow() {
    if (isFollowing) log.scrollTop = log.scrollHeight;
  }

  function show(now, page, person) {
    status.textContent = person.threadOwner === 'other' ? say('otherAppHas') : say('writesTo', { page: page.name });
    if (face.getAttribute('src') !== person.pictureUrl) face.src = person.pictureUrl;
    const byMid = new Map(person.messages.map((message) => [message.mid, message]));
    const day = now.slice(0, 10);
    const rows = person.messages.map((message) => ({
      message,
      now: day,
      quoted: message.replyToMid === null ? null : titleOf(byMid.get(message.replyToMid) ?? { text: '…', attachments: [] }),
      isPageSeen: person.pageSeenAt !== null && person.pageSeenAt >= message.at,
    }));
    const shown = rows.length > 0 ? rows : [{ empty: true, connected: page.connected }];
    keep(
      log,
      shown,
      (row) => row.message?.mid ?? 'empty',
      (row) => (row.empty ? emptyView(page) : messageView(phone, { ...row, now })),
    );
    typing.textContent = person.pageIsTyping ? say('typing', { page: page.name }) : '';
    const last = person.messages.at(-1);
    keep(
      replies,
      last?.quickReplies ?? [],
      (reply) => reply.payload,
      (reply) =>
        h(
          'button',
          {
            type: 'button',
            class: 'chip',
            onclick: () => ask('POST', `${path}/messages`, { text: reply.title, quickReply: reply.payload }),
          },
          reply.title,
        ),
    );
    follow();
  }
  return { element, show };
}

function emptyView(page) {
  return h('p', { class: 'empty' }, page.connected ? say('emptyThread') : say('notHeard', { page: page.name }));
}
