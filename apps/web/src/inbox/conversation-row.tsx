import { VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp, IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationRow } from '#contract';
import type { ConversationFilter } from '../conversations.js';
import { useFormats } from '../formats.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { Face } from '../ui/face.js';
import styles from './conversation-row.module.css';
import { cursor } from './cursor.js';

const TAGS_SHOWN = 3;

interface ConversationRowLinkProps {
  row: ConversationRow;
  filter: ConversationFilter;
  isStop: boolean;
  atMs: number;
  /** The pointer or the keyboard came near: what is behind the row may be wanted next. */
  onNear: (conversationId: string) => void;
}

/** One conversation in the list: who, what was said last, how long ago, and whether anybody has it. */
export const ConversationRowLink = memo(function ConversationRowLink({ row, filter, isStop, atMs, onNear }: ConversationRowLinkProps) {
  const { t } = useTranslation();
  const { age, moment } = useFormats();
  const showsAssignee = row.assignee !== null && filter.view !== 'mine';
  const showsStatus = row.status !== 'open' && filter.status === undefined;
  const hasFoot = row.tags.length > 0 || showsStatus;
  return (
    <Link
      to="/inbox/$view/$conversationId"
      params={{ view: filter.view, conversationId: row.id }}
      search={{ status: filter.status, channel: filter.channel, teamId: filter.teamId }}
      className={styles.row}
      data-row={row.id}
      data-unread={row.unread}
      tabIndex={isStop ? 0 : -1}
      onPointerEnter={() => onNear(row.id)}
      onFocus={() => {
        cursor.set(row.id);
        onNear(row.id);
      }}
    >
      <span className={styles.mark}>
        <ChannelMark channel={row.channel} kind={row.kind} sizePx={17} />
      </span>
      <span className={styles.name}>
        {row.contact.name}
        {row.unread && <VisuallyHidden> ({t('list.unread')})</VisuallyHidden>}
      </span>
      <time className={styles.age} dateTime={row.lastMessageAt} title={moment(row.lastMessageAt)}>
        {age(row.lastMessageAt, atMs)}
      </time>
      {row.channel === 'email' && row.subject !== '' && <span className={styles.subject}>{row.subject}</span>}
      <Preview row={row} />
      {showsAssignee && row.assignee && (
        <span className={styles.assignee} title={t('thread.assignee', { name: row.assignee.name })}>
          <Face name={row.assignee.name} sizePx={18} />
          <VisuallyHidden>{t('thread.assignee', { name: row.assignee.name })}</VisuallyHidden>
        </span>
      )}
      {hasFoot && (
        <span className={styles.foot}>
          {showsStatus && <span className={styles.status}>{t(`status.${row.status}`)}</span>}
          {row.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <span key={tag} className={styles.tag}>
              {tag}
            </span>
          ))}
          {row.tags.length > TAGS_SHOWN && <span className={styles.tag}>+{row.tags.length - TAGS_SHOWN}</span>}
        </span>
      )}
    </Link>
  );
});

function Preview({ row }: { row: ConversationRow }) {
  const { t } = useTranslation();
  const { text, direction } = row.preview;
  return (
    <span className={styles.preview}>
      {direction === 'out' && (
        <span className={styles.you}>
          <IconArrowBackUp size={14} aria-hidden />
          <VisuallyHidden>{t('list.answered')} </VisuallyHidden>
        </span>
      )}
      {direction === 'note' && (
        <span className={styles.you}>
          <IconLock size={13} aria-hidden />
          <VisuallyHidden>{t('list.noted')} </VisuallyHidden>
        </span>
      )}
      {row.mergedInto !== null ? (
        <em>{t('list.merged', { number: row.mergedInto.number })}</em>
      ) : text === '' ? (
        <em>{t('list.noPreview')}</em>
      ) : (
        text
      )}
    </span>
  );
}
