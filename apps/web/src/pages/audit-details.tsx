import { Button } from '@mantine/core';
import { Fragment, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '#contract';
import { useFormats } from '../formats.js';
import { LazyDrawer } from '../ui/lazy-drawer.js';
import { useAuditNames } from './audit-line.js';
import styles from './audit-page.module.css';

interface AuditDetailsProps {
  entry: AuditEntry | null;
  onClose: () => void;
  onAllAbout: (id: string) => void;
}

/** One entry with everything it says. Focus goes in, and comes back to its line. */
export function AuditDetails({ entry, onClose, onAllAbout }: AuditDetailsProps) {
  const { t } = useTranslation();
  // While the drawer goes away it still shows what it was opened for.
  const [last, setLast] = useState(entry);
  if (entry !== null && entry !== last) setLast(entry);
  return (
    <LazyDrawer
      opened={entry !== null}
      onClose={onClose}
      position="right"
      size={400}
      title={last && t('audit.details', { seq: last.seq })}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {last && <Said entry={last} onAllAbout={onAllAbout} />}
    </LazyDrawer>
  );
}

function Said({ entry, onAllAbout }: { entry: AuditEntry; onAllAbout: (id: string) => void }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const { who, what } = useAuditNames();
  const { act, at, by, about, facts, personal, hash } = entry;
  return (
    <div className={styles.details}>
      <p className={styles.headline}>{t(`audit.act.${act}`)}</p>
      <Lines
        lines={[
          [t('audit.when'), moment(at)],
          [t('audit.by'), who(by)],
          ...(about === null ? [] : [[t('audit.about'), `${what(about) ?? ''} (${about.id})`] as const]),
        ]}
      />
      {about !== null && (
        <Button variant="default" size="compact-sm" onClick={() => onAllAbout(about.id)}>
          {t('audit.allAbout')}
        </Button>
      )}
      {Object.keys(facts).length > 0 && (
        <>
          <h3>{t('audit.facts')}</h3>
          <Lines lines={Object.entries(facts).map(([name, fact]) => [name, <code key={name}>{String(fact)}</code>])} />
        </>
      )}
      {Object.keys(personal).length > 0 && (
        <>
          <h3>{t('audit.personal')}</h3>
          <p className={styles.faint}>{t('audit.personalHelp')}</p>
          <Lines
            lines={Object.entries(personal).map(([name, value]) => [
              t(`audit.personal_${name}` as 'audit.personal_name', { defaultValue: name }),
              value ?? <em key={name}>{t('audit.erased')}</em>,
            ])}
          />
        </>
      )}
      <h3>{t('audit.hash')}</h3>
      <code className={styles.hash}>{hash}</code>
    </div>
  );
}

function Lines({ lines }: { lines: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl>
      {lines.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
