import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditVerification } from '#contract';
import { saveAudit, verifyAudit } from '../audit.js';
import { useFormats } from '../formats.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './audit-page.module.css';

/** Whether the chain is whole, at the press of a button, and the chain itself to take away. */
export function AuditCheck() {
  const { t } = useTranslation();
  const [found, setFound] = useState<AuditVerification | null>(null);
  const [busy, setBusy] = useState<'check' | 'export' | null>(null);
  const run = async (what: 'check' | 'export', work: () => Promise<void>) => {
    setBusy(what);
    try {
      await work();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(null);
    }
  };
  const check = async () => {
    setFound(null);
    await verifyAudit(setFound);
  };
  const save = async () => {
    await saveAudit();
    notifyDone(t('audit.exporting'));
  };
  return (
    <Section title={t('audit.checkTitle')} help={t('audit.checkHelp')}>
      <Card tone={found?.broken ? 'warn' : 'plain'}>
        <div className={styles.check}>
          <div className={styles.buttons}>
            <Button loading={busy === 'check'} disabled={busy === 'export'} onClick={() => void run('check', check)}>
              {t('audit.check')}
            </Button>
            <Button variant="default" loading={busy === 'export'} disabled={busy === 'check'} onClick={() => void run('export', save)}>
              {t('audit.export')}
            </Button>
          </div>
          <div role="status">{found && <Outcome found={found} />}</div>
        </div>
      </Card>
    </Section>
  );
}

function Outcome({ found }: { found: AuditVerification }) {
  const { t } = useTranslation();
  const { moment, number } = useFormats();
  const { verifiedTo, verifiedToAt, newest, isDone, broken } = found;
  if (broken !== null) {
    return <p>{t('audit.broken', { seq: number(broken.seq), reason: t(`audit.reason.${broken.reason}`) })}</p>;
  }
  if (!isDone) {
    const label = t('audit.checking', { done: number(verifiedTo), all: number(newest) });
    return (
      <>
        <progress value={verifiedTo} max={newest} aria-label={label} /> {label}
      </>
    );
  }
  if (verifiedToAt === null) return <p>{t('audit.wholeEmpty')}</p>;
  return <p>{t('audit.whole', { count: verifiedTo, entries: number(verifiedTo), date: moment(verifiedToAt) })}</p>;
}
