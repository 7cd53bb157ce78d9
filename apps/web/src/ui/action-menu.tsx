import { UnstyledButton } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { LinkProps } from '@tanstack/react-router';

const load = () => import('./action-menu-opened.js');
const Opened = lazy(load);

/** One thing a menu offers. `isChosen` marks the one in force; `to` makes it a link. */
export interface MenuChoice {
  key: string;
  label: string;
  icon?: ReactNode;
  hint?: { title: string; 'aria-keyshortcuts'?: string };
  isChosen?: boolean;
  to?: LinkProps['to'];
  onChoose?: () => void;
}

/** Choices that belong together, with a name when there is more than one such group. */
export interface MenuGroup {
  key: string;
  label?: string;
  choices: readonly MenuChoice[];
}

export interface ActionMenuProps {
  /** What the button is called; it must also say what is chosen now, where something is. */
  label: string;
  className?: string;
  status?: string;
  children: ReactNode;
  groups: readonly MenuGroup[];
  widthPx?: number;
  position?: 'bottom-start' | 'bottom-end' | 'top-start';
}

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
