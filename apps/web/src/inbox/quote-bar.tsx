import { ActionIcon } from '@mantine/core';
import { IconArrowBackUp, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Quoted } from '../drafts.js';
import styles from './composer.module.css';

/** The message that the reply will quote. */
export function QuoteBar({ quoted, onRemove }: { quoted: Quoted; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.quoted}>
      <IconArrowBackUp size={15} aria-hidden />
      <p>
        <strong>{t('composer.quoting', { name: quoted.authorName })}</strong>{' '}
        <span dir="auto">{quoted.text === '' ? t('message.withoutText') : quoted.text}</span>
      </p>
      <ActionIcon size={26} aria-label={t('composer.unquote')} title={t('composer.unquote')} onClick={onRemove}>
        <IconX size={15} aria-hidden />
      </ActionIcon>
    </div>
  );
}
