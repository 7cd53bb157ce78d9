import { Button } from '@mantine/core';
import { IconClockPause, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ReplyWindow } from '#contract';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { may, useSession } from '../session.js';
import { LinkButton } from '../ui/link-button.js';
import { EmptyState } from '../ui/states.js';
import styles from './composer.module.css';
import { pageInboxUrl, useConnection } from './page-inbox.js';
import { couldAnswerUntilMs } from './reply-window-state.js';

interface ClosedWindowProps {
  conversation: Conversation;
  window: Extract<ReplyWindow, { state: 'closed' }>;
  onNote: () => void;
}

/** Why one cannot answer now, and what one still can do. */
export function ClosedWindow({ conversation, window, onNote }: ClosedWindowProps) {
  const { t } = useTranslation();
  const session = useSession();
  const connection = useConnection(conversation.connection.id);
  const help = useWhy(conversation, window, connection?.settings.humanAgent === true);
  const isMissing = window.reason === 'human_agent_missing';
  const inboxUrl = isMissing ? pageInboxUrl(connection) : undefined;
  return (
    <div className={styles.closed}>
      <EmptyState
        icon={window.reason === 'removed' ? <IconTrash /> : <IconClockPause />}
        title={window.reason === 'removed' ? t('composer.closed_removedTitle') : t('composer.closedTitle')}
        help={help}
      >
        {isMissing && may(session, 'connection:manage') && (
          <LinkButton to="/connections/$connectionId" params={{ connectionId: conversation.connection.id }} variant="default">
            {t('composer.toPermission')}
          </LinkButton>
        )}
        {inboxUrl !== undefined && (
          <Button component="a" href={inboxUrl} target="_blank" rel="noopener noreferrer" variant="default">
            {t('composer.openPageInbox')}
          </Button>
        )}
        <Button variant="default" onClick={onNote}>
          {t('composer.writeNote')}
        </Button>
      </EmptyState>
    </div>
  );
}

function useWhy({ contact }: Conversation, window: ClosedWindowProps['window'], mayAnswerLate: boolean): string {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const atMs = useNowMs();
  const { name } = contact;
  switch (window.reason) {
    case 'never_wrote':
      return t('composer.closed_never_wrote', { name });
    case 'removed':
      return t('composer.closed_removed');
    case 'over':
      return mayAnswerLate ? t('composer.closed_overLong', { name }) : t('composer.closed_over', { name });
    case 'human_agent_missing': {
      const untilMs = couldAnswerUntilMs(window, atMs);
      if (untilMs === null) return t('composer.closed_human_agent_missingPlain', { name });
      return t('composer.closed_human_agent_missing', { name, date: moment(new Date(untilMs).toISOString()) });
    }
  }
}
