import { useTranslation } from 'react-i18next';
import styles from './enrol-line.module.css';
import { secondsLeft } from './lock.js';
import { useStore } from './store.js';

/** Says quietly that the desk is about to lock itself. Any key or movement keeps it open. */
export function LockWarning() {
  const { t } = useTranslation();
  const seconds = useStore(secondsLeft, (left) => left);
  return (
    <div className={styles.line}>
      <span>{t('lock.soon')}</span>
      <span aria-hidden data-number>
        {seconds}
      </span>
    </div>
  );
}
