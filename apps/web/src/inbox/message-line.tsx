import { ActionIcon } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconEyeOff, IconForms, IconLock, IconShoppingCart, IconStars } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#contract';
import { useFormats } from '../formats.js';
import { withWords } from '../i18n/index.js';
import { Face } from '../ui/face.js';
import { isTroubled } from './delivery-state.js';
import { LinkedText } from './linked-text.js';
import { MailFrame } from './mail-frame.js';
import { Earlier, Meta, QuickReplies, Quote, Reactions } from './message-facts.js';
import styles from './message-line.module.css';
import { isQuotable, nameOf, quote, useOpenConversation } from './open-conversation.js';
import { SystemLine, UnsupportedLine } from './quiet-line.js';
import type { MessageRow } from './thread-rows.js';
import { UnsentWords } from './unsent-words.js';

// Most messages are words, most arrive, and most are no comments: what else there is comes when it is needed.
const Attachments = lazy(async () => ({ default: (await import('./attachments.js')).Attachments }));
const CommentActs = lazy(async () => ({ default: (await withWords('answering', import('./comment-acts.js'))).CommentActs }));
const DeliveryTrouble = lazy(async () => ({ default: (await withWords('answering', import('./delivery-trouble.js'))).DeliveryTrouble }));

interface MessageLineProps {
  row: MessageRow;
  contact: { name: string; pictureUrl: string | null };
}

/** One thing that was said, or that happened, in the shape of what it is. */
export function MessageLine({ row, contact }: MessageLineProps) {
  const { message } = row;
  if (message.direction === 'system') return <SystemLine message={message} />;
  if (message.kind === 'unsupported') return <UnsupportedLine message={message} />;
  if (message.direction === 'note') return <NoteLine message={message} />;
  return <Bubble row={row} contact={contact} />;
}

function Bubble({ row, contact }: MessageLineProps) {
  const { message, opens, closes, quoted } = row;
  const name = nameOf(message, useOpenConversation());
  const [showsEarlier, setShowsEarlier] = useState(false);
  const isIn = message.direction === 'in';
  const isUnsent = message.unsentAt !== null;
  const hasMore = message.edited || message.withheld || message.humanAgent || isUnsent || message.comment !== null;
  return (
    <article className={styles.message} data-direction={message.direction} data-opens={opens} aria-label={name}>
      <span className={styles.face}>
        {opens && <Face name={name} pictureUrl={isIn ? pictureOf(message, contact) : null} sizePx={28} />}
      </span>
      <div className={styles.body}>
        {message.fromStranger && <StrangerBanner name={message.author.name} />}
        {quoted && <Quote quoted={quoted} />}
        <Content message={message} opens={opens} />
        {message.htmlUrl !== null && <MailFrame url={message.htmlUrl} />}
        <Suspense fallback={null}>
          {message.attachments.length > 0 && <Attachments attachments={message.attachments} isOut={!isIn} />}
        </Suspense>
        <Reactions reactions={message.reactions} />
        {message.quickReplies.length > 0 && <QuickReplies offered={message.quickReplies} />}
        {showsEarlier && <Earlier message={message} />}
        <Meta
          message={message}
          isShown={closes || !isIn || hasMore}
          showsEarlier={showsEarlier}
          onEarlier={() => setShowsEarlier(!showsEarlier)}
        />
        <Suspense fallback={null}>
          {message.comment && <CommentActs message={message} comment={message.comment} />}
          {message.delivery && isTroubled(message.delivery) && <DeliveryTrouble message={message} delivery={message.delivery} />}
        </Suspense>
        {message.cc.length > 0 && <CcLine cc={message.cc} />}
      </div>
    </article>
  );
}

/** Below a post several people speak; only the conversation's own contact has the picture that is known here. */
function pictureOf({ author, comment }: Message, contact: MessageLineProps['contact']): string | null {
  return comment !== null && author.name !== contact.name ? null : contact.pictureUrl;
}

