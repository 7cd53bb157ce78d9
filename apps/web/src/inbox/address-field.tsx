import { CloseButton } from '@mantine/core';
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './address-field.module.css';
import { addressesIn, ADDRESSES_MAX, problemOfAddresses } from './addresses.js';

interface AddressFieldProps {
  label: string;
  addresses: readonly string[];
  onChange: (addresses: readonly string[]) => void;
  help?: string;
  /** The keyboard begins here. */
  isFirst?: boolean;
  onSend?: () => void;
  aside?: ReactNode;
}

/**
 * Addresses, each on a small surface of its own, and a place to type or paste more. What is typed becomes an address with a comma, Enter, Tab
 * or by leaving the field; Backspace in an empty field takes the last one back to be changed.
 */
export function AddressField({ label, addresses, onChange, help, isFirst = false, onSend, aside }: AddressFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const add = (text: string) => {
    const fresh = addressesIn(text).filter((address) => !addresses.includes(address));
    setTyped('');
    if (fresh.length > 0) onChange([...addresses, ...fresh]);
  };
  // Going to another conversation takes the field away without its being left.
  const leave = useRef<() => void>(undefined);
  useEffect(() => {
    leave.current = () => add(typed);
  });
  useEffect(() => () => leave.current?.(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (typed.trim() === '') onSend?.();
      else add(typed);
    } else if (event.key === 'Enter' || event.key === ',' || event.key === ';') {
      event.preventDefault();
      add(typed);
    } else if (event.key === 'Backspace' && typed === '' && addresses.length > 0) {
      event.preventDefault();
      setTyped(addresses.at(-1) ?? '');
      onChange(addresses.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text');
    if (addressesIn(text).length < 2) return;
    event.preventDefault();
    add(`${typed} ${text}`);
  };
  const problem = problemOfAddresses(addresses);
  const wrong = problem?.kind === 'wrong' ? problem.address : undefined;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.place} onClick={(event) => event.target === event.currentTarget && input.current?.focus()}>
        {addresses.length > 0 && (
          <ul className={styles.chips} aria-label={t('recipients.chosen', { field: label })}>
            {addresses.map((address) => (
              <li key={address} className={styles.chip} data-wrong={address === wrong}>
                <span>{address}</span>
                <CloseButton
                  size={18}
                  iconSize={12}
                  aria-label={t('recipients.remove', { address })}
                  onClick={() => {
                    onChange(addresses.filter((each) => each !== address));
                    input.current?.focus();
                  }}
                />
              </li>
            ))}
          </ul>
        )}
        <input
          ref={input}
          id={id}
          type="text"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus={isFirst || undefined}
          autoFocus={isFirst}
          placeholder={addresses.length === 0 ? t('recipients.help') : undefined}
          value={typed}
          aria-invalid={problem !== null}
          aria-describedby={problem === null && help === undefined ? undefined : `${id}-help`}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => add(typed)}
        />
      </div>
      {aside}
      {(problem !== null || help !== undefined) && (
        <p id={`${id}-help`} className={styles.help} data-wrong={problem !== null} role={problem === null ? undefined : 'alert'}>
          {problem === null
            ? help
            : problem.kind === 'wrong'
              ? t('recipients.wrong', { address: problem.address })
              : t('recipients.tooMany', { count: ADDRESSES_MAX })}
        </p>
      )}
    </div>
  );
}
