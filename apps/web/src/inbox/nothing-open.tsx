import { IconMessages } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../ui/states.js';
import styles from './nothing-open.module.css';

/** The thread's place while no conversation is open. */
export function NothingOpen() {
  const { t } = useTranslation();
  return (
    <main className={styles.place} id="content" tabIndex={-1}>
      <EmptyState icon={<IconMessages />} title={t('thread.none')} help={t('thread.noneHelp')} />
    </main>
  );
}
