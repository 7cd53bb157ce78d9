import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfirmTotp, FactorAdded, NewTotp } from '#contract';
import { api } from '../api.js';
import { CopyField } from '../ui/copy-field.js';
import { sentenceOf } from '../ui/notify.js';
import forms from './form.module.css';
import { Refused } from './refused.js';
import styles from './totp-setup.module.css';

interface TotpSetupProps {
  totp: NewTotp;
  onAdded: (added: FactorAdded) => void;
  onCancel: () => void;
}

/** A key for an app, as a picture and as letters; it counts once the app's first code was right. */
export function TotpSetup({ totp, onAdded, onCancel }: TotpSetupProps) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { code: '' } });
  const submit = async ({ code }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      onAdded(await api.post<FactorAdded>('/api/factors/totp/confirm', { code: code.trim() } satisfies ConfirmTotp));
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={forms.form} data-flush onSubmit={form.onSubmit((values) => void submit(values))}>
      <p>{t('factors.scanHelp')}</p>
      <img className={styles.picture} src={totp.picture} alt={t('factors.picture')} />
      <CopyField label={t('factors.key')} value={totp.key} />
      <TextInput
        size="sm"
        required
        autoFocus
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={6}
        label={t('factors.firstCode')}
        {...form.getInputProps('code')}
      />
      <Refused refusal={refusal} />
      <div className={forms.actions}>
        <Button variant="default" onClick={onCancel}>
          {t('action.cancel')}
        </Button>
        <Button type="submit" loading={isBusy}>
          {t('factors.confirm')}
        </Button>
      </div>
    </form>
  );
}
