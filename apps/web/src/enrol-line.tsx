import { useTranslation } from 'react-i18next';
import { useNowMs } from './clock.js';
import { LinkButton } from './ui/link-button.js';
import styles from './enrol-line.module.css';

const DAY_MS = 86_400_000;

/** Until when a second factor has to be set up, in days. */
export function EnrolLine({ by }: { by: string }) {
  const { t } = useTranslation();
  const atMs = useNowMs();
  const days = Math.max(0, Math.ceil((Date.parse(by) - atMs) / DAY_MS));
  return (
    <div className={styles.line}>
      <span>{t('enrol.line', { count: days })}</span>
      <LinkButton to="/profile" variant="subtle" size="compact-sm">
        {t('enrol.lineLink')}
      </LinkButton>
    </div>
  );
}
