import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '#contract';
import styles from './connection-trouble.module.css';
import { FACEBOOK_LOGIN_URL } from './settings.js';
import { LinkButton } from './ui/link-button.js';

/** So many lines at the top of every screen; the rest is on the page of the connections. */
const SHOWN_MAX = 2;

/** A line on every screen for each connection that needs somebody. */
export function ConnectionTrouble({ broken }: { broken: readonly Connection[] }) {
  const { t } = useTranslation();
  return (
    <ul aria-label={t('trouble.label')}>
      {broken.slice(0, SHOWN_MAX).map((connection) => (
        <TroubleLine key={connection.id} connection={connection} />
      ))}
    </ul>
  );
}

function TroubleLine({ connection: { id, name, state, restriction, channel } }: { connection: Connection }) {
  const { t } = useTranslation();
  const isCutOff = state === 'needs_reconnecting';
  const words = isCutOff
    ? t(channel === 'email' ? 'trouble.mailbox' : 'trouble.needs_reconnecting', { name })
    : t(restriction === 'warning' ? 'trouble.warned' : 'trouble.restricted', { name });
  return (
    <li className={styles.line}>
      <IconAlertTriangle size={14} aria-hidden />
      <span>{words}</span>
      {isCutOff && channel === 'messenger' && (
        <Button component="a" href={FACEBOOK_LOGIN_URL} variant="default" size="compact-xs">
          {t('trouble.reconnect')}
        </Button>
      )}
      <LinkButton to="/connections/$connectionId" params={{ connectionId: id }} variant="default" size="compact-xs">
        {t('trouble.look')}
      </LinkButton>
    </li>
  );
}
