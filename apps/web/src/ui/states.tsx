import { Button } from '@mantine/core';
import { IconBan, IconCloudOff, IconMoodEmpty } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.js';
import styles from './states.module.css';

interface StateProps {
  title: string;
  help?: ReactNode;
  icon?: ReactNode;
  children?: ReactNode;
  role?: 'status' | 'alert';
  /** The whole screen is this state: then its title is the screen's heading. */
  isScreen?: boolean;
}

/** What stands where content will be: a title, what to do next, and the button that does it. */
export function EmptyState({ title, help, icon, children, role, isScreen = false }: StateProps) {
  const Title = isScreen ? 'h1' : 'p';
  return (
    <div className={styles.state} role={role}>
      {icon && (
        <span className={styles.icon} aria-hidden="true">
          {icon}
        </span>
      )}
      <Title className={styles.title}>{title}</Title>
      {help && <p className={styles.help}>{help}</p>}
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}

/** Why it is not here, and what to do: no connection, not allowed, gone, or broken. */
export function FailedState({ error, onRetry, isScreen }: { error: unknown; onRetry: () => void; isScreen?: boolean }) {
  const { t } = useTranslation();
  const status = error instanceof ApiError ? error.status : undefined;
  if (status === 403)
    return (
      <EmptyState isScreen={isScreen} role="alert" icon={<IconBan />} title={t('state.forbiddenTitle')} help={t('state.forbiddenHelp')} />
    );
  if (status === 404)
    return (
      <EmptyState isScreen={isScreen} role="alert" icon={<IconMoodEmpty />} title={t('state.missingTitle')} help={t('state.missingHelp')} />
    );
  return (
    <EmptyState
      isScreen={isScreen}
      role="alert"
      icon={<IconCloudOff />}
      title={t('state.failedTitle')}
      help={status === 0 ? t('state.offlineHelp') : t('state.failedHelp')}
    >
      <Button variant="default" onClick={onRetry}>
        {t('action.retry')}
      </Button>
    </EmptyState>
  );
}

/** Grey lines in the shape of what is coming. Says "loading" once to whoever cannot see them. */
export function Skeleton({ lines = 4, shape = 'line' }: { lines?: number; shape?: 'line' | 'row' | 'card' | 'bubble' }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('state.loading')} className={styles.skeleton} data-shape={shape}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} className={styles.bone} aria-hidden="true" />
      ))}
    </div>
  );
}
