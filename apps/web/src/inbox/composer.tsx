import { Button } from '@mantine/core';
import { IconLock, IconSend2, IconWorld } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ClipboardEvent, type KeyboardEvent, lazy, Suspense, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Conversation, REPLY_LENGTH_MAX as ReplyLengthMax } from '#contract';
import { type Draft, type DraftKind, NO_REPLY, useDraft } from '../drafts.js';
import { withWords } from '../i18n/index.js';
import { shortcutProps, takeTypedAhead, useShortcut } from '../keyboard.js';
import { say, sayAnyway, takeBack, usePending } from '../outbox.js';
import { type Thread, threadQuery } from '../thread.js';
import { Keys } from '../ui/keys.js';
import { notifyFailed } from '../ui/notify.js';
import { problemOfAddresses } from './addresses.js';
import { ClosedWindow } from './closed-window.js';
import { answerKey, ComposerTabs, usePlaceholder } from './composer-tabs.js';
import styles from './composer.module.css';
import { ControlBanner } from './control-banner.js';
import { leaveField } from './cursor.js';
import { pastedFiles, useDroppedFiles } from './dropped-files.js';
import { openForward, useForwarding } from './forwarding.js';
import { HeldBanner } from './held-banner.js';
import { fieldOf, focusField, isQuotable, quote } from './open-conversation.js';
import { QuoteBar } from './quote-bar.js';
import { ReplyLength } from './reply-length.js';
import { ReplyTools } from './reply-tools.js';
import { ReplyWindowMeter, useWindowNow } from './reply-window.js';
import { useTyping } from './typing.js';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const REPLY_LENGTH_MAX: typeof ReplyLengthMax = 20_000;

// Most answers are words alone: what carries files and buttons is fetched when it is wanted.
const loadUploads = () => import('../uploads.js');
const FileTray = lazy(async () => ({ default: (await import('./file-tray.js')).FileTray }));
const MailRecipients = lazy(async () => ({ default: (await withWords('mail', import('./mail-recipients.js'))).MailRecipients }));
const SignaturePreview = lazy(async () => ({ default: (await withWords('mail', import('./signature-preview.js'))).SignaturePreview }));
const ForwardDialog = lazy(async () => ({ default: (await withWords('mail', import('./forward-dialog.js'))).ForwardDialog }));
const QuickRepliesField = lazy(async () => ({ default: (await import('./quick-replies-field.js')).QuickRepliesField }));

