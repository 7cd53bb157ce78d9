import { Button } from '@mantine/core';
import { Notifications, notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import { shortcutProps } from '../keyboard.js';
import { Keys } from './keys.js';
import styles from './notices.module.css';

/** Where short notices appear. Fetched with the first notice. */
export function Notices() {
  return <Notifications position="bottom-left" limit={3} />;
}

/** What was done, and the way back. */
export function Undoable({ message, onUndo }: { message: string; onUndo: () => void }) {
  const { t } = useTranslation();
  return (
    <span className={styles.undoable}>
      {message}
      <Button
        variant="default"
        size="compact-sm"
        rightSection={<Keys name="undo" />}
        onClick={onUndo}
        {...shortcutProps('undo', t('action.undo'))}
      >
        {t('action.undo')}
      </Button>
    </span>
  );
}

export { notifications };
