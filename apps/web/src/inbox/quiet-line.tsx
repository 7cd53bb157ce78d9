import {
  IconArrowsExchange,
  IconBell,
  IconBellOff,
  IconLink,
  IconLogin2,
  IconPlugConnectedX,
  IconPuzzle,
  IconUserShare,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message, Referral } from '#contract';
import { useFormats } from '../formats.js';
import type { Words } from '../i18n/en.js';
import { useOpenConversation } from './open-conversation.js';
import { pageInboxUrl, useConnection } from './page-inbox.js';
import styles from './quiet-line.module.css';
import { isSafeAddress } from './web-addresses.js';

interface QuietLineProps {
  at: string;
  icon: ReactNode;
  children: ReactNode;
  tone?: 'warn';
}

/** Something that happened, in one small line across. */
function QuietLine({ at, icon, children, tone }: QuietLineProps) {
  const { time, moment } = useFormats();
  return (
    <p className={styles.quiet} data-tone={tone}>
      {icon}
      <span>{children}</span>
      <time dateTime={at} title={moment(at)}>
        {time(at)}
      </time>
    </p>
  );
}

/** How the contact came to write, or came back. */
export function ReferralLine({ referral, isBack }: { referral: Referral; isBack: boolean }) {
  const { t } = useTranslation();
  const { source, ref, title, url, at } = referral;
  const way = isBack ? 'back' : 'came';
  const words =
    source === 'ad' && title !== null
      ? t(`referral.${way}_adTitle`, { title })
      : source === 'link' && ref !== null
        ? t(`referral.${way}_linkRef`, { ref })
        : t(`referral.${way}_${source}`);
  return (
    <QuietLine at={at} icon={<IconLogin2 size={14} aria-hidden />}>
      {words}
      {url !== null && isSafeAddress(url) && (
        <>
          {' · '}
          <a href={url} target="_blank" rel="noopener noreferrer nofollow">
            {t('referral.open')}
          </a>
        </>
      )}
    </QuietLine>
  );
}

/** Something that came and has no shape here: what it was, and where it can be seen. */
export function UnsupportedLine({ message }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const conversation = useOpenConversation();
  const inboxUrl = pageInboxUrl(useConnection(conversation?.connection.id));
  const isKnown = message.detail !== null && i18n.exists(`unsupported.${message.detail}`);
  const what = isKnown
    ? t(`unsupported.${message.detail as keyof Words['unsupported']}`)
    : (message.detail ?? t('message.unsupportedUnknown'));
  const words =
    message.direction === 'out' ? t('message.unsupportedOut', { what }) : t('message.unsupported', { what, name: message.author.name });
  return (
    <article className={styles.unsupported} aria-label={message.author.name}>
      <QuietLine at={message.sentAt} icon={<IconPuzzle size={14} aria-hidden />}>
        {words}
        {message.text !== '' && ` ${message.text}`}{' '}
        {inboxUrl !== undefined && (
          <a href={inboxUrl} target="_blank" rel="noopener noreferrer">
            {t('message.openPageInbox')}
          </a>
        )}
      </QuietLine>
    </article>
  );
}

const STATUS_NAMES = ['open', 'pending', 'snoozed', 'closed'] as const;

/** What happened to the conversation. */
export function SystemLine({ message }: { message: Message }) {
  const words = useSystemWords(message);
  return (
    <QuietLine at={message.sentAt} icon={<SystemIcon kind={message.kind} />} tone={message.kind === 'connection_lost' ? 'warn' : undefined}>
      {words}
    </QuietLine>
  );
}

function SystemIcon({ kind }: Pick<Message, 'kind'>) {
  const size = 14;
  switch (kind) {
    case 'assigned':
    case 'status_changed':
      return <IconArrowsExchange size={size} aria-hidden />;
    case 'connection_lost':
      return <IconPlugConnectedX size={size} aria-hidden />;
    case 'control_changed':
      return <IconUserShare size={size} aria-hidden />;
    case 'opted_in':
      return <IconBell size={size} aria-hidden />;
    case 'opted_out':
      return <IconBellOff size={size} aria-hidden />;
    case 'account_linked':
    case 'account_unlinked':
      return <IconLink size={size} aria-hidden />;
    default:
      return <IconPuzzle size={size} aria-hidden />;
  }
}

function useSystemWords({ kind, author, detail, text }: Message): string {
  const { t } = useTranslation();
  const conversation = useOpenConversation();
  const by = author.id === null || author.name === '' ? t('message.system') : author.name;
  const name = conversation?.contact.name ?? author.name;
  switch (kind) {
    case 'assigned': {
      const to = detail ?? text;
      return to === '' ? t('message.unassigned', { by }) : to === by ? t('message.taken', { by }) : t('message.assigned', { by, to });
    }
    case 'status_changed': {
      const status = STATUS_NAMES.find((each) => each === detail);
      return t('message.statusChanged', { by, status: status ? t(`status.${status}`) : (detail ?? '') });
    }
    case 'connection_lost':
      return t('message.connectionLost');
    case 'control_changed':
      if (detail === 'us') return t('message.controlUs');
      if (detail === 'requested') return t('message.controlRequested');
      return detail === 'none' ? t('message.controlNone') : t('message.controlOther');
    case 'opted_in':
      return text === '' ? t('message.optedIn', { name }) : t('message.optedInTo', { name, what: text });
    case 'opted_out':
      return t('message.optedOut', { name });
    case 'account_linked':
      return t('message.accountLinked', { name });
    case 'account_unlinked':
      return t('message.accountUnlinked', { name });
    default:
      return text === '' ? (detail ?? t('message.unsupportedUnknown')) : text;
  }
}