/** Where one answers: to the contact, or to the team, by tab and by colour so that the two cannot be confused. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const panelId = useId();
  const [isSentAhead, setSentAhead] = useState(false);
  const [draft, change] = useDraft(conversation.id);
  const held = usePending(conversation.id).find(({ state }) => state === 'held');
  const window = useWindowNow(conversation.replyWindow);
  const isOthers = conversation.control.holder === 'other_app';
  const isOff = isOthers || conversation.quarantined;
  const isReply = draft.kind === 'reply';
  const mayReply = window.state !== 'closed' && !isOff;
  const typing = useTyping(conversation, isReply && mayReply);

  const write = (kind: DraftKind) => {
    // Drawn at once, so that the very next key goes into the field and is not taken for a shortcut.
    flushSync(() => {
      change({ kind });
    });
    fieldOf(conversation.id)?.focus();
    takeTypedAhead();
  };
  // The conversation was still on its way when somebody pressed `r` and went on typing: what was typed is theirs.
  useLayoutEffect(() => {
    const typed = takeTypedAhead();
    if (!typed) return;
    change(typed.kind === 'reply' ? { kind: 'reply', reply: draft.reply + typed.text } : { kind: 'note', note: draft.note + typed.text });
    setSentAhead(typed.isSent);
    fieldOf(conversation.id)?.focus();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when this conversation's field has come
  }, [conversation.id]);
  useShortcut('reply', () => write('reply'));
  useShortcut('note', () => write('note'));
  const lastSaid = () => client.getQueryData<Thread>(threadQuery(client, conversation.id).queryKey)?.messages;
  useShortcut(
    'quote',
    () => {
      const last = lastSaid()?.findLast((message) => message.direction === 'in' && isQuotable(message));
      if (last) quote(last, conversation);
    },
    conversation.channel === 'messenger' && mayReply,
  );
  useShortcut(
    'forward',
    () => {
      const last = lastSaid()?.findLast(({ direction, mail }) => direction === 'in' && mail !== null);
      if (last) openForward(last);
    },
    conversation.replyLimits.forward,
  );
  const forwarding = useForwarding(conversation.id);
  const text = isReply ? draft.reply : draft.note;
  const canSend = !held && (isReply ? mayReply && isSendable(draft, conversation) : text.trim() !== '' && text.length <= REPLY_LENGTH_MAX);
  const send = () => {
    if (!canSend) return;
    typing.sent();
    change(isReply ? NO_REPLY : { note: '' });
    void say(client, {
      conversationId: conversation.id,
      kind: draft.kind,
      text: text.trim(),
      cc: isReply ? draft.cc : [],
      bcc: isReply ? draft.bcc : [],
      files: isReply ? draft.files : [],
      quickReplies: isReply ? draft.quickReplies : [],
      replyTo: isReply ? draft.replyTo : null,
      partLengthMax: isReply ? conversation.replyLimits.partLengthMax : null,
      lastSeenMessageId: isReply ? (lastSaid()?.at(-1)?.id ?? null) : null,
    });
    focusField(conversation.id);
  };
  // Sent off before the field was here: it goes as soon as it can, and stays to be seen where it cannot.
  useEffect(() => {
    if (!isSentAhead) return;
    setSentAhead(false);
    send();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, with the draft as it was typed
  }, [isSentAhead]);
  return (
    <section className={styles.composer} aria-label={t('composer.label')} data-answers={conversation.id}>
      {isOthers && <ControlBanner conversation={conversation} />}
      {held && (
        <HeldBanner
          held={held}
          onAnyway={() => void sayAnyway(client, held.key)}
          onEdit={() => {
            takeBack(held);
            focusField(conversation.id);
          }}
        />
      )}
      <div className={styles.box} data-kind={draft.kind}>
        <div className={styles.head}>
          <ComposerTabs kind={draft.kind} conversation={conversation} panelId={panelId} onChoose={write} />
          {isReply && <ReplyWindowMeter window={window} />}
        </div>
        <div role="tabpanel" id={panelId} aria-labelledby={`${panelId}-${draft.kind}`}>
          {isReply && window.state === 'closed' ? (
            <ClosedWindow conversation={conversation} window={window} onNote={() => write('note')} />
          ) : (
            <Writing
              conversation={conversation}
              draft={draft}
              canSend={canSend}
              isOff={isReply && isOff}
              onChange={change}
              onWrote={typing.wrote}
              onSend={send}
            />
          )}
        </div>
      </div>
      <Suspense fallback={null}>
        {forwarding && <ForwardDialog key={forwarding.message.id} conversation={conversation} forwarding={forwarding} />}
      </Suspense>
    </section>
  );
}

/** Whether a reply is whole: something in it, nothing too long, no file still on its way. */
function isSendable(draft: Draft, { replyLimits }: Conversation): boolean {
  const { reply, files, cc, bcc } = draft;
  if (reply.trim() === '' && files.length === 0) return false;
  return (
    reply.length <= replyLimits.textLengthMax &&
    files.every(({ state }) => state === 'ready') &&
    [cc, bcc].every((list) => problemOfAddresses(list) === null)
  );
}

interface WritingProps {
  conversation: Conversation;
  draft: Draft;
  canSend: boolean;
  /** Another app has the conversation, or it is in quarantine: what was written stays, and nothing is added or sent. */
  isOff: boolean;
  onChange: (change: Partial<Draft>) => void;
  onWrote: (text: string) => void;
  onSend: () => void;
}

