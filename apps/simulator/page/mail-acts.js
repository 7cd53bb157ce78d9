/** Everything a customer's mail can do besides plain words, in one drawer: mails to write at a press, and habits that last. */
import { ask, h, keep, toggle } from './parts.js';
import { say } from './words.js';

const BOUNCES = ['none', 'hard', 'soft', 'delayed'];

const mailOf = (name, more = {}) => ({
  name,
  play: ({ address, page, customer }) =>
    ask('POST', '/mails', {
      from: address,
      owner: address,
      to: page.mailAddress,
      subject: say(`${name}_subject`),
      text: say(`${name}_text`, { name: customer }),
      ...(typeof more === 'function' ? more({ address, page, customer }) : more),
    }),
});

const WRITES = [
  mailOf('mail_copies', { cc: ['partner@home.example'] }),
  mailOf('mail_both', ({ pages }) => ({ to: pages.map((page) => page.mailAddress) })),
  mailOf('mail_html', {
    html: '<h2>Broken lock</h2><p>My lock does <b>not</b> open.</p><ul><li>key turns</li><li>nothing happens</li></ul>',
  }),
  mailOf('mail_invitation', { kind: 'invitation' }),
  mailOf('mail_forward', { kind: 'forward' }),
  mailOf('mail_winmail', { kind: 'winmail', program: 'outlook' }),
];
const OTHERS = [
  mailOf('mail_forged', { isForged: true }),
  mailOf('mail_robot', { kind: 'robot', from: 'noreply@webshop.example' }),
  mailOf('mail_list', { kind: 'list_post' }),
];
/** With the mail that was received last in the open exchange. */
const WITH_LAST = [
  {
    name: 'mail_other_address',
    play: ({ address, last }) =>
      ask('POST', '/mails', {
        from: `${address.split('@')[0]}@work.example`,
        owner: address,
        answersMailId: last.id,
        text: say('mail_other_address_text'),
      }),
  },
  { name: 'mail_read', play: ({ last }) => ask('POST', `/mails/${last.id}/reports`, { what: 'read' }) },
  { name: 'mail_complaint', play: ({ last }) => ask('POST', `/mails/${last.id}/reports`, { what: 'complaint' }) },
];

/** Builds the drawer once. `open` shows it for one person's mailbox, `show` brings it up to date. */
export function mailActs() {
  const dialog = document.getElementById('mail-acts');
  const title = h('h2', { id: 'mail-acts-title' });
  const exchange = h('fieldset', {}, h('legend', {}, say('groupExchange')));
  const habits = h('div', { class: 'switches' });
  const bounces = h(
    'select',
    { onchange: () => ask('PUT', `/mailboxes/${place.address}/habits`, { bounces: bounces.value === 'none' ? null : bounces.value }) },
    BOUNCES.map((value) => h('option', { value }, say(`bounces_${value}`))),
  );
  let place = null;
  let opener = null;

  const button = (act) =>
    h('button', { type: 'button', onclick: async () => ((await act.play(place)) ? dialog.close() : undefined) }, say(act.name));
  const list = (acts) => h('div', { class: 'act-list' }, acts.map(button));
  const group = (name, ...children) => h('fieldset', {}, h('legend', {}, say(name)), children);
  exchange.append(list(WITH_LAST));

  dialog.append(
    h('header', {}, title, h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, say('close'))),
    h('p', { class: 'lead' }, say('mailActsLead')),
    exchange,
    group('groupWrites', list(WRITES)),
    group('groupOthersWrite', list(OTHERS)),
    group('groupMailHabits', habits, h('label', { class: 'choice-line' }, h('span', {}, say('bounces')), bounces)),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => opener?.focus());

  function show(next) {
    place = next;
    title.textContent = say('actsTitle', { name: place.customer });
    exchange.hidden = place.last === null;
    bounces.value = place.habits.bounces ?? 'none';
    keep(
      habits,
      ['outOfOffice', 'answersBlindly'].map((name) => ({ name, on: place.habits[name], address: place.address })),
      (one) => one.name,
      (one) => toggle(say(one.name), one.on, (isOn) => ask('PUT', `/mailboxes/${one.address}/habits`, { [one.name]: isOn })),
    );
  }

  return {
    show,
    open(next, from) {
      opener = from;
      show(next);
      dialog.showModal();
    },
  };
}
