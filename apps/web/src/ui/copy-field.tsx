import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './copy-field.module.css';

const COPIED_SHOWN_MS = 2_000;

/** A value to take along: readable, selectable, and copied with one button. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  const id = useId();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => {
      setCopied(false);
    }, COPIED_SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [isCopied]);
  const copy = async (input: HTMLInputElement | null) => {
    input?.select();
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // The browser forbids it (no https); the value is selected, so Ctrl-C does it.
      input?.focus();
    }
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.line}>
        <input id={id} readOnly value={value} spellCheck={false} onFocus={(event) => event.currentTarget.select()} />
        <Button
          variant="default"
          leftSection={isCopied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          aria-label={`${t('action.copy')}: ${label}`}
          onClick={() => void copy(document.querySelector<HTMLInputElement>(`#${CSS.escape(id)}`))}
        >
          {isCopied ? t('action.copied') : t('action.copy')}
        </Button>
        <span role="status" className={styles.said}>
          {isCopied ? t('action.copied') : ''}
        </span>
      </div>
    </div>
  );
}
