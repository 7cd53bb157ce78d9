import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, ConnectMailbox } from '#contract';
import { api, newKey } from '../api.js';
import { connectionsQuery } from '../settings.js';
import { CopyField } from '../ui/copy-field.js';
import { Card, Section } from '../ui/page.js';
import styles from './connections-page.module.css';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './sign-in-page.js';

/** Connects a mailbox, and shows once what its mail is delivered with. */
export function ConnectMailboxForm() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [connected, setConnected] = useState<ConnectedMailbox | null>(null);
  const form = useForm({
    initialValues: { address: '', name: '', smtp: '' },
    validate: { address: rules.email, smtp: rules.smtpUrl },
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const smtpUrl = values.smtp.trim();
    const name = values.name.trim();
    const body: ConnectMailbox = {
      address: values.address.trim(),
      name: name === '' ? undefined : name,
      smtp: smtpUrl === '' ? undefined : { url: smtpUrl },
    };
    try {
      setConnected(await api.create<ConnectedMailbox>('/api/connections/email', body, key));
      form.reset();
      await client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('connections.addMailbox')}>
      {connected && <OnceOnly connected={connected} onDone={() => setConnected(null)} />}
      <Card>
        <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <div className={forms.inline}>
            <TextInput required type="email" autoComplete="off" label={t('connections.address')} {...form.getInputProps('address')} />
            <TextInput
              autoComplete="off"
              label={`${t('connections.mailboxName')} (${t('connections.optional')})`}
              {...form.getInputProps('name')}
            />
          </div>
          <TextInput
            autoComplete="off"
            inputMode="url"
            label={`${t('connections.smtp')} (${t('connections.optional')})`}
            description={t('connections.smtpHelp')}
            placeholder="smtps://"
            {...form.getInputProps('smtp')}
          />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('connections.connectMailbox')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

/** What is shown once: it stays until the agent says it is copied, and is in no cache. */
function OnceOnly({ connected, onDone }: { connected: ConnectedMailbox; onDone: () => void }) {
  const { t } = useTranslation();
  const inboundUrl = `${window.location.origin}/webhooks/email/${encodeURIComponent(connected.mailboxKey)}`;
  return (
    <div role="region" aria-label={t('connections.mailboxConnected', { name: connected.connection.name })}>
      <Card tone="warn">
        <div className={styles.once}>
          <div>
            <p role="status">
              <strong>{t('connections.mailboxConnected', { name: connected.connection.name })}</strong>. {t('connections.onceTitle')}.
            </p>
            <p>{t('connections.onceHelp')}</p>
          </div>
          <CopyField label={t('connections.inboundUrl')} value={inboundUrl} />
          <CopyField label={t('connections.mailboxKey')} value={connected.mailboxKey} />
          <CopyField label={t('connections.inboundSecret')} value={connected.inboundSecret} />
          <div className={forms.actions}>
            <Button variant="default" onClick={onDone}>
              {t('connections.onceDone')}
            </Button>
          </div>
        </div>
      </Card>
    </div>
  );
}
