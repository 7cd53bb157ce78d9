/**
 * Every shortcut, once: this table drives the handlers, the titles on buttons and the sheet behind `?`.
 *
 * A single key does something only while nobody is typing and no dialog is open, and an agent may switch single keys off altogether
 * (WCAG 2.1.4). Two keys in a row ("g m") must follow each other within a second.
 */
import { useLayoutEffect, useRef } from 'react';
import { createStore, useStore } from './store.js';

/** The table. `keys` as they are typed, separated by a space when they follow each other; `mod` is Ctrl, or ⌘ on a Mac. */
export const shortcuts = {
  next: { keys: 'j', group: 'move' },
  previous: { keys: 'k', group: 'move' },
  open: { keys: 'Enter', group: 'move' },
  back: { keys: 'u', group: 'move' },
  goMine: { keys: 'g m', group: 'move' },
  goUnassigned: { keys: 'g u', group: 'move' },
  goAll: { keys: 'g a', group: 'move' },
  goQuarantine: { keys: 'g q', group: 'move' },
  reply: { keys: 'r', group: 'act' },
  note: { keys: 'n', group: 'act' },
  quote: { keys: 'q', group: 'act' },
  forward: { keys: 'f', group: 'act' },
  send: { keys: 'mod+Enter', group: 'act' },
  close: { keys: 'e', group: 'act' },
  assignToMe: { keys: 'i', group: 'act' },
  merge: { keys: 'Shift+M', group: 'act' },
  undo: { keys: 'z', group: 'act' },
  details: { keys: 'd', group: 'act' },
  help: { keys: '?', group: 'help' },
  lock: { keys: 'Control+l', group: 'help' },
  leave: { keys: 'Escape', group: 'help' },
} as const satisfies Record<string, { keys: string; group: 'move' | 'act' | 'help' }>;

export type ShortcutName = keyof typeof shortcuts;

const SEQUENCE_TIMEOUT_MS = 1_000;
const SINGLE_KEYS_SETTING = 'omnidesk.single-keys';
/** Handled where they are pressed (a row, the composer, a dialog, the whole desk), and listed here only to be told and found. */
const LOCAL: ReadonlySet<ShortcutName> = new Set<ShortcutName>(['open', 'send', 'leave', 'lock']);

function readSetting(): boolean {
  try {
    return localStorage.getItem(SINGLE_KEYS_SETTING) !== 'off';
  } catch {
    // A browser that keeps nothing for us: shortcuts are simply on.
    return true;
  }
}

/** Whether single keys do something in this browser. */
export const singleKeys = createStore(readSetting());

/** Switch single-key shortcuts on or off, for this browser. */
export function switchSingleKeys(on: boolean): void {
  singleKeys.set(on);
  try {
    localStorage.setItem(SINGLE_KEYS_SETTING, on ? 'on' : 'off');
  } catch {
    // It holds until the window closes; that is all this browser allows.
  }
}

type Handler = () => void;
const handlers = new Map<ShortcutName, Handler[]>();
let prefix: { key: string; atMs: number } | undefined;

function isBusyElsewhere(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable="true"], [role="menu"], [role="listbox"]')) return true;
  return document.querySelector('[aria-modal="true"]') !== null;
}

function typedKeys(event: KeyboardEvent): string[] {
  const isSequence = prefix !== undefined && event.timeStamp - prefix.atMs < SEQUENCE_TIMEOUT_MS;
  return isSequence && prefix ? [`${prefix.key} ${event.key}`, event.key] : [event.key];
}

/** `isSent`: it was finished and sent off, too. */
export interface TypedAhead {
  kind: 'reply' | 'note';
  text: string;
  isSent: boolean;
}

/**
 * What is typed after `r` or `n` while the field to write in is still on its way. Fast fingers must not close a conversation.
 * It belongs to the address it was typed at: words for one contact must never turn up in the answer to another.
 */
let ahead: (TypedAhead & { address: string; untilMs: number }) | undefined;
/** So long after the last key one is still taken to be typing. */
const TYPE_AHEAD_MS_MAX = 2_000;
let isFieldComing: () => boolean = () => false;

function typesAhead(): boolean {
  return ahead !== undefined && ahead.address === window.location.pathname && performance.now() < ahead.untilMs;
}

