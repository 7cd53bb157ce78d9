import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { unreadableQuery } from '../quarantine.js';
import { EmptyState } from '../ui/states.js';
import styles from './quarantine-list.module.css';

/** The two kinds of what was set aside: mail whose sender is not proven, and what could not be read. */
export function QuarantineTabs() {
  const { t } = useTranslation();
  const { data } = useInfiniteQuery(unreadableQuery);
  const count = data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0;
  const hasMore = data?.pages.at(-1)?.nextCursor != null;
  return (
    <nav className={styles.tabs} aria-label={t('quarantine.tabs')}>
      <Link to="/inbox/$view" params={{ view: 'quarantine' }} activeOptions={{ includeSearch: false }}>
        {t('quarantine.tabConversations')}
      </Link>
      <Link to="/quarantine">
        {t('quarantine.tabUnreadable')}
        {count > 0 && (
          <span className={styles.count} data-number>
            {hasMore ? `${count}+` : count}
          </span>
        )}
      </Link>
    </nav>
  );
}

/** No mail whose sender is not proven. */
export function NothingInQuarantine() {
  const { t } = useTranslation();
  return <EmptyState icon={<IconShieldCheck />} title={t('quarantine.emptyTitle')} help={t('quarantine.emptyHelp')} />;
}
