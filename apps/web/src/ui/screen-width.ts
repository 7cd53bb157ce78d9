import { useSyncExternalStore } from 'react';

function watch(query: string) {
  const media = window.matchMedia(query);
  const subscribe = (listener: () => void) => {
    media.addEventListener('change', listener);
    return () => {
      media.removeEventListener('change', listener);
    };
  };
  return { subscribe, matches: () => media.matches };
}

const wide = watch('(min-width: 1440px)');
const phone = watch('(max-width: 767px)');

/** Whether there is room for the details beside the thread. */
export function useWideDesk(): boolean {
  return useSyncExternalStore(wide.subscribe, wide.matches);
}

/** Whether there is room for one column only. */
export function usePhone(): boolean {
  return useSyncExternalStore(phone.subscribe, phone.matches);
}
