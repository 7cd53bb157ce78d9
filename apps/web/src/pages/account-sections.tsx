import { Button, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AddressChange, DeleteAccount, PasswordChange } from '#contract';
import { api } from '../api.js';
import { sessionKey, useSession } from '../session.js';
import { signedInQuery } from '../settings.js';
import { notifyDone } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import connections from './connections-page.module.css';
import { PASSWORD_LENGTH_MIN, rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './refused.js';

/** Change one's password; the present one is asked for. */
export function PasswordSection() {
  const { t } = useTranslation();
  const { agent } = useSession();
  const client = useQueryClient();
  const [isEnding, setEnding] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { present: '', next: '' }, validate: { present: rules.filled, next: rules.password } });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: PasswordChange = { ...values, endOthers: isEnding };
    try {
      await api.post('/api/profile/password', body);
      form.reset();
      notifyDone(t('account.passwordChanged'));
      await client.invalidateQueries({ queryKey: signedInQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('account.password')}>
      <Card>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <input type="hidden" name="username" autoComplete="username" value={agent.email} readOnly />
          <div className={forms.inline}>
            <PasswordInput
              required
              autoComplete="current-password"
              label={t('account.passwordPresent')}
              {...form.getInputProps('present')}
            />
            <PasswordInput
              required
              autoComplete="new-password"
              label={t('account.passwordNext')}
              description={t('account.passwordHelp', { count: PASSWORD_LENGTH_MIN })}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              {...form.getInputProps('next')}
            />
          </div>
          <Switch checked={isEnding} onChange={(event) => setEnding(event.currentTarget.checked)} label={t('account.passwordEnd')} />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('account.passwordChange')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

/** Change one's address; a mail to both asks whether that is wanted. */
export function AddressSection() {
  const { t } = useTranslation();
  const { agent } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { email: '' }, validate: { email: rules.email } });
  const submit = async ({ email }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post('/api/profile/address', { email: email.trim() } satisfies AddressChange);
      form.reset();
      setAsked(true);
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('account.address')} help={t('account.addressHelp', { email: agent.email })}>
      <Card>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <TextInput required type="email" autoComplete="email" label={t('account.addressNext')} {...form.getInputProps('email')} />
          <p role="status">{isAsked ? t('account.addressAsked') : ''}</p>
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('account.addressChange')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

/** Leave for good. */
export function DeleteSection() {
  const { t } = useTranslation();
  const { agent, tenant } = useSession();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const isAddress = (typed: string) => typed.trim().toLowerCase() === agent.email.toLowerCase();
  const form = useForm({
    initialValues: { email: '' },
    validate: { email: (typed) => (isAddress(typed) ? null : t('error.not_your_address')) },
  });
  const submit = async ({ email }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post('/api/profile/delete', { email: email.trim() } satisfies DeleteAccount);
      client.setQueryData(sessionKey, null);
    } catch (error) {
      setRefusal(showRefusal(form, error));
      setBusy(false);
    }
  };
  return (
    <Section title={t('account.remove')} help={t('account.removeHelp', { tenant: tenant.name })}>
      <Card>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <TextInput
            required
            autoComplete="off"
            label={t('account.removeConfirm')}
            placeholder={agent.email}
            {...form.getInputProps('email')}
          />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" color="red" loading={isBusy}>
              {t('account.remove')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}
