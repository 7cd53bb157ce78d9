import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconEyeOff, IconForms, IconLock, IconShoppingCart, IconStars } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, Message } from '#contract';
import { useFormats } from '../formats.js';
import { withWords } from '../i18n/index.js';
import { Face } from '../ui/face.js';
import { isTroubled } from './delivery-state.js';
import { LinkedText } from './linked-text.js';
import { loadMail } from './load-mail.js';
import { Meta, QuickReplies, Quote, Reactions } from './message-facts.js';
import styles from './message-line.module.css';
import { isQuotable, nameOf, quote, useOpenConversation } from './open-conversation.js';
import { SystemLine } from './quiet-line.js';
import type { MessageRow } from './thread-rows.js';

// Most messages are words, most arrive, and most are no comments: what else there is comes when it is needed.
const MachineLine = lazy(async () => ({ default: (await loadMail()).MachineLine }));
const MailHead = lazy(async () => ({ default: (await loadMail()).MailHead }));
const MailActs = lazy(async () => ({ default: (await loadMail()).MailActs }));
const MailBody = lazy(async () => ({ default: (await loadMail()).MailBody }));
const rare = () => withWords('rare', import('./rare-line.js'));
const Earlier = lazy(async () => ({ default: (await rare()).Earlier }));
const UnsentWords = lazy(async () => ({ default: (await rare()).UnsentWords }));
const UnsupportedLine = lazy(async () => ({ default: (await rare()).UnsupportedLine }));
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
  const bubble = <Bubble row={row} contact={contact} />;
  return row.folded ? <MachineLine message={message}>{bubble}</MachineLine> : bubble;
}

/** A mail tells more about itself than its words, and is laid out besides. */
function isMail({ mail: facts, htmlUrl, fromStranger }: Message): boolean {
  return facts !== null || htmlUrl !== null || fromStranger;
}

function Bubble({ row, contact }: MessageLineProps) {
  const { message, opens, closes, quoted } = row;
  const name = nameOf(message, useOpenConversation());
  const [showsEarlier, setShowsEarlier] = useState(false);
  const [showsMail, setShowsMail] = useState(false);
  const isIn = message.direction === 'in';
  const isUnsent = message.unsentAt !== null;
  const files = filesOf(message);
  const hasMore = message.edited || message.withheld || message.humanAgent || isUnsent || message.comment !== null;
  return (
    <article className={styles.message} data-direction={message.direction} data-opens={opens} aria-label={name}>
      <span className={styles.face}>
        {opens && <Face name={name} pictureUrl={isIn ? pictureOf(message, contact) : null} sizePx={28} />}
      </span>
      <div className={styles.body}>
        <Suspense fallback={null}>{isMail(message) && <MailHead message={message} opens={opens} />}</Suspense>
        {quoted && <Quote quoted={quoted} />}
        <Content message={message} opens={opens} onMail={() => setShowsMail(!showsMail)} showsMail={showsMail} />
        <Suspense fallback={null}>
          {isMail(message) && <MailBody message={message} showsDetails={showsMail} />}
          {files.length > 0 && <Attachments attachments={files} isOut={!isIn} />}
        </Suspense>
        <Reactions reactions={message.reactions} />
        {message.quickReplies.length > 0 && <QuickReplies offered={message.quickReplies} />}
        <Suspense fallback={null}>{showsEarlier && <Earlier message={message} />}</Suspense>
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
      </div>
    </article>
  );
}

/** What the sender put between the words is shown with the words, and an invitation is a card: programs send its file twice. */
function filesOf({ attachments, htmlUrl, mail }: Message): readonly Attachment[] {
  const files = htmlUrl === null ? attachments : attachments.filter(({ inline }) => !inline);
  if (!mail?.calendar) return files;
  const last = files.findLast(isCalendar);
  return files.filter((file) => !isCalendar(file) || file === last);
}

function isCalendar({ name, mediaType }: Attachment): boolean {
  return /^(?:text\/calendar|application\/ics)\b/.test(mediaType ?? '') || name.endsWith('.ics');
}

/** Below a post several people speak; only the conversation's own contact has the picture that is known here. */
function pictureOf({ author, comment }: Message, contact: MessageLineProps['contact']): string | null {
  return comment !== null && author.name !== contact.name ? null : contact.pictureUrl;
}

interface ContentProps {
  message: Message;
  opens: boolean;
  showsMail: boolean;
  onMail: () => void;
}

function Content({ message, opens, showsMail, onMail }: ContentProps) {
  const { t } = useTranslation();
  const conversation = useOpenConversation();
  if (message.unsentAt !== null) return <UnsentWords message={message} />;
  const isBare = message.attachments.length === 0 && message.htmlUrl === null && !message.mail?.calendar;
  const isLone = isEmoji(message.text) && isBare && message.replyTo === null;
  const hasWords = message.text !== '' || message.kind === 'postback' || isBare;
  const canQuote = conversation?.channel === 'messenger' && isQuotable(message);
  if (!hasWords && message.mail === null) return null;
  return (
    <div className={styles.said}>
      {hasWords && (
        <div className={isLone ? styles.lone : styles.bubble} data-opens={opens} data-failed={message.delivery?.state === 'failed'}>
          <Words message={message} />
        </div>
      )}
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
      {message.mail && (
        <Suspense fallback={null}>
          <MailActs message={message} className={styles.quoteIt} isOpen={showsMail} onDetails={onMail} />
        </Suspense>
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
        {message.withheld && <IconEyeOff size={14} aria-hidden />} {t(message.withheld ? 'message.noText' : 'message.withoutText')}
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