/** The text that was typed ahead for the field that has just come, once; and which field was asked for. */
export function takeTypedAhead(): TypedAhead | undefined {
  const taken = ahead?.address === window.location.pathname ? { kind: ahead.kind, text: ahead.text, isSent: ahead.isSent } : undefined;
  ahead = undefined;
  return taken;
}

function startAhead(kind: 'reply' | 'note'): void {
  ahead = { kind, text: '', isSent: false, address: window.location.pathname, untilMs: performance.now() + TYPE_AHEAD_MS_MAX };
}

function typeAhead(event: KeyboardEvent): boolean {
  if (!ahead || !typesAhead()) return false;
  if (ahead.isSent) return true;
  if (event.key === 'Escape') ahead = undefined;
  else if (event.key === 'Backspace') ahead.text = ahead.text.slice(0, -1);
  else if (event.key === 'Enter') ahead.text += '\n';
  else if (event.key.length === 1) ahead.text += event.key;
  else return false;
  if (ahead) ahead.untilMs = performance.now() + TYPE_AHEAD_MS_MAX;
  event.preventDefault();
  return true;
}

function sendAhead(event: KeyboardEvent): void {
  if (!ahead || !typesAhead() || event.key !== 'Enter' || isBusyElsewhere(event)) return;
  ahead.isSent = true;
  ahead.untilMs = performance.now() + TYPE_AHEAD_MS_MAX;
  event.preventDefault();
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey) sendAhead(event);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!singleKeys.get() || isBusyElsewhere(event)) return;
  if (typeAhead(event)) return;
  const candidates = typedKeys(event);
  prefix = { key: event.key, atMs: event.timeStamp };
  for (const typed of candidates) {
    const name = names.find((each) => shortcuts[each].keys.replace('Shift+', '') === typed && !LOCAL.has(each));
    const isComing = (name === 'reply' || name === 'note') && isFieldComing();
    const handler = isComing ? () => startAhead(name) : name && handlers.get(name)?.at(-1);
    if (!handler) continue;
    event.preventDefault();
    prefix = undefined;
    handler();
    return;
  }
}

const names = Object.keys(shortcuts) as ShortcutName[];

/** Listen to the keyboard until the returned function is called. Once per window. `isComing`: a field to write in is on its way. */
export function startKeyboard(isComing: () => boolean): () => void {
  isFieldComing = isComing;
  document.addEventListener('keydown', onKeyDown);
  return () => {
    document.removeEventListener('keydown', onKeyDown);
  };
}

/** Do `handler` when the shortcut is typed, for as long as the component is on the screen. The last one to come is asked first. */
export function useShortcut(name: ShortcutName, handler: Handler, isEnabled = true): void {
  const latest = useRef(handler);
  // Before the browser paints: whoever sees a button can press its key.
  useLayoutEffect(() => {
    latest.current = handler;
  });
  useLayoutEffect(() => {
    if (!isEnabled) return undefined;
    const stable = () => {
      latest.current();
    };
    handlers.set(name, [...(handlers.get(name) ?? []), stable]);
    return () => {
      handlers.set(
        name,
        (handlers.get(name) ?? []).filter((each) => each !== stable),
      );
    };
  }, [name, isEnabled]);
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keys of a shortcut as a person reads them: `['Ctrl', 'Enter']`, `['g', 'm']`. */
export function keysOf(name: ShortcutName): string[] {
  return shortcuts[name].keys
    .split(/[ +]/)
    .map((key) => (key === 'mod' ? (isMac ? '⌘' : 'Ctrl') : key === 'Escape' ? 'Esc' : key === 'Control' ? 'Ctrl' : key));
}

/** Props that tell a button's shortcut: to the eye as a title, to a screen reader as `aria-keyshortcuts`. */
export function shortcutProps(name: ShortcutName, label: string): { title: string; 'aria-keyshortcuts'?: string } {
  const { keys } = shortcuts[name];
  const title = `${label} (${keysOf(name).join(' ')})`;
  // The attribute knows no sequences: two keys in a row would be read as two alternatives.
  return keys.includes(' ') ? { title } : { title, 'aria-keyshortcuts': keys.replace('mod', isMac ? 'Meta' : 'Control') };
}

/** Whether single keys are on; the component is drawn again when that changes. */
export function useSingleKeys(): boolean {
  return useStore(singleKeys, (on) => on);
}
