import { IconLock } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import type { DraftKind } from '../drafts.js';
import { shortcutProps } from '../keyboard.js';
import styles from './composer.module.css';

/** What an answer is called here: by its channel, and public where it is. */
export function answerKey({ channel, kind }: Pick<Conversation, 'channel' | 'kind'>) {
  return kind === 'comments' ? 'composer.reply_comments' : (`composer.reply_${channel}` as const);
}

interface ComposerTabsProps {
  kind: DraftKind;
  conversation: Conversation;
  panelId: string;
  onChoose: (kind: DraftKind) => void;
}

/** To the contact, or to the team. */
export function ComposerTabs({ kind, conversation, panelId, onChoose }: ComposerTabsProps) {
  const { t } = useTranslation();
  const kinds = ['reply', 'note'] as const;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const other = kind === 'reply' ? 'note' : 'reply';
    onChoose(other);
  };
  return (
    <div role="tablist" aria-label={t('composer.kind')} className={styles.tabs} onKeyDown={onKeyDown}>
      {kinds.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          id={`${panelId}-${each}`}
          aria-selected={kind === each}
          aria-controls={panelId}
          tabIndex={kind === each ? 0 : -1}
          className={styles.tab}
          onClick={() => onChoose(each)}
          {...shortcutProps(each, each === 'reply' ? t(answerKey(conversation)) : t('composer.note'))}
        >
          {each === 'note' && <IconLock size={13} aria-hidden />}
          {each === 'reply' ? t(answerKey(conversation)) : t('composer.note')}
        </button>
      ))}
    </div>
  );
}

/** What stands in the empty field: to whom one writes, or why one cannot. */
export function usePlaceholder({ contact, kind, quarantined }: Conversation, isReply: boolean, isOff: boolean): string {
  const { t } = useTranslation();
  const { name } = contact;
  if (!isReply) return t('composer.notePlaceholder', { name });
  if (isOff) return t(quarantined ? 'composer.quarantined' : 'control.placeholder');
  return kind === 'comments' ? t('composer.publicPlaceholder', { name }) : t('composer.replyPlaceholder', { name });
}
