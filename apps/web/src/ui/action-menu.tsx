import { UnstyledButton } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import type { ActionMenuProps } from './action-menu-choices.js';

const load = () => import('./action-menu-opened.js');
const Opened = lazy(load);

/**
 * A button that opens a menu.
 *
 * The menu's code is fetched when the pointer or the focus comes near the first one, so that reading need not wait for it.
 */
export function ActionMenu(props: ActionMenuProps) {
  const [isWanted, setWanted] = useState(false);
  const button = (
    <UnstyledButton
      className={props.className}
      data-status={props.status}
      aria-label={props.label}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setWanted(true)}
    >
      {props.children}
    </UnstyledButton>
  );
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <Opened {...props} />
    </Suspense>
  );
}
