import { IconCloudOff, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { feedStatus } from './feed.js';
import { useWaitingCount } from './outbox.js';
import { useStore } from './store.js';
import styles from './feed-line.module.css';

/** A blink of the connection is no news; only what lasts is said. */
const SAY_AFTER_MS = 1_200;

/** One thin line while the server is out of reach or being caught up with. Nothing below it is blanked. */
export function FeedLine() {
  const { t } = useTranslation();
  const { phase, behind } = useStore(feedStatus, (status) => status);
  const waiting = useWaitingCount();
  const isTrouble = phase === 'offline' || phase === 'catching_up';
  const [isSaid, setSaid] = useState(false);
  // Trouble that ended is forgotten at once; the next one has to last anew.
  if (!isTrouble && isSaid) setSaid(false);
  useEffect(() => {
    if (!isTrouble) return undefined;
    const timer = setTimeout(() => {
      setSaid(true);
    }, SAY_AFTER_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [isTrouble]);
  const isShown = isTrouble && isSaid;
  return (
    <div role="status" className={styles.place}>
      {isShown && (
        <div className={styles.line} data-phase={phase}>
          {phase === 'offline' ? <IconCloudOff size={14} aria-hidden /> : <IconRefresh size={14} aria-hidden />}
          <strong>
            {phase === 'catching_up'
              ? t('feed.catchingUp', { count: behind })
              : waiting > 0
                ? t('feed.offlineWaiting', { count: waiting })
                : t('feed.offline')}
          </strong>
          {phase === 'offline' && <span>{t('feed.offlineHelp')}</span>}
        </div>
      )}
    </div>
  );
}
