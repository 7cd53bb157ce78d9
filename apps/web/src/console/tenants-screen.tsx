import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewTenant, TenantLine, TenantMade } from '#contract';
import { api, newKey } from '../api.js';
import { useFormats } from '../formats.js';
import styles from '../pages/connections-page.module.css';
import { rules, showRefusal } from '../pages/fields.js';
import forms from '../pages/form.module.css';
import { Refused } from '../pages/refused.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { CopyField } from '../ui/copy-field.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { PlaceLink } from './place.js';
import { doorPath, tenantsQuery } from './queries.js';

/** Every tenant: its state, how much it uses, and what can be done to it. */
export function TenantsScreen({ mayManage }: { mayManage: boolean }) {
  const { t } = useTranslation();
  const query = useQuery(tenantsQuery);
  return (
    <Page menu={null} title={t('console.tenants')} help={t('console.tenantsHelp')}>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <p className={styles.faint}>{t('console.noTenants')}</p>
            </Card>
          ) : (
            <ul className={styles.list} aria-label={t('console.tenants')}>
              {items.map((tenant) => (
                <Tenant key={tenant.id} tenant={tenant} mayManage={mayManage} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {mayManage && <CreateForm />}
    </Page>
  );
}

function Tenant({ tenant, mayManage }: { tenant: TenantLine; mayManage: boolean }) {
  const { t } = useTranslation();
  const { bytes, number, moment, shortDate } = useFormats();
  const client = useQueryClient();
  const [asking, setAsking] = useState<'suspend' | 'let in' | null>(null);
  const { id, name, state, usage, canReadUntil } = tenant;
  const change = async (act: () => Promise<unknown>, done: string) => {
    try {
      await act();
      notifyDone(done);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await client.invalidateQueries({ queryKey: tenantsQuery.queryKey });
  };
  const figures = [
    t('console.agents', { count: usage.agents }),
    t('console.connections', { count: usage.connections }),
    t('console.conversations', { count: usage.conversations, formatted: number(usage.conversations) }),
    t('console.files', { size: bytes(usage.storageBytes) }),
    usage.lastActivityAt === null ? t('console.neverActive') : t('console.lastActive', { date: shortDate(usage.lastActivityAt) }),
  ];
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{name}</strong>
          <Pill tone={state === 'active' ? 'good' : 'bad'}>{t(`console.state_${state}`)}</Pill>
        </p>
        <p className={styles.faint}>{figures.join(' · ')}</p>
        {tenant.suspendedAt !== null && (
          <p className={styles.problem}>
            {t('console.suspendedSince', { date: moment(tenant.suspendedAt), reason: tenant.suspendedReason ?? '' })}
          </p>
        )}
        {canReadUntil !== null && mayManage && (
          <p className={styles.faint}>
            {t('console.mayRead', { date: moment(canReadUntil) })}{' '}
            <PlaceLink to={`/tenants/${id}`}>{t('console.read', { name })}</PlaceLink>
          </p>
        )}
      </div>
      {mayManage && (
        <div className={styles.cardActions}>
          <Button variant="subtle" aria-label={t('console.letInOf', { name })} onClick={() => setAsking('let in')}>
            {t('console.letIn')}
          </Button>
          {state === 'active' ? (
            <Button variant="default" aria-label={t('console.suspendOf', { name })} onClick={() => setAsking('suspend')}>
              {t('console.suspend')}
            </Button>
          ) : (
            <Button
              variant="default"
              aria-label={t('console.resumeOf', { name })}
              onClick={() => void change(() => api.post(doorPath('tenants', id, 'resume'), {}), t('console.resumed', { name }))}
            >
              {t('console.resume')}
            </Button>
          )}
        </div>
      )}
      <SuspendDialog
        name={name}
        isOpen={asking === 'suspend'}
        onClose={() => setAsking(null)}
        onConfirm={(reason) => {
          setAsking(null);
          void change(() => api.post(doorPath('tenants', id, 'suspend'), { reason }), t('console.suspended', { name }));
        }}
      />
      <ConfirmDialog
        isOpen={asking === 'let in'}
        title={t('console.letInTitle', { name })}
        help={t('console.letInHelp')}
        label={t('console.letIn')}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          setAsking(null);
          void change(() => api.delete(doorPath('tenants', id, 'addresses')), t('console.lettingIn', { name }));
        }}
      />
    </li>
  );
}

interface SuspendDialogProps {
  name: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: (reason: string) => void;
}

function SuspendDialog({ name, isOpen, onClose, onConfirm }: SuspendDialogProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { reason: '' }, validate: { reason: rules.filled } });
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t('console.suspendTitle', { name })}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form className={styles.form} noValidate onSubmit={form.onSubmit(({ reason }) => onConfirm(reason))}>
        <p>{t('console.suspendHelp')}</p>
        <Textarea required autosize minRows={2} data-autofocus label={t('console.reason')} {...form.getInputProps('reason')} />
        <div className={styles.dialogActions}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button color="red" type="submit">
            {t('console.suspend')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function CreateForm() {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [made, setMade] = useState<(TenantMade & { name: string }) | null>(null);
  const form = useForm({
    initialValues: { name: '', ownerName: '', ownerEmail: '' },
    validate: { name: rules.filled, ownerName: rules.filled, ownerEmail: rules.email },
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async (values: NewTenant) => {
    setBusy(true);
    setRefusal(null);
    try {
      setMade({ ...(await api.create<TenantMade>(doorPath('tenants'), values, key)), name: values.name });
      form.reset();
      await client.invalidateQueries({ queryKey: tenantsQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('console.createTitle')} help={t('console.createHelp')}>
      {made && (
        <Card tone="warn">
          <div className={styles.once}>
            <p role="status">{t('console.linkHelp', { name: made.name, date: moment(made.expiresAt) })}</p>
            <CopyField label={t('console.link', { name: made.name })} value={made.inviteUrl} />
            <div className={forms.actions}>
              <Button variant="default" onClick={() => setMade(null)}>
                {t('action.done')}
              </Button>
            </div>
          </div>
        </Card>
      )}
      <Card>
        <form
          className={styles.form}
          noValidate
          onSubmit={form.onSubmit((values) => void submit({ ...values, ownerEmail: values.ownerEmail.trim() }))}
        >
          <TextInput required autoComplete="off" label={t('console.tenantName')} {...form.getInputProps('name')} />
          <div className={forms.inline}>
            <TextInput required autoComplete="off" label={t('console.ownerName')} {...form.getInputProps('ownerName')} />
            <TextInput required type="email" autoComplete="off" label={t('console.ownerEmail')} {...form.getInputProps('ownerEmail')} />
          </div>
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('console.create')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}
