/** Everything a customer can do besides writing, in one drawer: a list of groups, a button for each. */
import { ask, h, keep } from './parts.js';
import { say } from './words.js';

const SHARES = 'photo two_photos video voice sound file link location product reel post appointment unknown_attachment'.split(' ');
const AD = { id: '6300000000000091', title: 'Summer on two wheels' };
const ANSWERS = { name: 'S. de Wit', street: 'Oudegracht 12', city: 'Utrecht' };
const BELLS = [{ id: '5300000000000072', retailer_id: 'bell-1', name: 'Bell', unit_price: 9.95, currency: 'EUR', quantity: 2 }];

const act = (name, path, body = {}) => ({ name, path, body });

const GROUPS = {
  groupShares: [
    ...SHARES.map((what) => act(`share_${what}`, 'shares', { what })),
    act('share_unsupported', 'messages', { unsupported: true }),
  ],
  groupComing: [
    act('act_start', 'started'),
    act('act_start_link', 'started', { coming: { source: 'SHORTLINK', ref: 'shop-window' } }),
    act('act_button', 'postbacks', { title: 'Prices', payload: 'PRICES' }),
    act('act_button_old', 'postbacks', { title: 'Prices', payload: 'PRICES', withoutMid: true }),
    act('act_link', 'comings', { source: 'SHORTLINK', ref: 'newsletter-may' }),
    act('act_code', 'comings', { source: 'MESSENGER_CODE', ref: 'counter' }),
    act('act_ad', 'comings', { source: 'ADS', ad: AD, ref: 'summer' }),
    act('act_ad_europe', 'comings', { source: null, ad: AD }),
    act('act_ad_message', 'messages', { text: 'Is this offer still valid?', coming: { source: 'ADS', ad: AD } }),
  ],
  groupAgreeing: [
    act('act_optin_plugin', 'optins', { kind: 'plugin', ref: 'size-advice' }),
    act('act_optin_checkbox', 'optins', { kind: 'checkbox', ref: 'order-4711', userRef: 'checkbox-4711' }),
    act('act_optin_once', 'optins', { kind: 'one_time' }),
    act('act_optin_news', 'optins', { kind: 'notification_messages' }),
    act('act_optin_stop', 'optins', { kind: 'stop_notifications' }),
    act('act_optin_resume', 'optins', { kind: 'resume_notifications' }),
    act('act_linked', 'linking', { linked: true }),
    act('act_unlinked', 'linking', { linked: false }),
  ],
  groupFilling: [
    act('act_feedback', 'feedback', { score: 4, comment: 'Quick and friendly.' }),
    act('act_form', 'forms', ANSWERS),
    act('act_order', 'orders', { products: BELLS, note: 'In red, please.' }),
  ],
  groupThread: [
    act('act_thread_take', 'thread', { act: 'take' }),
    act('act_thread_back', 'thread', { act: 'give_back' }),
    act('act_thread_ask', 'thread', { act: 'ask' }),
    act('act_thread_release', 'thread', { act: 'release' }),
  ],
  groupOdd: [act('act_unknown', 'events'), act('act_request', 'events', { part: { message_request: 'accept' } })],
};

const dialog = document.getElementById('acts');
const title = h('h2', { id: 'acts-title' });
const groups = h('div');
let opener = null;

dialog.append(
  h('header', {}, title, h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, say('close'))),
  h('p', { class: 'lead' }, say('actsLead')),
  groups,
);
dialog.addEventListener('click', (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener('close', () => opener?.focus());

/** Opens the drawer for this customer; `from` gets the focus back. What is chosen closes it, so that one sees what came of it. */
export function openActs(customer, from) {
  opener = from;
  title.textContent = say('actsTitle', { name: customer.name });
  const play = async ({ path, body }) => {
    if (await ask('POST', `/customers/${customer.id}/${path}`, body)) dialog.close();
  };
  keep(
    groups,
    Object.entries(GROUPS).map(([name, acts]) => ({ name, acts, customer: customer.id })),
    (group) => group.name,
    (group) =>
      h(
        'fieldset',
        {},
        h('legend', {}, say(group.name)),
        h(
          'div',
          { class: 'act-list' },
          group.acts.map((one) => h('button', { type: 'button', onclick: () => play(one) }, say(one.name))),
        ),
      ),
  );
  dialog.showModal();
}
