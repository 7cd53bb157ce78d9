import type { DrawerProps } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useOpened } from './use-opened.js';

const Drawer = lazy(async () => {
  const { default: Inner } = await import('./drawer.js');
  return {
    default: function OpenedDrawer(props: DrawerProps) {
      return <Inner {...props} opened={useOpened(props.opened)} />;
    },
  };
});

/** A drawer whose code is fetched when it is first opened. */
export function LazyDrawer(props: DrawerProps) {
  const [wasOpened, setOpened] = useState(props.opened);
  if (props.opened && !wasOpened) setOpened(true);
  if (!wasOpened && !props.opened) return null;
  return (
    <Suspense fallback={null}>
      <Drawer {...props} />
    </Suspense>
  );
}
