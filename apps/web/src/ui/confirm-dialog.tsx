import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './confirm-dialog.module.css';
import { LazyModal } from './lazy-modal.js';

interface ConfirmDialogProps {
  isOpen: boolean;
  title: string;
  /** What follows from it, for somebody who is about to press the button. */
  help: ReactNode;
  label: string;
  isDangerous?: boolean;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. The way back has the focus. */
export function ConfirmDialog({ isOpen, title, help, label, isDangerous, isBusy, onConfirm, onClose }: ConfirmDialogProps) {
  const { t } = useTranslation();
  return (
    <LazyModal opened={isOpen} onClose={onClose} title={title}>
      <div>{help}</div>
      <div className={styles.actions}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('action.cancel')}
        </Button>
        <Button color={isDangerous ? 'red' : undefined} loading={isBusy} onClick={onConfirm}>
          {label}
        </Button>
      </div>
    </LazyModal>
  );
}
