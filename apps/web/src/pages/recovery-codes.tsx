import { Button } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload, IconPrinter } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../session.js';
import forms from './form.module.css';
import styles from './recovery-codes.module.css';

interface RecoveryCodesProps {
  codes: readonly string[];
  onDone: () => void;
  doneLabel: string;
}

/** Codes for the day the phone is gone: shown once, to be taken along in whatever way. */
export function RecoveryCodes({ codes, onDone, doneLabel }: RecoveryCodesProps) {
  const { t } = useTranslation();
  const { agent, tenant } = useSession();
  const [isCopied, setCopied] = useState(false);
  const text = [t('factors.recoveryFile', { tenant: tenant.name, email: agent.email }), '', ...codes, ''].join('\n');
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      // The browser forbids it (no https): the codes stand there to be selected.
      () => undefined,
    );
  };
  return (
    <div className={forms.form} data-flush>
      <p role="status">{t('factors.recoveryHelp')}</p>
      <ol className={styles.codes} aria-label={t('factors.recovery')}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className={forms.actions}>
        <Button
          variant="default"
          leftSection={isCopied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={() => void copy()}
        >
          {t(isCopied ? 'factors.recoveryCopied' : 'factors.recoveryCopy')}
        </Button>
        <Button
          component="a"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download="omnidesk-recovery-codes.txt"
        >
          {t('factors.recoveryDownload')}
        </Button>
        <Button variant="default" leftSection={<IconPrinter size={14} aria-hidden />} onClick={() => window.print()}>
          {t('factors.recoveryPrint')}
        </Button>
        <Button onClick={onDone}>{doneLabel}</Button>
      </div>
    </div>
  );
}
