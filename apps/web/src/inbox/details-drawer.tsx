import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LazyDrawer } from '../ui/lazy-drawer.js';
import styles from './details.module.css';

interface DetailsDrawerProps {
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** The details where there is no column for them. Focus goes in and comes back to the button. */
export function DetailsDrawer({ isOpen, onClose, children }: DetailsDrawerProps) {
  const { t } = useTranslation();
  return (
    <LazyDrawer
      opened={isOpen}
      onClose={onClose}
      position="right"
      size={340}
      title={t('details.label')}
      closeButtonProps={{ 'aria-label': t('thread.hideDetails') }}
      padding={0}
      classNames={{ header: styles.drawerHeader }}
    >
      {children}
    </LazyDrawer>
  );
}
