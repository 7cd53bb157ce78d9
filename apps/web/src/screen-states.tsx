import { IconMapQuestion } from '@tabler/icons-react';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { LinkButton } from './ui/link-button.js';
import { EmptyState, FailedState, Skeleton } from './ui/states.js';
import styles from './screen-states.module.css';

/** A screen on its way. */
export function ScreenLoading() {
  return (
    <div className={styles.screen}>
      <Skeleton lines={5} />
    </div>
  );
}

/** A screen that broke: said, with a way on. */
export function ScreenFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main className={styles.screen}>
      <FailedState isScreen error={error} onRetry={retry} />
    </main>
  );
}

/** An address that leads nowhere. */
export function NothingHere() {
  const { t } = useTranslation();
  return (
    <main className={styles.screen}>
      <EmptyState isScreen icon={<IconMapQuestion />} title={t('state.missingTitle')} help={t('state.missingHelp')}>
        <LinkButton to="/" variant="default">
          {t('state.toInbox')}
        </LinkButton>
      </EmptyState>
    </main>
  );
}
