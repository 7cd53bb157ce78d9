/** The page as a whole: fetches the state whenever the stream says that something changed, and shows it. */
import { mailCorner } from './mailbox.js';
import { phoneView } from './chat.js';
import { h, keep } from './parts.js';
import { pageDrawer } from './page-drawer.js';
import { postsCorner } from './posts.js';
import { weatherDrawer } from './weather.js';
import { language, say } from './words.js';

const RETRY_MS = 1500;
const CLOCK_MS = 30_000;

document.documentElement.lang = language;
for (const element of document.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word);

const tabs = document.getElementById('pages');
const panel = document.getElementById('phones');
const pill = document.getElementById('connected');
const phones = new Map();
const drawer = weatherDrawer();
const aboutPage = pageDrawer();
const mail = mailCorner();
const posts = postsCorner();
let chosenPage = location.hash.slice(1);
let state = null;
let isAsking = false;
let isStale = false;

tabs.setAttribute('aria-label', say('pages'));
cornerSwitch();

/** Mail or posts: the phones need the room, so one of the two is shown. */
function cornerSwitch() {
  const corner = document.getElementById('corner');
  corner.setAttribute('aria-label', say('corner'));
  const choices = ['mail', 'posts'].map((id) => ({
    id,
    button: h('button', { type: 'button' }, say(id === 'mail' ? 'showMail' : 'showPosts')),
  }));
  const choose = (chosen) => {
    for (const { id, button } of choices) {
      button.setAttribute('aria-pressed', String(id === chosen));
      document.getElementById(id).hidden = id !== chosen;
    }
  };
  for (const { id, button } of choices) button.addEventListener('click', () => choose(id));
  corner.append(...choices.map(({ button }) => button));
  choose('mail');
}

function choose(pageId) {
  chosenPage = pageId;
  history.replaceState(null, '', `#${pageId}`);
  show();
  document.getElementById(`tab-${pageId}`)?.focus();
}

/** Left and right move between tabs, as in every tab list. */
tabs.addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = state.pages.findIndex((page) => page.id === chosenPage);
  choose(state.pages[(at + step + state.pages.length) % state.pages.length].id);
});

function showStatus(page) {
  const isFailing = state.waitingDeliveries > 0;
  pill.textContent = isFailing ? say('failing', { count: state.waitingDeliveries }) : say(page.connected ? 'connected' : 'notConnected');
  pill.dataset.state = isFailing ? 'bad' : page.connected ? 'good' : 'idle';
}

function show() {
  const page = state.pages.find((one) => one.id === chosenPage) ?? state.pages[0];
  chosenPage = page.id;
  keep(
    tabs,
    state.pages.map(({ id, name }) => ({ id, name, on: id === page.id })),
    (tab) => tab.id,
    (tab) =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${tab.id}`,
          'aria-selected': String(tab.on),
          'aria-controls': 'phones',
          tabindex: tab.on ? 0 : -1,
          onclick: () => choose(tab.id),
        },
        tab.name,
      ),
  );
  panel.setAttribute('aria-labelledby', `tab-${page.id}`);
  keep(
    panel,
    page.customers.map(({ id, name }) => ({ id, name })),
    (customer) => customer.id,
    (customer) => {
      const phone = phones.get(customer.id) ?? phoneView(customer);
      phones.set(customer.id, phone);
      return phone.element;
    },
  );
  for (const customer of page.customers) phones.get(customer.id).show(state.now, page, customer);
  showStatus(page);
  mail.show(state, page.id);
  posts.show(state, page.id);
  aboutPage.show(state, page.id);
  drawer.show(state);
}

/** One question at a time; a change that comes meanwhile makes one more. */
async function refresh() {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (isStale) {
      isStale = false;
      const answer = await fetch('/sim/api/state');
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      state = await answer.json();
      show();
    }
  } catch (error) {
    pill.textContent = say('unreachable');
    pill.dataset.state = 'bad';
    console.warn(error);
    setTimeout(refresh, RETRY_MS);
  } finally {
    isAsking = false;
  }
}

const stream = new EventSource('/sim/api/events');
stream.addEventListener('changed', refresh);
stream.addEventListener('error', () => {
  pill.textContent = say('unreachable');
  pill.dataset.state = 'bad';
});
setInterval(refresh, CLOCK_MS);
