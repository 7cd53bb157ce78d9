import { useTranslation } from 'react-i18next';
import type { ChannelKind, ConversationKind } from '#contract';
import styles from './channel-mark.module.css';

interface ChannelMarkProps {
  channel: ChannelKind;
  /** What is said in public below a post has a sign of its own. */
  kind?: ConversationKind;
  sizePx?: number;
  /** Leave the name to what stands beside it. */
  isDecoration?: boolean;
}

/** The channel a conversation came in by, as a sign of its own shape: told apart without its colour. */
export function ChannelMark({ channel, kind = 'messages', sizePx = 16, isDecoration = false }: ChannelMarkProps) {
  const { t } = useTranslation();
  const name = kind === 'comments' ? 'comments' : channel;
  const naming = isDecoration ? { 'aria-hidden': true } : { role: 'img', 'aria-label': t(`channel.${name}`) };
  return (
    <svg className={styles.mark} data-channel={channel} viewBox="0 0 16 16" width={sizePx} height={sizePx} {...naming}>
      <Shape name={name} />
    </svg>
  );
}

function Shape({ name }: { name: ChannelKind | 'comments' }) {
  switch (name) {
    case 'messenger':
      return (
        <>
          <path d="M8 .8a7.2 6.9 0 0 1 0 13.8 8 8 0 0 1-2-.25L3.6 15.6v-2.7A6.8 6.8 0 0 1 .8 7.7 7.2 6.9 0 0 1 8 .8Z" fill="currentColor" />
          <path d="m3.9 9.4 2.7-2.9 1.9 1.5 3.6-2-2.7 3-2-1.5Z" className={styles.cut} />
        </>
      );
    case 'comments':
      return (
        <>
          <path
            d="M2.8 1.9h10.4a1.4 1.4 0 0 1 1.4 1.4v7a1.4 1.4 0 0 1-1.4 1.4H8.4L5 14.6v-2.9H2.8a1.4 1.4 0 0 1-1.4-1.4v-7a1.4 1.4 0 0 1 1.4-1.4Z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinejoin="round"
          />
          <path d="M4.3 5.3h7.4M4.3 8.2h4.6" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
        </>
      );
    case 'email':
      return (
        <>
          <rect x="1" y="2.9" width="14" height="10.2" rx="2.2" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="m1.9 4.6 6.1 4.6 6.1-4.6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
        </>
      );
  }
}
