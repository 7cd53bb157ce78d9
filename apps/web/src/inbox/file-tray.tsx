import { ActionIcon } from '@mantine/core';
import { IconFile, IconPhoto, IconRefresh, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ReplyLimits } from '#contract';
import { ApiError } from '../api.js';
import type { DraftFile } from '../drafts.js';
import { useFormats } from '../formats.js';
import { sentenceOf } from '../ui/notify.js';
import { attachAgain, detach } from '../uploads.js';
import styles from './file-tray.module.css';
import { focusField } from './open-conversation.js';

interface FileTrayProps {
  conversationId: string;
  files: readonly DraftFile[];
  limits: ReplyLimits;
}

/** The files that go with the reply: how far each is, and the way to take it out again. */
export function FileTray({ conversationId, files, limits }: FileTrayProps) {
  const { t } = useTranslation();
  return (
    <ul className={styles.tray} aria-label={t('composer.files')}>
      {files.map((file) => (
        <FileCard key={file.key} conversationId={conversationId} file={file} limits={limits} />
      ))}
    </ul>
  );
}

interface FileCardProps extends Pick<FileTrayProps, 'conversationId' | 'limits'> {
  file: DraftFile;
}

function FileCard({ conversationId, file, limits }: FileCardProps) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const { key, name, state, error } = file;
  const percent = Math.round(file.share * 100);
  const Icon = file.mediaType.startsWith('image/') ? IconPhoto : IconFile;
  const remove = () => {
    detach(conversationId, key);
    // The button that had the focus is gone with its file.
    focusField(conversationId);
  };
  return (
    <li className={styles.file} data-state={state}>
      <Icon size={16} aria-hidden />
      <span className={styles.words}>
        <span className={styles.name} title={name}>
          {name}
        </span>
        <span className={styles.facts} role={state === 'failed' ? 'alert' : undefined}>
          {state === 'sending' && <>{t('composer.fileSending', { percent })} · </>}
          {state === 'failed' ? <Why error={error} limits={limits} /> : bytes(file.sizeBytes)}
        </span>
      </span>
      {state === 'failed' && error instanceof ApiError && (
        <ActionIcon
          size={26}
          aria-label={t('composer.fileRetry', { name })}
          title={t('action.retry')}
          onClick={() => attachAgain(conversationId, key)}
        >
          <IconRefresh size={15} aria-hidden />
        </ActionIcon>
      )}
      <ActionIcon size={26} aria-label={t(state === 'sending' ? 'composer.fileCancel' : 'composer.fileRemove', { name })} onClick={remove}>
        <IconX size={15} aria-hidden />
      </ActionIcon>
      {state === 'sending' && (
        <span
          className={styles.progress}
          role="progressbar"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          aria-label={t('composer.fileProgress', { name, percent })}
        >
          <span style={{ inlineSize: `${percent}%` }} />
        </span>
      )}
    </li>
  );
}

function Why({ error, limits }: { error: DraftFile['error']; limits: ReplyLimits }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  if (error === 'too_large') return t('composer.fileTooLarge', { size: bytes(limits.attachmentBytesMax) });
  if (error === 'empty') return t('composer.fileEmpty');
  return t('composer.fileFailed', { reason: sentenceOf(error) });
}
