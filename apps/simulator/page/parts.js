import { locale, say } from './words.js';

/** One element: attributes, listeners (`onclick` and the like) and children. Text is always text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';
const ICONS = {
  picture: ['M21.4 11.1 12.5 20a6 6 0 0 1-8.5-8.5l8.9-8.9a4 4 0 0 1 5.7 5.7l-8.9 8.8a2 2 0 0 1-2.8-2.8l8.2-8.2'],
  samplePhoto: ['M4 5h16v14H4z', 'm4 16 5-5 5 5 2.5-2.5L20 17', 'M15.5 8.5h.01'],
  thumb: ['M7 11v9H4v-9z', 'M7 12l4-8a2.2 2.2 0 0 1 2 2.2V10h5.2a2 2 0 0 1 2 2.4l-1.2 6a2 2 0 0 1-2 1.6H7'],
  more: ['M12 5v14', 'M5 12h14'],
  weather: ['M12 3v1.5', 'M4 13a8 8 0 0 1 16 0z', 'M12 13v5.5a2 2 0 0 1-4 0'],
};

/** A small line drawing; it says nothing, its button has the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [attribute, value] of Object.entries({ viewBox: '0 0 24 24', width: 20, height: 20, class: 'icon', 'aria-hidden': 'true' }))
    svg.setAttribute(attribute, value);
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', line);
    svg.append(path);
  }
  return svg;
}

/** What each element was made from. */
const shownItems = new WeakMap();

/**
 * Makes `parent` hold one element per item, in order. An element is made again only when its item changed, so that what
 * a person has focused or is reading stays where it is.
 */
export function keep(parent, items, keyOf, make) {
  const known = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  items.forEach((item, index) => {
    const key = String(keyOf(item));
    const print = JSON.stringify(item);
    let element = known.get(key);
    if (!element || shownItems.get(element) !== print) {
      const fresh = make(item);
      fresh.dataset.key = key;
      shownItems.set(fresh, print);
      element?.replaceWith(fresh);
      element = fresh;
    }
    known.delete(key);
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
  for (const gone of known.values()) gone.remove();
}

const timeFormat = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(locale, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** The time of day, with the day where it is another one. */
export function when(at, now) {
  const [then, today] = [new Date(at), new Date(now)];
  return (then.toDateString() === today.toDateString() ? timeFormat : dayFormat).format(then);
}

export const fullTime = (at) => dayFormat.format(new Date(at));

let hideToast = 0;

/** Shows a sentence for a while. Kept longer than it takes to read it. */
export function complain(text) {
  const toast = document.getElementById('toast');
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(hideToast);
  hideToast = setTimeout(() => (toast.hidden = true), 8000);
}

/** One request to the simulator. What went wrong is shown; the answer is then null. */
export async function ask(method, path, body) {
  try {
    const answer = await fetch(`/sim/api${path}`, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.ok) return said;
    complain(said.error?.message ?? answer.statusText);
  } catch {
    complain(say('unreachable'));
  }
  return null;
}

/** A chosen file as the simulator takes it. */
export async function fileFor(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let from = 0; from < bytes.length; from += 0x8000) binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  return { name: file.name, mediaType: file.type || 'application/octet-stream', base64: btoa(binary) };
}

export const shortened = (text, length = 40) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** A switch with its words beside it. */
export function toggle(label, isOn, onChange) {
  const input = h('input', { type: 'checkbox', role: 'switch', checked: isOn, onchange: () => onChange(input.checked) });
  return h('label', { class: 'switch' }, input, h('span', {}, label));
}
