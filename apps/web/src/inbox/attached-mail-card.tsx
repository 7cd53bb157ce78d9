import { IconMail, IconPaperclip } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AttachedMail } from '#contract';
import { useFormats } from '../formats.js';
import styles from './attached-mail-card.module.css';
import { personText } from './mail-person.js';

interface AttachedMailCardProps {
  name: string;
  url: string | null;
  mail: AttachedMail;
}

/** A mail inside a mail: whose it is, what it begins with, and how to save it. Its words are never taken for the sender's. */
export function AttachedMailCard({ name, url, mail }: AttachedMailCardProps) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const subject = mail.subject === '' ? t('attachedMail.noSubject') : mail.subject;
  return (
    <section className={styles.card} aria-label={t('attachedMail.label', { subject })}>
      <p className={styles.head}>
        <IconMail size={15} aria-hidden />
        <strong dir="auto">{subject}</strong>
      </p>
      <p className={styles.faint}>
        {[mail.from && personText(mail.from), mail.date && moment(mail.date)].filter((fact) => fact !== null && fact !== '').join(' · ')}
      </p>
      {mail.preview !== '' && (
        <blockquote className={styles.preview} aria-label={t('attachedMail.outside')} dir="auto">
          {mail.preview}
        </blockquote>
      )}
      {mail.fileNames.length > 0 && (
        <p className={styles.faint}>
          <IconPaperclip size={12} aria-hidden /> {t('attachedMail.files', { names: mail.fileNames.join(', ') })}
        </p>
      )}
      {url !== null && (
        <a className={styles.save} href={url} download={name}>
          {t('attachedMail.save')}
        </a>
      )}
    </section>
  );
}
