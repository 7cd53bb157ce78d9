import { Button } from '@mantine/core';
import { IconClockPause, IconLock, IconSend2 } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useLayoutEffect, useRef } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Conversation, REPLY_LENGTH_MAX as ReplyLengthMax } from '#contract';
import { type Draft, type DraftKind, useDraft } from '../drafts.js';
import { useFormats } from '../formats.js';
import { shortcutProps, takeTypedAhead, useShortcut } from '../keyboard.js';
import { discard, type Pending, say, sayAnyway, usePending } from '../outbox.js';
import { type Thread, threadQuery } from '../thread.js';
import { Keys } from '../ui/keys.js';
import { EmptyState } from '../ui/states.js';
import { CcField, wrongAddressIn } from './cc-field.js';
import styles from './composer.module.css';
import { leaveField } from './cursor.js';
import { HeldBanner } from './held-banner.js';
import { ReplyWindowMeter, useIsWindowClosed } from './reply-window.js';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const REPLY_LENGTH_MAX: typeof ReplyLengthMax = 20_000;
/** The part of the limit that is left when the counter appears. */
const COUNTER_SHOWN_BELOW = 0.15;
/** Source: https://developers.facebook.com/docs/messenger-platform/reference/send-api, message.text */
const MESSENGER_TEXT_LENGTH_MAX = 2_000;

/** Where one answers: to the contact, or to the team, by tab and by colour so that the two cannot be confused. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const panelId = useId();
  const [draft, change] = useDraft(conversation.id);
  const held = usePending(conversation.id).find(({ state }) => state === 'held');
  const isClosed = useIsWindowClosed(conversation.replyWindow);
  const isReply = draft.kind === 'reply';
  const text = isReply ? draft.reply : draft.note;
  const lengthMax = isReply && conversation.channel === 'messenger' ? MESSENGER_TEXT_LENGTH_MAX : REPLY_LENGTH_MAX;

  const write = (kind: DraftKind) => {
    // Drawn at once, so that the very next key goes into the field and is not taken for a shortcut.
    flushSync(() => {
      change({ kind });
    });
    field.current?.focus();
    takeTypedAhead();
  };
  // The conversation was still on its way when somebody pressed `r` and went on typing: what was typed is theirs.
  useLayoutEffect(() => {
    const typed = takeTypedAhead();
    if (!typed) return;
    change(typed.kind === 'reply' ? { kind: 'reply', reply: draft.reply + typed.text } : { kind: 'note', note: draft.note + typed.text });
    field.current?.focus();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when this conversation's field has come
  }, [conversation.id]);
  useShortcut('reply', () => {
    write('reply');
  });
  useShortcut('note', () => {
    write('note');
  });
  const cc = addressesIn(draft);
  const canSend =
    text.trim() !== '' && text.length <= lengthMax && !held && !(isReply && (isClosed || wrongAddressIn(draft.cc) !== undefined));
  const send = () => {
    if (!canSend) return;
    const thread = client.getQueryData<Thread>(threadQuery(client, conversation.id).queryKey);
    change(isReply ? { reply: '' } : { note: '' });
    void say(client, {
      conversationId: conversation.id,
      kind: draft.kind,
      text: text.trim(),
      cc: isReply ? cc : [],
      lastSeenMessageId: isReply ? (thread?.messages.at(-1)?.id ?? null) : null,
    });
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') {
      field.current?.blur();
      leaveField(conversation.id);
    }
  };
  const edit = (item: Pending) => {
    discard(item.key);
    change({ kind: 'reply', reply: item.text, cc: item.cc.join(', ') });
    requestAnimationFrame(() => field.current?.focus());
  };
  return (
    <section className={styles.composer} aria-label={t('composer.label')} data-answers={conversation.id}>
      {held && <HeldBanner held={held} onAnyway={() => void sayAnyway(client, held.key)} onEdit={() => edit(held)} />}
      <div className={styles.box} data-kind={draft.kind}>
        <div className={styles.head}>
          <Tabs kind={draft.kind} conversation={conversation} panelId={panelId} onChoose={write} />
          {isReply && <ReplyWindowMeter window={conversation.replyWindow} />}
        </div>
        <div role="tabpanel" id={panelId} aria-labelledby={`${panelId}-${draft.kind}`}>
          {isReply && isClosed ? (
            <ClosedWindow name={conversation.contact.name} onNote={() => write('note')} />
          ) : (
            <>
              {isReply && conversation.channel === 'email' && <CcField value={draft.cc} onChange={(value) => change({ cc: value })} />}
              <textarea
                ref={field}
                className={styles.field}
                value={text}
                rows={3}
                dir="auto"
                aria-label={isReply ? t(`composer.reply_${conversation.channel}`) : t('composer.note')}
                placeholder={t(isReply ? 'composer.replyPlaceholder' : 'composer.notePlaceholder', { name: conversation.contact.name })}
                onChange={(event) => change(isReply ? { reply: event.currentTarget.value } : { note: event.currentTarget.value })}
                onKeyDown={onKeyDown}
              />
              <div className={styles.foot}>
                <Length text={text} lengthMax={lengthMax} />
                <Button
                  disabled={!canSend}
                  onClick={send}
                  rightSection={<Keys name="send" />}
                  leftSection={isReply ? <IconSend2 size={15} aria-hidden /> : <IconLock size={14} aria-hidden />}
                  {...shortcutProps('send', isReply ? t('composer.send') : t('composer.addNote'))}
                >
                  {isReply ? t('composer.send') : t('composer.addNote')}
                </Button>
              </div>
            </>
          )}
        </div>
      </div>
    </section>
  );
}

function addressesIn(draft: Draft): string[] {
  return draft.cc
    .split(/[,;\s]+/)
    .map((address) => address.trim())
    .filter((address) => address !== '');
}

interface TabsProps {
  kind: DraftKind;
  conversation: Conversation;
  panelId: string;
  onChoose: (kind: DraftKind) => void;
}

function Tabs({ kind, conversation, panelId, onChoose }: TabsProps) {
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
          {...shortcutProps(each, t(`keyboard.${each}`))}
        >
          {each === 'note' && <IconLock size={13} aria-hidden />}
          {each === 'reply' ? t(`composer.reply_${conversation.channel}`) : t('composer.note')}
        </button>
      ))}
    </div>
  );
}

/** How much is left, once that matters. */
function Length({ text, lengthMax }: { text: string; lengthMax: number }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const left = lengthMax - text.length;
  return (
    <p className={styles.length} data-over={left < 0} role="status" data-number>
      {left < 0
        ? t('composer.tooLong', { amount: number(-left) })
        : left < lengthMax * COUNTER_SHOWN_BELOW
          ? t('composer.left', { amount: number(left) })
          : ''}
    </p>
  );
}

function ClosedWindow({ name, onNote }: { name: string; onNote: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.closed}>
      <EmptyState icon={<IconClockPause />} title={t('composer.closedTitle')} help={t('composer.closedHelp', { name })}>
        <Button variant="default" onClick={onNote}>
          {t('composer.writeNote')}
        </Button>
      </EmptyState>
    </div>
  );
}
