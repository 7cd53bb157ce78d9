import { Button } from '@mantine/core';
import { IconArrowMerge, IconArrowsSplit2 } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, RelatedConversation } from '#contract';
import type { ConversationFilter } from '../conversations.js';
import { shortcutProps, useShortcut } from '../keyboard.js';
import { LinkButton } from '../ui/link-button.js';
import { conversationIn } from './address.js';
import styles from './conversation-bars.module.css';
import { pairOf, useMerging } from './merging.js';

interface BarsProps {
  conversation: Conversation;
  filter: ConversationFilter;
}

/** Where else a conversation may belong, where it went, and what went into it: each with the one press that does or undoes it. */
export function MergeBars({ conversation, filter }: BarsProps) {
  const { id, related, merges, mergedInto, contact } = conversation;
  // What the same person had said elsewhere needs no words any more once it cannot be taken apart again.
  const told = merges.filter((merge) => merge.canUndo || merge.contact.id !== contact.id);
  return (
    <>
      {mergedInto !== null && <MergedInto conversation={conversation} filter={filter} into={mergedInto} />}
      {related.length > 0 && <Related key={id} conversation={conversation} filter={filter} />}
      {told.length > 0 && <MergedFrom conversation={conversation} filter={filter} merges={told} />}
    </>
  );
}

function Related({ conversation, filter }: BarsProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const { isBusy, merge } = useMerging(filter);
  const { id: openId, related, quarantined } = conversation;
  const mergeWith = (other: RelatedConversation) => {
    // A key pressed while another conversation is on its way is not meant for this one.
    if (!isBusy && conversationIn(router.latestLocation.pathname) === openId) void merge(pairOf(conversation, other));
  };
  const [first] = related;
  useShortcut('merge', () => first && mergeWith(first), !quarantined);
  return (
    <ul className={styles.bar}>
      {related.map((other) => {
        const { id, number, subject, how } = other;
        const what = subject === '' ? `#${String(number)}` : `#${String(number)} ${subject}`;
        const { part } = pairOf(conversation, other);
        const label = part.id === openId ? t('bars.mergeInto', { number }) : t('bars.mergeHere', { number });
        return (
          <li key={`${how} ${id}`}>
            <IconArrowsSplit2 size={15} aria-hidden />
            <Link to="/inbox/$view/$conversationId" params={{ view: 'all', conversationId: id }}>
              {t(`bars.${how}`, { what })}
            </Link>
            {!quarantined && (
              <Button
                variant="default"
                size="compact-sm"
                loading={isBusy}
                onClick={() => mergeWith(other)}
                {...(other === first ? shortcutProps('merge', label) : { title: label })}
              >
                {label}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function MergedInto({ conversation, filter, into }: BarsProps & { into: { id: string; number: number } }) {
  const { t } = useTranslation();
  const { isBusy, unmerge } = useMerging(filter);
  return (
    <div className={styles.bar}>
      <IconArrowMerge size={15} aria-hidden />
      <p className={styles.words}>{t('bars.mergedInto', { number: into.number })}</p>
      <div className={styles.acts}>
        <LinkButton
          to="/inbox/$view/$conversationId"
          params={{ view: filter.view, conversationId: into.id }}
          variant="default"
          size="compact-sm"
        >
          {t('bars.mergedOpen', { number: into.number })}
        </LinkButton>
        {conversation.canUnmerge && (
          <Button
            variant="default"
            size="compact-sm"
            loading={isBusy}
            aria-label={t('bars.unmerge', { number: conversation.number })}
            onClick={() => void unmerge({ part: conversation, whole: into })}
          >
            {t('action.undo')}
          </Button>
        )}
      </div>
    </div>
  );
}

function MergedFrom({ conversation, filter, merges }: BarsProps & Pick<Conversation, 'merges'>) {
  const { t } = useTranslation();
  const { isBusy, unmerge } = useMerging(filter);
  return (
    <ul className={styles.bar}>
      {merges.map((part) => {
        const { id, number, contact, canUndo } = part;
        const isSame = contact.id === conversation.contact.id;
        return (
          <li key={id}>
            <IconArrowMerge size={15} aria-hidden />
            <span>
              {isSame
                ? t('bars.mergedFrom', { number })
                : t('bars.mergedFromOther', { number, name: contact.name, contact: conversation.contact.name })}
            </span>
            {canUndo && (
              <Button
                variant="default"
                size="compact-sm"
                loading={isBusy}
                aria-label={t('bars.unmerge', { number })}
                onClick={() => void unmerge({ part, whole: conversation })}
              >
                {t('action.undo')}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
