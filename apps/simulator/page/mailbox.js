/** The customers' mail: one mailbox at a time, its exchanges, and a sheet to write on. */
import { mailActs } from './mail-acts.js';
import { ask, fileFor, h, icon, keep, when } from './parts.js';
import { say } from './words.js';

const PROGRAMS = [
  ['gmail', 'Gmail'],
  ['outlook', 'Outlook'],
  ['plain', 'Plain text'],
];

/** The answer and what it quotes, parted where a mail program begins to quote. */
function parted(text) {
  const lines = text.split('\n');
  const from = lines.findIndex((line, index) => index > 0 && (line.startsWith('>') || /^(On|Op) .+(wrote|schreef).*:$/.test(line.trim())));
  if (from < 0) return { own: text, quoted: null };
  return { own: lines.slice(0, from).join('\n').trimEnd(), quoted: lines.slice(from).join('\n') };
}

function stateOf(mail) {
  if (mail.state === 'taken') return say('mailTaken');
  if (mail.state === 'on_its_way') return say('mailOnItsWay');
  return mail.state === 'given_up' ? say('mailGivenUp', { reason: mail.reason }) : null;
}

function mailView(mail, now) {
  const { own, quoted } = parted(mail.text);
  const state = stateOf(mail);
  return h(
    'li',
    { class: `letter ${mail.direction}` },
    h(
      'header',
      {},
      h('b', {}, mail.direction === 'sent' ? say('you') : mail.from.name || mail.from.address),
      h('span', { class: 'meta' }, [when(mail.at, now), state].filter(Boolean).join(' · ')),
      h('a', { class: 'meta', href: `/sim/api/mails/${mail.id}/source`, target: '_blank', rel: 'noopener' }, say('source')),
    ),
    h('div', { class: 'letter-text' }, own),
    quoted === null ? null : h('details', {}, h('summary', {}, say('quoted')), h('div', { class: 'letter-text quoted-text' }, quoted)),
    mail.files.map((file) =>
      file.mediaType.startsWith('image/')
        ? h(
            'a',
            { href: file.url, target: '_blank', rel: 'noopener' },
            h('img', { class: 'photo', src: file.url, alt: say('pictureAlt', { name: file.name }) }),
          )
        : h('a', { class: 'file', href: file.url, target: '_blank', rel: 'noopener' }, say('file', { name: file.name })),
    ),
  );
}

/** A form to write with; `given` decides whether it is a new mail or an answer. */
function sheetView({ isAnswer, submit }) {
  const to = h('input', { type: 'email', required: !isAnswer, name: 'to' });
  const subject = h('input', { name: 'subject', maxlength: 200, required: !isAnswer });
  const text = h('textarea', { name: 'text', rows: isAnswer ? 3 : 6, required: true, maxlength: 20000 });
  const program = h(
    'select',
    { name: 'program' },
    PROGRAMS.map(([value, name]) => h('option', { value }, name)),
  );
  const file = h('input', { type: 'file', name: 'file' });
  const labelled = (name, field) => h('label', {}, h('span', {}, say(name)), field);
  const form = h(
    'form',
    {
      class: 'sheet',
      onsubmit: async (event) => {
        event.preventDefault();
        const chosen = await Promise.all([...file.files].map(fileFor));
        const [pictures, files] = [
          chosen.filter((one) => one.mediaType.startsWith('image/')),
          chosen.filter((one) => !one.mediaType.startsWith('image/')),
        ];
        const mail = { text: text.value, program: program.value, inlinePictures: pictures, files };
        if (await submit(isAnswer ? mail : { ...mail, to: to.value, subject: subject.value })) form.reset();
      },
    },
    isAnswer ? null : [labelled('to', to), labelled('subject', subject)],
    labelled(isAnswer ? 'answer' : 'text', text),
    h('div', { class: 'sheet-more' }, labelled('program', program), labelled('attachFile', file)),
    h('p', { class: 'actions-row' }, h('button', { class: 'primary' }, say(isAnswer ? 'sendAnswer' : 'sendMail'))),
  );
  return { form, to };
}