function Writing({ conversation, draft, canSend, isOff, onChange, onWrote, onSend }: WritingProps) {
  const { t } = useTranslation();
  const { id, replyLimits: limits } = conversation;
  const field = useRef<HTMLTextAreaElement>(null);
  const [areQuickRepliesOpen, setQuickRepliesOpen] = useState(false);
  const isReply = draft.kind === 'reply';
  const text = isReply ? draft.reply : draft.note;
  const takesFiles = isReply && !isOff && limits.attachmentsMax > 0;
  const attachFiles = async (files: readonly File[]) => {
    if (files.length === 0) return;
    const { attach } = await loadUploads();
    if (attach(id, files, limits) > 0) notifyFailed(t('composer.fileTooMany', { count: limits.attachmentsMax }));
  };
  const isOver = useDroppedFiles(takesFiles, (files) => void attachFiles(files));
  const onPaste = (event: ClipboardEvent) => {
    const files = takesFiles ? pastedFiles(event) : [];
    if (files.length === 0) return;
    event.preventDefault();
    void attachFiles(files);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSend();
    } else if (event.key === 'Escape') {
      field.current?.blur();
      leaveField(id);
    }
  };
  const showsQuickReplies = isReply && (areQuickRepliesOpen || draft.quickReplies.length > 0);
  return (
    <>
      {isReply && conversation.kind === 'comments' && <PublicLine />}
      <Suspense fallback={null}>
        {limits.cc && isReply && !isOff && <MailRecipients conversation={conversation} draft={draft} onChange={onChange} onSend={onSend} />}
      </Suspense>
      {isReply && draft.replyTo && <QuoteBar quoted={draft.replyTo} onRemove={() => onChange({ replyTo: null })} />}
      <textarea
        ref={field}
        data-field
        className={styles.field}
        value={text}
        rows={3}
        dir="auto"
        readOnly={isOff}
        aria-label={isReply ? t(answerKey(conversation)) : t('composer.note')}
        placeholder={usePlaceholder(conversation, isReply, isOff)}
        onChange={({ currentTarget: { value } }) => {
          if (!isReply) return onChange({ note: value });
          onChange({ reply: value });
          onWrote(value);
        }}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <Suspense fallback={null}>
        {isReply && draft.files.length > 0 && <FileTray conversationId={id} files={draft.files} limits={limits} />}
        {showsQuickReplies && (
          <QuickRepliesField
            offered={draft.quickReplies}
            countMax={limits.quickRepliesMax}
            onChange={(quickReplies) => onChange({ quickReplies })}
            onClose={() => {
              setQuickRepliesOpen(false);
              field.current?.focus();
            }}
          />
        )}
        {isReply && !isOff && conversation.channel === 'email' && <SignaturePreview conversation={conversation} />}
      </Suspense>
      <div className={styles.foot}>
        {isReply && (
          <ReplyTools
            limits={limits}
            isOff={isOff}
            areQuickRepliesOpen={showsQuickReplies}
            onFiles={(files) => void attachFiles(files)}
            onQuickReplies={() => setQuickRepliesOpen(!areQuickRepliesOpen)}
          />
        )}
        <ReplyLength
          text={text}
          lengthMax={isReply ? limits.textLengthMax : REPLY_LENGTH_MAX}
          partLengthMax={isReply ? limits.partLengthMax : null}
          filesByThemselves={isReply && conversation.kind === 'messages' ? draft.files.filter(({ state }) => state !== 'failed').length : 0}
        />
        <Button
          disabled={!canSend}
          onClick={onSend}
          rightSection={<Keys name="send" />}
          leftSection={isReply ? <IconSend2 size={15} aria-hidden /> : <IconLock size={14} aria-hidden />}
          {...shortcutProps('send', isReply ? t('composer.send') : t('composer.addNote'))}
        >
          {isReply ? t('composer.send') : t('composer.addNote')}
        </Button>
      </div>
      {isOver && (
        <div className={styles.drop} aria-hidden="true">
          {t('composer.dropHere')}
        </div>
      )}
    </>
  );
}

function PublicLine() {
  const { t } = useTranslation();
  return (
    <p className={styles.public}>
      <IconWorld size={14} aria-hidden /> {t('composer.publicHelp')}
    </p>
  );
}
