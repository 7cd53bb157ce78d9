import type { ReactNode } from 'react';
import type { LinkProps } from '@tanstack/react-router';

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
