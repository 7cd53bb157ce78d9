import { IconAlertTriangle, IconArrowsExchange, IconEyeOff, IconLock, IconPlugConnectedX, IconPuzzle } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#contract';
import { useFormats } from '../formats.js';
import { Face } from '../ui/face.js';
import { Attachments } from './attachments.js';
import { DeliveryMark, DeliveryTrouble } from './delivery-state.js';
import { LinkedText } from './linked-text.js';
import { MailFrame } from './mail-frame.js';
import styles from './message-line.module.css';
import type { MessageRow } from './thread-rows.js';

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
  const { t } = useTranslation();
  const { message, opens, closes, quoted } = row;
  const isIn = message.direction === 'in';
  const isLone = isEmoji(message.text) && message.attachments.length === 0 && message.htmlUrl === null && message.replyTo === null;
  const hasWords = message.text !== '' || message.kind === 'postback' || (message.attachments.length === 0 && message.htmlUrl === null);
  return (
    <article className={styles.message} data-direction={message.direction} data-opens={opens} aria-label={message.author.name}>
      <span className={styles.face}>
        {opens && <Face name={message.author.name} pictureUrl={isIn ? contact.pictureUrl : null} sizePx={28} />}
      </span>
      <div className={styles.body}>
        {message.fromStranger && <StrangerBanner name={message.author.name} />}
        {quoted && <Quote quoted={quoted} />}
        {hasWords && (
          <div className={isLone ? styles.lone : styles.bubble} data-opens={opens} data-failed={message.delivery?.state === 'failed'}>
            <Words message={message} />
          </div>
        )}
        {message.htmlUrl !== null && <MailFrame url={message.htmlUrl} />}
        {message.attachments.length > 0 && <Attachments attachments={message.attachments} isOut={!isIn} />}
        <Reactions reactions={message.reactions} />
        <Meta message={message} isShown={closes || !isIn || message.edited || message.withheld} />
        {message.delivery && <DeliveryTrouble message={message} delivery={message.delivery} />}
        {message.cc.length > 0 && (
          <p className={styles.meta}>
            {t('message.cc')}: {message.cc.join(', ')}
          </p>
        )}
      </div>
    </article>
  );
}

function Words({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [isFull, setFull] = useState(false);
  if (message.kind === 'postback') {
    return (
      <em className={styles.postback}>{t('message.postback', { what: message.text === '' ? (message.detail ?? '') : message.text })}</em>
    );
  }
  if (message.text === '' && message.fullText === null) {
    return (
      <em className={styles.hidden}>
        <IconEyeOff size={14} aria-hidden /> {t('message.noText')}
      </em>
    );
  }
  return (
    <>
      <p className={styles.words} dir="auto">
        <LinkedText text={isFull && message.fullText !== null ? message.fullText : message.text} />
      </p>
      {message.fullText !== null && (
        <button type="button" className={styles.fold} aria-expanded={isFull} onClick={() => setFull(!isFull)}>
          {isFull ? t('message.hideFull') : t('message.showFull')}
        </button>
      )}
    </>
  );
}

function Meta({ message, isShown }: { message: Message; isShown: boolean }) {
  const { t } = useTranslation();
  const { time, moment } = useFormats();
  if (!isShown) return null;
  return (
    <p className={styles.meta}>
      {message.direction === 'out' && <span>{message.author.name}</span>}
      <time dateTime={message.sentAt} title={moment(message.sentAt)}>
        {time(message.sentAt)}
      </time>
      {message.author.kind === 'outside' && <span>{t('message.outside')}</span>}
      {message.edited && <span>{t('message.edited')}</span>}
      {message.withheld && (
        <span title={t('message.withheld')} className={styles.withheld}>
          <IconEyeOff size={12} aria-hidden /> {t('message.withheldShort')}
        </span>
      )}
      {message.delivery && <DeliveryMark delivery={message.delivery} />}
    </p>
  );
}

function Quote({ quoted }: { quoted: NonNullable<Message['replyTo']> }) {
  const { t } = useTranslation();
  return (
    <blockquote className={styles.quote}>
      <p className={styles.quoteBy}>{t('message.quotes', { name: quoted.authorName })}</p>
      <p className={styles.quoteText} dir="auto">
        {quoted.text === '' ? t('message.noText') : quoted.text}
      </p>
    </blockquote>
  );
}

function Reactions({ reactions }: { reactions: Message['reactions'] }) {
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
        {message.attachments.length > 0 && <Attachments attachments={message.attachments} isOut={false} />}
      </div>
    </article>
  );
}

function QuietLine({ message, icon, children, tone }: { message: Message; icon: ReactNode; children: ReactNode; tone?: 'warn' }) {
  const { time, moment } = useFormats();
  return (
    <p className={styles.quiet} data-tone={tone}>
      {icon}
      <span>{children}</span>
      <time dateTime={message.sentAt} title={moment(message.sentAt)}>
        {time(message.sentAt)}
      </time>
    </p>
  );
}

function UnsupportedLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  return (
    <QuietLine message={message} icon={<IconPuzzle size={14} aria-hidden />}>
      {t('message.unsupported', { what: message.detail ?? t('message.unsupportedUnknown') })}
    </QuietLine>
  );
}

const STATUS_NAMES = ['open', 'pending', 'snoozed', 'closed'] as const;

function SystemLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const by = message.author.id === null || message.author.name === '' ? t('message.system') : message.author.name;
  switch (message.kind) {
    case 'assigned': {
      const to = message.detail ?? message.text;
      return (
        <QuietLine message={message} icon={<IconArrowsExchange size={14} aria-hidden />}>
          {to === '' ? t('message.unassigned', { by }) : to === by ? t('message.taken', { by }) : t('message.assigned', { by, to })}
        </QuietLine>
      );
    }
    case 'status_changed': {
      const status = STATUS_NAMES.find((name) => name === message.detail);
      return (
        <QuietLine message={message} icon={<IconArrowsExchange size={14} aria-hidden />}>
          {t('message.statusChanged', { by, status: status ? t(`status.${status}`) : (message.detail ?? '') })}
        </QuietLine>
      );
    }
    case 'connection_lost':
      return (
        <QuietLine message={message} tone="warn" icon={<IconPlugConnectedX size={14} aria-hidden />}>
          {t('message.connectionLost')}
        </QuietLine>
      );
    case 'text':
    case 'postback':
    case 'unsupported':
      return (
        <QuietLine message={message} icon={<IconPuzzle size={14} aria-hidden />}>
          {message.text === '' ? (message.detail ?? t('message.unsupportedUnknown')) : message.text}
        </QuietLine>
      );
  }
}

const EMOJI_ALONE = /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\u{FE0F}\u{200D}]*){1,6}$/u;
const EMOJI_LENGTH_MAX = 24;

function isEmoji(text: string): boolean {
  return text.length > 0 && text.length <= EMOJI_LENGTH_MAX && EMOJI_ALONE.test(text.trim());
}
