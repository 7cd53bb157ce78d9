import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session, Setup } from '#contract';
import { api, newKey } from '../api.js';
import { currentLocale } from '../i18n/index.js';
import { sessionKey, setupQuery } from '../session.js';
import { Entrance } from './entrance.js';
import { PASSWORD_LENGTH_MIN, rules, showRefusal } from './fields.js';
import styles from './form.module.css';
import { Refused } from './refused.js';

/** The first visit of a new installation: its first tenant, and the owner. */
export function SetupPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [key] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    initialValues: { tenantName: '', name: '', email: '', password: '' },
    validate: { tenantName: rules.filled, name: rules.filled, email: rules.email, password: rules.password },
    validateInputOnBlur: true,
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: Setup = { ...values, locale: currentLocale() };
    try {
      client.setQueryData(sessionKey, await api.create<Session>('/api/setup', body, key));
      client.setQueryData(setupQuery.queryKey, { needed: false });
      await navigate({ to: '/connections', replace: true });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Entrance title={t('setup.title')} help={t('setup.help')}>
      <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <TextInput
          size="sm"
          required
          autoFocus
          autoComplete="organization"
          label={t('setup.tenantName')}
          {...form.getInputProps('tenantName')}
        />
        <TextInput size="sm" required autoComplete="name" label={t('setup.name')} {...form.getInputProps('name')} />
        <TextInput size="sm" required type="email" autoComplete="username" label={t('setup.email')} {...form.getInputProps('email')} />
        <PasswordInput
          size="sm"
          required
          autoComplete="new-password"
          label={t('setup.password')}
          description={t('setup.passwordHelp', { count: PASSWORD_LENGTH_MIN })}
          {...form.getInputProps('password')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('setup.submit')}
        </Button>
      </form>
    </Entrance>
  );
}
