import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './cc-field.module.css';

// Only a courtesy before sending; the server's word on what is an address counts.
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The first word in a list of addresses that cannot be one. */
export function wrongAddressIn(list: string): string | undefined {
  return list
    .split(/[,;\s]+/)
    .filter((word) => word !== '')
    .find((word) => !ADDRESS.test(word));
}

/** Who gets a copy. Folded away until asked for or filled. */
export function CcField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [isOpen, setOpen] = useState(value !== '');
  const [isLeft, setLeft] = useState(false);
  if (!isOpen && value === '') {
    return (
      <button type="button" className={styles.add} onClick={() => setOpen(true)}>
        {t('composer.addCc')}
      </button>
    );
  }
  const wrong = isLeft ? wrongAddressIn(value) : undefined;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{t('composer.cc')}</label>
      <input
        id={id}
        type="text"
        inputMode="email"
        autoComplete="off"
        placeholder={t('composer.ccHelp')}
        value={value}
        autoFocus={value === ''}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong === undefined ? undefined : `${id}-wrong`}
        onChange={(event) => onChange(event.currentTarget.value)}
        onFocus={() => setLeft(false)}
        onBlur={() => setLeft(true)}
      />
      {wrong !== undefined && (
        <p id={`${id}-wrong`} className={styles.wrong}>
          {t('composer.ccWrong', { address: wrong })}
        </p>
      )}
    </div>
  );
}
