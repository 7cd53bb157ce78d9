import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QUICK_REPLY_LENGTH_MAX as QuickReplyLengthMax } from '#contract';
import styles from './quick-replies-field.module.css';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const QUICK_REPLY_LENGTH_MAX: typeof QuickReplyLengthMax = 20;

interface QuickRepliesFieldProps {
  offered: readonly string[];
  countMax: number;
  onChange: (offered: readonly string[]) => void;
  onClose: () => void;
}

/** Short answers that the contact can press below the reply. */
export function QuickRepliesField({ offered, countMax, onChange, onClose }: QuickRepliesFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const isFull = offered.length >= countMax;
  const keep = () => {
    const wanted = text.trim();
    if (wanted !== '' && !isFull && !offered.includes(wanted)) onChange([...offered, wanted]);
    setText('');
  };
  const add = () => {
    keep();
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && text === '') onChange(offered.slice(0, -1));
    else if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
  };
  return (
    <div className={styles.place}>
      {offered.length > 0 && (
        <ul className={styles.offered} aria-label={t('composer.quickReplies')}>
          {offered.map((each) => (
            <li key={each}>
              <span>{each}</span>
              <ActionIcon
                size={24}
                aria-label={t('composer.quickReplyRemove', { text: each })}
                onClick={() => {
                  onChange(offered.filter((other) => other !== each));
                  field.current?.focus();
                }}
              >
                <IconX size={13} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.line}>
        <input
          ref={field}
          className={styles.field}
          value={text}
          maxLength={QUICK_REPLY_LENGTH_MAX}
          disabled={isFull}
          dir="auto"
          autoFocus
          autoComplete="off"
          aria-label={t('composer.quickReplyNew')}
          aria-describedby={id}
          placeholder={t('composer.quickReplyNew')}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={onKeyDown}
          // Who goes on to send has meant what is typed here.
          onBlur={keep}
        />
        <Button variant="default" disabled={text.trim() === '' || isFull} onClick={add}>
          {t('composer.quickReplyAdd')}
        </Button>
      </div>
      <p id={id} className={styles.help}>
        {t('composer.quickReplyHelp', { count: countMax, length: QUICK_REPLY_LENGTH_MAX })}
      </p>
    </div>
  );
}
