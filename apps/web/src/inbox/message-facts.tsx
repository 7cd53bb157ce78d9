import { IconEyeOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#contract';
import { useFormats } from '../formats.js';
import { DeliveryMark } from './delivery-state.js';
import styles from './message-line.module.css';
import { nameOf, useOpenConversation } from './open-conversation.js';

interface MetaProps {
  message: Message;
  isShown: boolean;
  showsEarlier: boolean;
  onEarlier: () => void;
}

/** The small line below what was said: by whom, when, and what became of it. */
export function Meta({ message, isShown, showsEarlier, onEarlier }: MetaProps) {
  const { t } = useTranslation();
  const { time, moment } = useFormats();
  const name = nameOf(message, useOpenConversation());
  if (!isShown) return null;
  const { comment } = message;
  return (
    <p className={styles.meta}>
      {(message.direction === 'out' || comment) && <span>{name}</span>}
      <time dateTime={message.sentAt} title={moment(message.sentAt)}>
        {time(message.sentAt)}
      </time>
      {message.author.kind === 'outside' && <span>{t('message.outside')}</span>}
      {message.edited && <Edited message={message} showsEarlier={showsEarlier} onEarlier={onEarlier} />}
      {message.withheld && (
        <span title={t('message.withheld')} className={styles.withheld}>
          <IconEyeOff size={12} aria-hidden /> {t('message.withheldShort')}
        </span>
      )}
      {message.humanAgent && <span title={t('message.humanAgentTitle')}>{t('message.humanAgent')}</span>}
      {comment?.hidden && <span className={styles.withheld}>{t('message.commentHidden')}</span>}
      {comment?.liked && <span>{t('message.commentLiked')}</span>}
      {message.delivery && <DeliveryMark delivery={message.delivery} />}
    </p>
  );
}

function Edited({ message, showsEarlier, onEarlier }: Omit<MetaProps, 'isShown'>) {
  const { t } = useTranslation();
  if (message.earlierTexts.length === 0) return <span>{t('message.edited')}</span>;
  return (
    <button type="button" className={styles.edited} aria-expanded={showsEarlier} title={t('message.editedShow')} onClick={onEarlier}>
      {t('message.edited')}
    </button>
  );
}

/** What a message answers. */
export function Quote({ quoted }: { quoted: NonNullable<Message['replyTo']> }) {
  const { t } = useTranslation();
  return (
    <blockquote className={styles.quote}>
      <p className={styles.quoteBy}>{t('message.quotes', { name: quoted.authorName })}</p>
      <p className={styles.quoteText} dir="auto">
        {quoted.text === '' ? t('message.withoutText') : quoted.text}
      </p>
    </blockquote>
  );
}

/** What the contact could press below our message. */
export function QuickReplies({ offered }: { offered: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <ul className={styles.offered} aria-label={t('message.quickReplies')}>
      {offered.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

/** Who felt what about it. */
export function Reactions({ reactions }: { reactions: Message['reactions'] }) {
  const { t } = useTranslation();
  if (reactions.length === 0) return null;
  const byEmoji = Map.groupBy(reactions, ({ emoji }) => emoji);
  return (
    <ul className={styles.reactions} aria-label={t('message.reactions')}>
      {[...byEmoji].map(([emoji, given]) => {
        const names = given.map(({ by }) => by).join(', ');
        return (
          <li key={emoji} title={names} aria-label={t('message.reactedBy', { emoji, names })}>
            <span aria-hidden="true">
              {emoji} {given.length > 1 ? given.length : ''}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
