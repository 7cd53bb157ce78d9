import { type ReactNode, useEffect, useId } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './page.module.css';

/** Name the window after what it shows, for tabs, history and screen readers. With null the name is left to a screen inside this one. */
export function useWindowTitle(title: string | null): void {
  const { t } = useTranslation();
  const name = t('app.name');
  useEffect(() => {
    if (title === null) return;
    document.title = title === '' ? name : `${title} · ${name}`;
  }, [title, name]);
}

interface PageProps {
  title: string;
  help?: string;
  /** Where the rail is opened from when it has no column. */
  menu: ReactNode;
  children: ReactNode;
}

/** A page of its own: a title, a sentence, and sections below. */
export function Page({ title, help, menu, children }: PageProps) {
  useWindowTitle(title);
  return (
    <main className={styles.page} id="content" tabIndex={-1}>
      <div className={styles.column}>
        <header className={styles.header}>
          <div className={styles.title}>
            {menu}
            <h1>{title}</h1>
          </div>
          {help && <p>{help}</p>}
        </header>
        {children}
      </div>
    </main>
  );
}

interface SectionProps {
  title: string;
  help?: string;
  aside?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a title. */
export function Section({ title, help, aside, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {help && <p>{help}</p>}
        {aside && <div className={styles.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** A surface with a quiet edge. */
export function Card({ children, tone = 'plain' }: { children: ReactNode; tone?: 'plain' | 'warn' }) {
  return (
    <div className={styles.card} data-tone={tone}>
      {children}
    </div>
  );
}

/** A word on a small surface: a state. The word says it; the colour only helps. */
export function Pill({ children, tone = 'plain' }: { children: ReactNode; tone?: 'plain' | 'good' | 'warn' | 'bad' | 'accent' }) {
  return (
    <span className={styles.pill} data-tone={tone}>
      {children}
    </span>
  );
}
