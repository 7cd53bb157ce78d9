import {
  IconArrowMerge,
  IconArrowsExchange,
  IconBell,
  IconBellOff,
  IconLink,
  IconPlugConnectedX,
  IconPuzzle,
  IconUserShare,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#contract';
import { useFormats } from '../formats.js';
import { useOpenConversation } from './open-conversation.js';
import styles from './quiet-line.module.css';

interface QuietLineProps {
  at: string;
  icon: ReactNode;
  children: ReactNode;
  tone?: 'warn';
}

/** Something that happened, in one small line across. */
export function QuietLine({ at, icon, children, tone }: QuietLineProps) {
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

const STATUS_NAMES = ['open', 'pending', 'snoozed', 'closed'] as const;

/** What happened to the conversation. */
export function SystemLine({ message }: { message: Message }) {
  const words = useSystemWords(message);
  return (
    <QuietLine
      at={message.sentAt}
      icon={<SystemIcon kind={message.kind} />}
      tone={message.kind === 'connection_lost' || message.kind === 'loop_stopped' ? 'warn' : undefined}
    >
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
    case 'merged_into':
    case 'merged_from':
      return <IconArrowMerge size={size} aria-hidden />;
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
    case 'merged_into':
      return t('message.mergedInto', { by, number: detail ?? '' });
    case 'merged_from': {
      const other = conversation?.merges.find(({ number }) => String(number) === detail)?.contact;
      if (other === undefined || other.id === conversation?.contact.id) return t('message.mergedFrom', { by, number: detail ?? '' });
      return t('message.mergedFromOther', { by, number: detail ?? '', name: other.name });
    }
    case 'connection_lost':
      return t('message.connectionLost');
    case 'loop_stopped':
      return t('message.loopStopped');
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
