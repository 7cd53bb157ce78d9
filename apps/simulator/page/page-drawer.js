/** The drawer for what Facebook and the page's owner decide about the page that is shown. */
import { ask, h } from './parts.js';
import { say } from './words.js';

const PAGE_INBOX_APP_ID = '263902037430900';
const CALLBACK_PATHS = { deauthorize: '/webhooks/messenger/deauthorize', deletion: '/webhooks/messenger/data-deletion' };

/** Builds the drawer once; the answer's `show` brings it up to date. */
export function pageDrawer() {
  const dialog = document.getElementById('page-drawer');
  const opener = document.getElementById('open-page');
  let state = null;
  let page = null;
  const lead = h('p', { class: 'lead' });
  const blocked = h('p', { class: 'notice', hidden: true });
  const change = (settings) => ask('PUT', `/pages/${page.id}/settings`, settings);
  const toggle = (name) => {
    const input = h('input', { type: 'checkbox', role: 'switch', onchange: () => change({ [name]: input.checked }) });
    return { input, element: h('label', { class: 'switch' }, input, h('span', {}, say(name))) };
  };
  const [humanAgent, personas, mayTake] = ['humanAgent', 'personas', 'mayTakeControl'].map(toggle);
  const appIdOf = { none: () => null, app: () => state.appId, other: () => PAGE_INBOX_APP_ID };
  const defaultApp = h(
    'select',
    { onchange: () => change({ defaultAppId: appIdOf[defaultApp.value]() }) },
    Object.keys(appIdOf).map((value) => h('option', { value }, say(`default_${value}`))),
  );
  const base = h('input', { type: 'url', name: 'base', required: true });
  const answer = h('p', { class: 'meta', role: 'status' });
  const button = (label, onclick) => h('button', { type: 'button', onclick }, label);
  const group = (name, ...children) => h('fieldset', {}, h('legend', {}, say(name)), children);

  async function callBack(kind) {
    if (!base.reportValidity()) return;
    const url = new URL(CALLBACK_PATHS[kind], base.value).href;
    const said = await ask('POST', '/callbacks', { kind, url });
    if (said) answer.textContent = say('callbackAnswer', { status: said.status ?? say('callbackNone'), body: said.body });
  }

  dialog.append(
    h(
      'header',
      {},
      h('h2', { id: 'page-drawer-title' }, say('pageTitle')),
      h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, say('close')),
    ),
    lead,
    group(
      'groupRules',
      blocked,
      h(
        'p',
        { class: 'actions-row' },
        ['warning', 'block', 'unblock'].map((action) =>
          button(say(`restrict_${action}`), () => ask('POST', `/pages/${page.id}/restrictions`, { action })),
        ),
      ),
    ),
    group('groupGrants', humanAgent.element, personas.element),
    group('groupRouting', h('label', { class: 'choice-line' }, h('span', {}, say('defaultApp')), defaultApp), mayTake.element),
    group(
      'groupSubscription',
      h(
        'p',
        { class: 'actions-row' },
        button(say('unsubscribe'), () => ask('PUT', `/pages/${page.id}/subscription`, { subscribed: false })),
      ),
    ),
    group(
      'groupCallbacks',
      h('label', { class: 'choice-line' }, h('span', {}, say('callbackBase')), base),
      h(
        'p',
        { class: 'actions-row' },
        Object.keys(CALLBACK_PATHS).map((kind) => button(say(`callback_${kind}`), () => callBack(kind))),
      ),
      answer,
    ),
  );
  opener.addEventListener('click', () => dialog.showModal());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => opener.focus());

  return {
    show(newState, pageId) {
      state = newState;
      page = state.pages.find((one) => one.id === pageId);
      lead.textContent = say('pageLead', { page: page.name });
      blocked.hidden = !page.blocked;
      blocked.textContent = say('blockedNow');
      humanAgent.input.checked = page.humanAgent;
      personas.input.checked = page.personas;
      mayTake.input.checked = page.mayTakeControl;
      defaultApp.value = page.defaultApp ?? 'none';
      if (base.value === '' && state.webhookUrl !== null) base.value = new URL(state.webhookUrl).origin;
    },
  };
}