function Content({ message, opens }: { message: Message; opens: boolean }) {
  const { t } = useTranslation();
  const conversation = useOpenConversation();
  if (message.unsentAt !== null) return <UnsentWords message={message} />;
  const isLone = isEmoji(message.text) && message.attachments.length === 0 && message.htmlUrl === null && message.replyTo === null;
  const hasWords = message.text !== '' || message.kind === 'postback' || (message.attachments.length === 0 && message.htmlUrl === null);
  if (!hasWords) return null;
  const canQuote = conversation?.channel === 'messenger' && isQuotable(message);
  return (
    <div className={styles.said}>
      <div className={isLone ? styles.lone : styles.bubble} data-opens={opens} data-failed={message.delivery?.state === 'failed'}>
        <Words message={message} />
      </div>
      {canQuote && (
        <ActionIcon
          className={styles.quoteIt}
          size={26}
          aria-label={t('message.quote')}
          title={t('message.quote')}
          onClick={() => quote(message, conversation)}
        >
          <IconArrowBackUp size={15} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}

const FILLED_IN = { feedback: IconStars, form: IconForms, order: IconShoppingCart } as const;

function Words({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [isFull, setFull] = useState(false);
  const { kind, text, fullText, detail } = message;
  if (kind === 'postback') {
    const what = text === '' ? (detail ?? '') : text;
    return <em className={styles.postback}>{what === '' ? t('message.postbackBare') : t('message.postback', { what })}</em>;
  }
  if (text === '' && fullText === null) {
    return (
      <em className={styles.hidden}>
        <IconEyeOff size={14} aria-hidden /> {t('message.noText')}
      </em>
    );
  }
  return (
    <>
      {(kind === 'feedback' || kind === 'form' || kind === 'order') && <FilledIn kind={kind} />}
      <p className={styles.words} dir="auto">
        <LinkedText text={isFull && fullText !== null ? fullText : text} />
      </p>
      {fullText !== null && (
        <button type="button" className={styles.fold} aria-expanded={isFull} onClick={() => setFull(!isFull)}>
          {isFull ? t('message.hideFull') : t('message.showFull')}
        </button>
      )}
    </>
  );
}

function FilledIn({ kind }: { kind: keyof typeof FILLED_IN }) {
  const { t } = useTranslation();
  const Icon = FILLED_IN[kind];
  return (
    <p className={styles.filledIn}>
      <Icon size={14} aria-hidden /> {t(`message.${kind}`)}
    </p>
  );
}

function CcLine({ cc }: { cc: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <p className={styles.meta}>
      {t('message.cc')}: {cc.join(', ')}
    </p>
  );
}

function StrangerBanner({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <p className={styles.stranger}>
      <IconAlertTriangle size={15} aria-hidden />
      {t('message.stranger', { name })}
    </p>
  );
}

function NoteLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { time, moment } = useFormats();
  return (
    <article className={styles.note} aria-label={`${t('message.note')}, ${message.author.name}`}>
      <Face name={message.author.name} sizePx={24} />
      <div>
        <p className={styles.noteHead}>
          <strong>{message.author.name}</strong>
          <span className={styles.noteKind}>
            <IconLock size={12} aria-hidden /> {t('message.note')}
          </span>
          <time dateTime={message.sentAt} title={moment(message.sentAt)}>
            {time(message.sentAt)}
          </time>
        </p>
        <p className={styles.words} dir="auto">
          <LinkedText text={message.text} />
        </p>
        <Suspense fallback={null}>
          {message.attachments.length > 0 && <Attachments attachments={message.attachments} isOut={false} />}
        </Suspense>
      </div>
    </article>
  );
}

const EMOJI_ALONE = /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\u{FE0F}\u{200D}]*){1,6}$/u;
const EMOJI_LENGTH_MAX = 24;

function isEmoji(text: string): boolean {
  return text.length > 0 && text.length <= EMOJI_LENGTH_MAX && EMOJI_ALONE.test(text.trim());
}
