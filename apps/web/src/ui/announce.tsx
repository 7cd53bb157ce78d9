import { VisuallyHidden } from '@mantine/core';
import { createStore, useStore } from '../store.js';

const said = createStore('');

/** Say something to whoever listens instead of looks. Politely: after what is being read. */
export function announce(words: string): void {
  said.set(words);
}

/** The one live region of the window. */
export function Announcer() {
  const words = useStore(said, (all) => all);
  return (
    <VisuallyHidden aria-live="polite" role="log" aria-atomic="true">
      {words}
    </VisuallyHidden>
  );
}
