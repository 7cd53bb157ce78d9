import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { createStore, useStore } from '../store.js';

/*
 * Where in the console one is. It is the browser's address and nothing else: the console has a handful of screens, and the desk's router
 * would bring the desk along.
 */

const place = createStore(window.location.pathname);

window.addEventListener('popstate', () => {
  place.set(window.location.pathname);
});

/** The path of the screen to show. */
export function usePlace(): string {
  return useStore(place, (path) => path);
}

export function goTo(path: string): void {
  window.history.pushState(null, '', path);
  place.set(path);
}

/** A real link: with a key held down, or the middle button, the browser does what it always does. */
export function PlaceLink({ to, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const go = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return <a href={to} onClick={go} {...rest} />;
}
