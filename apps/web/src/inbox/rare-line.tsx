import { IconLogin2, IconPuzzle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Message, Referral } from '#contract';
import { useFormats } from '../formats.js';
import type { RareWords } from '../i18n/en-rare.js';
import { LinkedText } from './linked-text.js';
import said from './message-line.module.css';
import { useOpenConversation } from './open-conversation.js';
import { pageInboxUrl, useConnection } from './page-inbox.js';
import { QuietLine } from './quiet-line.js';
import styles from './quiet-line.module.css';
import { isSafeAddress } from './web-addresses.js';

export { UnsentWords } from './unsent-words.js';

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
    ? t(`unsupported.${message.detail as keyof RareWords['unsupported']}`)
    : (message.detail ?? t('message.unsupportedUnknown'));
  const words =
    message.direction === 'out' ? t('rare.unsupportedOut', { what }) : t('rare.unsupported', { what, name: message.author.name });
  return (
    <article className={styles.unsupported} aria-label={message.author.name}>
      <QuietLine at={message.sentAt} icon={<IconPuzzle size={14} aria-hidden />}>
        {words}
        {message.text !== '' && ` ${message.text}`}{' '}
        {inboxUrl !== undefined && (
          <a href={inboxUrl} target="_blank" rel="noopener noreferrer">
            {t('rare.openPageInbox')}
          </a>
        )}
      </QuietLine>
    </article>
  );
}

/** What a message said before it was edited, oldest first. */
export function Earlier({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { time, moment } = useFormats();
  return (
    <ol className={said.earlier} aria-label={t('rare.earlier')}>
      {message.earlierTexts.map(({ text, at }, index) => (
        <li key={`${at} ${index}`}>
          <time dateTime={at} title={moment(at)}>
            {t('rare.earlierFrom', { time: time(at) })}
          </time>
          <p className={said.words} dir="auto">
            {text === '' ? t('message.withoutText') : <LinkedText text={text} />}
          </p>
        </li>
      ))}
    </ol>
  );
}
