import { UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { currentLocale, LOCALES, speak } from '../i18n/index.js';
import { useWindowTitle } from '../ui/page.js';
import styles from './entrance.module.css';

interface EntranceProps {
  title: string;
  help?: string;
  children: ReactNode;
}

/** The frame of the pages one sees before being in: set-up, sign-in, invitation. */
export function Entrance({ title, help, children }: EntranceProps) {
  const { t } = useTranslation();
  useWindowTitle(title);
  return (
    <div className={styles.entrance}>
      <main className={styles.sheet} id="content">
        <p className={styles.brand}>
          <img src="/favicon.svg" alt="" width={32} height={32} />
          {t('app.name')}
        </p>
        <h1>{title}</h1>
        {help && <p className={styles.help}>{help}</p>}
        {children}
      </main>
      <footer className={styles.foot}>
        <p>{t('signIn.pitch')}</p>
        <div role="group" aria-label={t('app.language')} className={styles.languages}>
          {LOCALES.map(({ value, label }) => (
            <UnstyledButton
              key={value}
              lang={value}
              aria-pressed={currentLocale() === value}
              className={styles.language}
              onClick={() => void speak(value)}
            >
              {label}
            </UnstyledButton>
          ))}
        </div>
      </footer>
    </div>
  );
}
