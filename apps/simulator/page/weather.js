/** The drawer in which things are made to go wrong. */
import { ask, fullTime, h, icon, keep, toggle } from './parts.js';
import { say } from './words.js';

const GROUPS = {
  groupFacebook: [
    'facebook_slow',
    'facebook_down',
    'facebook_web_page',
    'facebook_nearly_full',
    'facebook_too_many_calls',
    'facebook_error_with_200',
    'facebook_person_gone',
    'facebook_cut_after_sending',
    'facebook_error_but_sent',
  ],
  groupWebhooks: ['webhooks_twice', 'webhooks_shuffled', 'webhooks_batched', 'webhooks_two_pages', 'webhooks_no_echo'],
  groupFiles: ['files_expired', 'files_gone', 'files_broken', 'files_cut'],
  groupMail: [
    'mail_busy',
    'mail_unknown_recipient',
    'mail_greylisted',
    'mail_closing',
    'mail_sign_in_refused',
    'mail_sender_refused',
    'mail_too_large',
    'mail_rejected',
    'mail_slow',
    'mail_hang_after_data',
    'mail_drop_after_dot',
    'mail_cut_after_accept',
    'mail_tls_failure',
  ],
  groupDns: ['dns_down', 'dns_silent'],
};
const HOUR_MS = 3_600_000;
const LIFELIKE_ECHO = { fromMs: -50, toMs: 2000 };

/** Builds the drawer once; the answer's `show` brings it up to date. */
export function weatherDrawer() {
  const dialog = document.getElementById('weather');
  const opener = document.getElementById('open-weather');
  const badge = document.getElementById('weather-count');
  let state = null;
  const lists = Object.fromEntries(Object.keys(GROUPS).map((group) => [group, h('div', { class: 'switches' })]));
  const time = h('p', { class: 'now' });
  const echo = choice('echo', ['lifelike', 'before', 'after', 'none'], (value) =>
    ask('PUT', '/behaviour', { echo: value === 'lifelike' ? LIFELIKE_ECHO : value }),
  );
  const receipts = choice('receipts', ['delivered', 'delivered_and_read', 'none'], (value) =>
    ask('PUT', '/behaviour', { receipts: value }),
  );
  const fault = h('select', { name: 'fault' });
  const inboxCustomer = h('select', { name: 'customer' });
  const inboxText = h('input', { name: 'text', required: true, maxlength: 2000 });

  function choice(name, values, onChange) {
    const select = h(
      'select',
      { onchange: () => onChange(select.value) },
      values.map((value) => h('option', { value }, say(`${name}_${value}`))),
    );
    return { select, element: h('label', { class: 'choice-line' }, h('span', {}, say(name)), select) };
  }
  const later = (name, ms) => h('button', { type: 'button', onclick: () => ask('PUT', '/clock', { advanceMs: ms }) }, say(name));
  const group = (name, ...children) => h('fieldset', {}, h('legend', {}, say(name)), children);

  dialog.append(
    h(
      'header',
      {},
      h('h2', { id: 'weather-title' }, say('weatherTitle')),
      h('button', { type: 'button', class: 'quiet', onclick: clearUp }, say('clearUp')),
      h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, say('close')),
    ),
    h('p', { class: 'lead' }, say('weatherLead')),
    ...Object.entries(lists).map(([name, list]) => group(name, list)),
    group('groupHabits', echo.element, receipts.element),
    group(
      'groupTime',
      time,
      h('p', { class: 'actions-row' }, later('plusHour', HOUR_MS), later('plusDay', 24 * HOUR_MS), later('plusWeek', 168 * HOUR_MS)),
      h('p', { class: 'actions-row' }, h('button', { type: 'button', onclick: () => ask('POST', '/retry', {}) }, say('retry'))),
    ),
    group(
      'groupNamedFaults',
      h('label', { class: 'choice-line' }, h('span', {}, say('namedFault')), fault),
      h(
        'p',
        { class: 'actions-row' },
        h('button', { type: 'button', onclick: () => ask('POST', '/faults', { name: fault.value, times: 1 }) }, say('namedFaultSet')),
      ),
    ),
    h(
      'form',
      {
        onsubmit: async (event) => {
          event.preventDefault();
          if (await ask('POST', '/inbox', { customerId: inboxCustomer.value, text: inboxText.value })) inboxText.value = '';
        },
      },
      group(
        'inboxTitle',
        h('label', { class: 'choice-line' }, h('span', {}, say('inboxCustomer')), inboxCustomer),
        h('label', { class: 'choice-line' }, h('span', {}, say('inboxText')), inboxText),
        h('p', { class: 'actions-row' }, h('button', {}, say('inboxSend'))),
      ),
    ),
  );
  opener.prepend(icon('weather'));
  opener.addEventListener('click', () => dialog.showModal());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => opener.focus());

  async function clearUp() {
    await ask('PUT', '/weather', { weather: [] });
    for (const page of state.pages.filter((one) => one.tokenDead)) await ask('PUT', `/pages/${page.id}/token`, { alive: true });
  }
  function switches(names) {
    return names.map((name) => ({ name, label: say(name), on: state.weather.includes(name) }));
  }
  function change(item, isOn) {
    if (item.pageId) return ask('PUT', `/pages/${item.pageId}/token`, { alive: !isOn });
    return ask('PUT', '/weather', { weather: isOn ? [...state.weather, item.name] : state.weather.filter((one) => one !== item.name) });
  }

  return {
    show(newState) {
      state = newState;
      const tokens = state.pages.map((page) => ({
        name: `token-${page.id}`,
        pageId: page.id,
        label: say('token_dead', { page: page.name }),
        on: page.tokenDead,
      }));
      for (const [name, list] of Object.entries(lists)) {
        const items = [...switches(GROUPS[name]), ...(name === 'groupFacebook' ? tokens : [])];
        keep(
          list,
          items,
          (item) => item.name,
          (item) => toggle(item.label, item.on, (isOn) => change(item, isOn)),
        );
      }
      const count = state.weather.length + tokens.filter((token) => token.on).length;
      badge.hidden = count === 0;
      badge.textContent = String(count);
      time.textContent = say('now', { time: fullTime(state.now) });
      keep(
        fault,
        state.faultNames.map(({ name, tells }) => ({ name, label: `${name.replaceAll('_', ' ')} (${tells})` })),
        (one) => one.name,
        (one) => h('option', { value: one.name }, one.label),
      );
      echo.select.value = typeof state.behaviour.echo === 'object' ? 'lifelike' : state.behaviour.echo;
      receipts.select.value = state.behaviour.receipts;
      keep(
        inboxCustomer,
        state.pages.flatMap((page) => page.customers.map(({ id, name }) => ({ id, name: `${name} (${page.name})` }))),
        (one) => one.id,
        (one) => h('option', { value: one.id }, one.name),
      );
    },
  };
}
