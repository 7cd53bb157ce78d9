import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AskPasswordReset } from '#contract';
import { api } from '../api.js';
import { LinkButton } from '../ui/link-button.js';
import { sentenceOf } from '../ui/notify.js';
import { Entrance } from './entrance.js';
import { rules } from './fields.js';
import styles from './form.module.css';
import { Refused } from './refused.js';

/** Asks for a link to choose a new password. It says the same whether the address is known or not. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [isSent, setSent] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { email: '' }, validate: { email: rules.email } });
  const submit = async ({ email }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post('/api/password-resets', { email: email.trim() } satisfies AskPasswordReset);
      setSent(true);
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const back = (
    <LinkButton to="/sign-in" variant="default">
      {t('forgot.back')}
    </LinkButton>
  );
  if (isSent) {
    return (
      <Entrance title={t('forgot.sentTitle')} help={t('forgot.sentHelp')}>
        <div className={styles.form}>{back}</div>
      </Entrance>
    );
  }
  return (
    <Entrance title={t('forgot.title')} help={t('forgot.help')}>
      <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <TextInput
          size="sm"
          type="email"
          required
          autoFocus
          autoComplete="username"
          label={t('signIn.email')}
          {...form.getInputProps('email')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('forgot.submit')}
        </Button>
        {back}
      </form>
    </Entrance>
  );
}
