import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ConversationFilter } from '../conversations.js';
import { useShortcut } from '../keyboard.js';
import { useWindowTitle } from '../ui/page.js';
import { usePhone } from '../ui/screen-width.js';
import { ConversationList } from './conversation-list.js';
import { focusRow } from './cursor.js';
import styles from './inbox-page.module.css';

/** What the address says the list should show. */
export function useFilter(): ConversationFilter {
  const { view } = useParams({ from: '/app/inbox/$view' });
  const { status, channel, teamId } = useSearch({ from: '/app/inbox/$view' });
  return { view, status, channel, teamId };
}

/** The id of the conversation that is open beside the list. */
export function useOpenId(): string | undefined {
  return useParams({ strict: false }).conversationId;
}

/** List and thread side by side; on a phone one of the two. */
export function InboxPage() {
  const { t } = useTranslation();
  const filter = useFilter();
  const openId = useOpenId();
  const isListAlone = usePhone() && openId === undefined;
  const navigate = useNavigate();
  useWindowTitle(openId === undefined ? t(`rail.${filter.view}`) : null);
  useShortcut(
    'back',
    () => {
      void navigate({ to: '/inbox/$view', params: { view: filter.view }, search: true }).then(() => {
        if (openId !== undefined) focusRow(openId);
      });
    },
    openId !== undefined,
  );
  return (
    <div className={styles.inbox} data-open={openId !== undefined}>
      <div className={styles.list} {...(isListAlone ? { role: 'main', id: 'content', tabIndex: -1 } : {})}>
        <ConversationList filter={filter} openId={openId} />
      </div>
      {!isListAlone && (
        <div className={styles.thread}>
          <Outlet />
        </div>
      )}
    </div>
  );
}
