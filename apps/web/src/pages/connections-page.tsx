import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, Connection, ConnectMailbox, ConnectPage } from '#contract';
import { api, newKey } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { connectionsQuery } from '../settings.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { CopyField } from '../ui/copy-field.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { EmptyState, Skeleton } from '../ui/states.js';
import styles from './connections-page.module.css';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './sign-in-page.js';

/** The tenant's pages and mailboxes: how they are, and how to connect another. */
export function ConnectionsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const query = useQuery(connectionsQuery);
  const isAdmin = may(session, 'connection:manage');
  return (
    <Page menu={<RailButton />} title={t('connections.title')} help={t('connections.help')}>
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <EmptyState
                icon={<IconPlugConnected />}
                title={t('connections.emptyTitle')}
                help={isAdmin ? t('connections.emptyHelp') : undefined}
              />
            </Card>
          ) : (
            <ul className={styles.list} aria-label={t('connections.listLabel')}>
              {items.map((connection) => (
                <ConnectionCard key={connection.id} connection={connection} isAdmin={isAdmin} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isAdmin && (
        <>
          <ConnectPageForm />
          <ConnectMailboxForm />
        </>
      )}
    </Page>
  );
}

const TONES = { active: 'good', needs_reconnecting: 'warn', disconnected: 'plain' } as const;

function ConnectionCard({ connection, isAdmin }: { connection: Connection; isAdmin: boolean }) {
  const { t } = useTranslation();
  const { spokenAge } = useFormats();
  const atMs = useNowMs();
  const [isAsking, setAsking] = useState(false);
  return (
    <li className={styles.card} id={connection.id}>
      <ChannelMark channel={connection.channel} sizePx={22} />
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{connection.name}</strong>
          <Pill tone={TONES[connection.state]}>{t(`connections.state_${connection.state}`)}</Pill>
        </p>
        <p className={styles.faint}>
          {connection.externalId}
          {' · '}
          {connection.lastReceivedAt === null
            ? t('connections.nothingReceived')
            : t('connections.lastReceived', { age: spokenAge(connection.lastReceivedAt, atMs) })}
        </p>
        {connection.problem !== null && <p className={styles.problem}>{connection.problem}</p>}
      </div>
      {isAdmin && connection.state !== 'disconnected' && (
        <Button variant="default" onClick={() => setAsking(true)} aria-label={`${t('connections.disconnect')}: ${connection.name}`}>
          {t('connections.disconnect')}
        </Button>
      )}
      <DisconnectDialog connection={connection} isOpen={isAsking} onClose={() => setAsking(false)} />
    </li>
  );
}

function DisconnectDialog({ connection, isOpen, onClose }: { connection: Connection; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const disconnect = async () => {
    setBusy(true);
    try {
      await api.delete(`/api/connections/${encodeURIComponent(connection.id)}`);
      notifyDone(t('connections.disconnected', { name: connection.name }));
      onClose();
      await client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t('connections.disconnectTitle', { name: connection.name })}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <p>{t('connections.disconnectHelp')}</p>
      <div className={styles.dialogActions}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('action.cancel')}
        </Button>
        <Button color="red" loading={isBusy} onClick={() => void disconnect()}>
          {t('connections.disconnect')}
        </Button>
      </div>
    </Modal>
  );
}

function ConnectPageForm() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    initialValues: { pageId: '', pageToken: '' },
    validate: { pageId: rules.pageId, pageToken: rules.filled },
    // Other words are another wish: a key is only for saying the same again.
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: ConnectPage = { pageId: values.pageId.trim(), pageToken: values.pageToken.trim() };
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
    <Section title={t('connections.addPage')}>
      <Card>
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
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('connections.connectPage')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

function ConnectMailboxForm() {
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
