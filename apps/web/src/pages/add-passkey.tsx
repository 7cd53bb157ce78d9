import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FactorAdded } from '#contract';
import { api } from '../api.js';
import { deviceName } from '../device-name.js';
import { canUsePasskeys, makePasskey } from '../passkeys.js';
import { sentenceOf } from '../ui/notify.js';
import connections from './connections-page.module.css';
import { rules } from './fields.js';
import forms from './form.module.css';
import { Refused } from './refused.js';

/** Names a passkey and has the browser make it. */
export function AddPasskey({ onAdded }: { onAdded: (added: FactorAdded) => void }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: deviceName(navigator.userAgent) }, validate: { name: rules.filled } });
  const submit = async ({ name }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      onAdded(await api.post<FactorAdded>('/api/factors/passkeys', await makePasskey(name.trim())));
      form.reset();
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (!canUsePasskeys()) return <p className={connections.faint}>{t('factors.passkeysNeedName')}</p>;
  return (
    <form className={forms.form} data-flush noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <p className={connections.faint}>{t('factors.passkeysHelp')}</p>
      <TextInput
        required
        maxLength={60}
        autoComplete="off"
        label={t('factors.passkeyName')}
        description={t('factors.passkeyNameHelp')}
        {...form.getInputProps('name')}
      />
      <Refused refusal={refusal} />
      <div className={forms.actions}>
        <Button type="submit" variant="default" loading={isBusy} leftSection={<IconFingerprint size={16} aria-hidden />}>
          {t('factors.addPasskey')}
        </Button>
      </div>
    </form>
  );
}