/** Builds the mail corner once; the answer's `show` brings it up to date. */
export function mailCorner() {
  let state = null;
  let pageId = null;
  let address = null;
  let thread = null;
  let isWriting = false;
  const owners = h('div', { class: 'tabs small', role: 'tablist', 'aria-label': say('mailboxOf') });
  const back = h('button', { type: 'button', class: 'quiet', onclick: () => open(null) }, say('back'));
  const write = h('button', { type: 'button', class: 'primary', onclick: () => startWriting() }, say('newMail'));
  const acts = mailActs();
  const more = h(
    'button',
    { type: 'button', class: 'quiet', 'aria-haspopup': 'dialog', onclick: () => acts.open(actsPlace(), more) },
    icon('more'),
  );
  const notice = h('p', { class: 'notice', hidden: true });
  const list = h('ul', { class: 'exchanges' });
  const letters = h('ol', { class: 'letters', 'aria-live': 'polite' });
  const heading = h('h3');
  const fresh = sheetView({ isAnswer: false, submit: sendNew });
  const answer = sheetView({ isAnswer: true, submit: sendAnswer });
  const body = h('div', { class: 'mail-body' });
  const element = document.getElementById('mail');
  element.append(h('header', {}, h('h2', { id: 'mail-title' }, say('mail')), back, more, write), owners, notice, body);

  const mailbox = () => state.mailboxes.find((one) => one.address === address);
  const page = () => state.pages.find((one) => one.id === pageId);

  function actsPlace() {
    const { name, mails, habits } = mailbox();
    const last = mails.findLast((mail) => mail.thread === thread && mail.direction === 'received') ?? null;
    return { address, customer: name, page: page(), pages: state.pages, habits, last };
  }
  function open(next) {
    thread = next;
    isWriting = false;
    refresh();
  }
  function startWriting() {
    thread = null;
    isWriting = true;
    fresh.to.value = page().mailAddress;
    refresh();
    fresh.form.elements.subject.focus();
  }
  async function sendNew(mail) {
    const sent = await ask('POST', '/mails', { from: address, ...mail });
    if (sent) open(null);
    return sent !== null;
  }
  async function sendAnswer(mail) {
    const received = mailbox().mails.filter((one) => one.thread === thread);
    const answered = received.findLast((one) => one.direction === 'received') ?? received.at(-1);
    return (await ask('POST', '/mails', { from: address, answersMailId: answered.id, ...mail })) !== null;
  }

  function refresh() {
    const { mails } = mailbox();
    const inThread = mails.filter((mail) => mail.thread === thread);
    back.hidden = thread === null && !isWriting;
    more.setAttribute('aria-label', say('mailActs', { name: mailbox().name }));
    more.title = say('mailActs', { name: mailbox().name });
    acts.show(actsPlace());
    write.hidden = isWriting;
    notice.hidden = page().mailConnected;
    notice.textContent = say('noMailRoute', { address: page().mailAddress });
    keep(
      owners,
      state.mailboxes.filter((one) => one.pageId === pageId).map(({ address: one, name }) => ({ one, name, on: one === address })),
      (tab) => tab.one,
      (tab) =>
        h(
          'button',
          { type: 'button', role: 'tab', 'aria-selected': String(tab.on), onclick: () => ((address = tab.one), open(null)) },
          tab.name,
        ),
    );
    const wanted = isWriting ? [fresh.form] : thread === null ? [list] : [heading, letters, answer.form];
    if (wanted.length !== body.children.length || wanted.some((one, index) => body.children[index] !== one))
      body.replaceChildren(...wanted);
    heading.textContent = inThread[0]?.subject ?? '';
    keep(
      letters,
      inThread,
      (mail) => mail.id,
      (mail) => mailView(mail, state.now),
    );
    showList(mails);
  }

  function showList(mails) {
    const newest = new Map();
    for (const mail of mails) newest.set(mail.thread, { mail, count: (newest.get(mail.thread)?.count ?? 0) + 1 });
    const rows = [...newest.values()].sort((a, b) => b.mail.at.localeCompare(a.mail.at));
    keep(
      list,
      rows.length > 0 ? rows : [{ empty: page().mailAddress }],
      (row) => row.mail?.thread ?? 'empty',
      (row) =>
        row.empty
          ? h('li', { class: 'empty' }, say('noMails', { address: row.empty }))
          : h(
              'li',
              {},
              h(
                'button',
                { type: 'button', class: 'exchange', onclick: () => open(row.mail.thread) },
                h('b', {}, row.mail.subject || '—'),
                h('span', { class: 'meta' }, when(row.mail.at, state.now)),
                h(
                  'span',
                  { class: 'preview' },
                  `${row.mail.direction === 'sent' ? say('you') : row.mail.from.name || row.mail.from.address}: ${parted(row.mail.text).own}`,
                ),
                row.count > 1 ? h('span', { class: 'count' }, row.count) : null,
              ),
            ),
    );
  }

  return {
    show(newState, newPageId) {
      state = newState;
      if (pageId !== newPageId) {
        pageId = newPageId;
        address = state.mailboxes.find((one) => one.pageId === pageId).address;
        thread = null;
        isWriting = false;
      }
      refresh();
    },
  };
}
