import type { MantineColorSchemeManager } from '@mantine/core';

/** Light or dark is the system's choice; nothing is remembered in the browser about it. */
export const systemScheme: MantineColorSchemeManager = {
  get: () => 'auto',
  set: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};
