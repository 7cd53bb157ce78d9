import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import styles from './retention-card.module.css';

/** When this conversation ends, by which rule, and how far along it is. */
export function RetentionCard({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { date, shortDate } = useFormats();
  const atMs = useNowMs();
  const { retention } = conversation;
  const startMs = Date.parse(retention.anchorAt);
  const endMs = Date.parse(retention.endsAt);
  const passed = endMs <= startMs ? 1 : Math.min(1, Math.max(0, (atMs - startMs) / (endMs - startMs)));
  const percent = Math.round(passed * 100);
  return (
    <div className={styles.card}>
      <p className={styles.until}>{passed >= 1 ? t('retention.overdue') : t('retention.until', { date: date(retention.endsAt) })}</p>
      <div
        className={styles.track}
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={t('retention.progress', { percent })}
      >
        <span style={{ inlineSize: `max(4px, ${passed * 100}%)` }} />
      </div>
      <p className={styles.ends} aria-hidden="true">
        <time dateTime={retention.anchorAt}>{shortDate(retention.anchorAt)}</time>
        <time dateTime={retention.endsAt}>{shortDate(retention.endsAt)}</time>
      </p>
      <p>
        <strong>{retention.ruleName}</strong>
        {': '}
        {t('retention.sentence', {
          period: t('retention.months', { count: retention.keepMonths }),
          anchor: t(`retention.anchor_${retention.anchor}`),
          end: t(`retention.end_${retention.end}`),
        })}
      </p>
      <p className={styles.policies}>
        <Link to="/what-we-keep">{t('retention.policy', { version: retention.policyVersion })}</Link>
        <Link to="/what-we-keep" hash="recording">
          {t('retention.recording', { version: conversation.recordingVersion })}
        </Link>
      </p>
    </div>
  );
}
