import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, ConnectPage } from '#contract';
import { api, newKey } from '../api.js';
import { connectionsQuery } from '../settings.js';
import { notifyDone } from '../ui/notify.js';
import styles from './connections-page.module.css';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './refused.js';

/** Connects a page whose id and token somebody has at hand. */
export function ConnectPageForm() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    initialValues: { pageId: '', pageToken: '', moveCode: '' },
    validate: { pageId: rules.pageId, pageToken: rules.filled },
    // Other words are another wish: a key is only for saying the same again.
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const moveCode = values.moveCode.trim();
    const body: ConnectPage = {
      pageId: values.pageId.trim(),
      pageToken: values.pageToken.trim(),
      moveCode: moveCode === '' ? undefined : moveCode,
    };
    try {
      const connection = await api.create<Connection>('/api/connections/messenger', body, key);
      notifyDone(t('connections.pageConnected', { name: connection.name }));
      form.reset();
      await client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <details className={styles.fold}>
      <summary>{t('connections.withToken')}</summary>
      <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <div className={forms.inline}>
          <TextInput
            required
            inputMode="numeric"
            autoComplete="off"
            label={t('connections.pageId')}
            description={t('connections.pageIdHelp')}
            {...form.getInputProps('pageId')}
          />
          <PasswordInput
            required
            autoComplete="off"
            label={t('connections.pageToken')}
            description={t('connections.pageTokenHelp')}
            {...form.getInputProps('pageToken')}
          />
        </div>
        <TextInput
          autoComplete="off"
          label={`${t('connections.moveCode')} (${t('connections.optional')})`}
          description={t('connections.moveCodeHelp')}
          {...form.getInputProps('moveCode')}
        />
        <Refused refusal={refusal} />
        <div className={forms.actions}>
          <Button type="submit" loading={isBusy}>
            {t('connections.connectPage')}
          </Button>
        </div>
      </form>
    </details>
  );
}
