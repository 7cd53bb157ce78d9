import { ActionIcon } from '@mantine/core';
import { IconListDetails, IconPaperclip } from '@tabler/icons-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReplyLimits } from '#contract';
import { useFormats } from '../formats.js';
import styles from './composer.module.css';

interface ReplyToolsProps {
  limits: ReplyLimits;
  areQuickRepliesOpen: boolean;
  isOff: boolean;
  onFiles: (files: File[]) => void;
  onQuickReplies: () => void;
}

/** What goes with a reply besides its words, as far as the channel carries it. */
export function ReplyTools({ limits, areQuickRepliesOpen, isOff, onFiles, onQuickReplies }: ReplyToolsProps) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const input = useRef<HTMLInputElement>(null);
  const { attachmentsMax, attachmentBytesMax, quickRepliesMax } = limits;
  const help = t('composer.fileLimits', { count: attachmentsMax, size: bytes(attachmentBytesMax) });
  return (
    <div className={styles.tools}>
      {attachmentsMax > 0 && (
        <>
          <ActionIcon
            disabled={isOff}
            aria-label={t('composer.attach')}
            title={`${t('composer.attach')} (${help})`}
            onClick={() => input.current?.click()}
          >
            <IconPaperclip size={17} aria-hidden />
          </ActionIcon>
          <input
            ref={input}
            type="file"
            hidden
            multiple={attachmentsMax > 1}
            onChange={({ currentTarget }) => {
              onFiles([...(currentTarget.files ?? [])]);
              // The same file can be chosen again after it was taken out.
              currentTarget.value = '';
            }}
          />
        </>
      )}
      {quickRepliesMax > 0 && (
        <ActionIcon
          disabled={isOff}
          aria-label={t('composer.quickReplies')}
          title={t('composer.quickReplies')}
          aria-expanded={areQuickRepliesOpen}
          onClick={onQuickReplies}
        >
          <IconListDetails size={17} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}
