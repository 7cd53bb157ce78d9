import { Button, Switch } from '@mantine/core';
import { IconId } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { IdentityProvider, IdentityProviderTest, Security, SecurityChange } from '#contract';
import { api } from '../api.js';
import { may, useSession } from '../session.js';
import { identityProvidersQuery, securityQuery } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { CopyField } from '../ui/copy-field.js';
import { LazyModal } from '../ui/lazy-modal.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import { IdentityProviderForm } from './identity-provider-form.js';

/** The providers by which people of the tenant come in. */
export function IdentityProvidersSection() {
  const { t } = useTranslation();
  const query = useQuery(identityProvidersQuery);
  const mayChange = may(useSession(), 'security:manage');
  const [edited, setEdited] = useState<IdentityProvider | 'new' | null>(null);
  const isNew = edited === 'new' || edited === null;
  return (
    <Section
      title={t('providers.title')}
      help={t('providers.help')}
      aside={mayChange && <Button onClick={() => setEdited('new')}>{t('providers.add')}</Button>}
    >
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {({ items }) => (
          <>
            {items.length === 0 && <p className={connections.faint}>{t('providers.none')}</p>}
            <ul className={connections.list} aria-label={t('providers.title')}>
              {items.map((provider) => (
                <ProviderLine key={provider.id} provider={provider} onEdit={mayChange ? () => setEdited(provider) : undefined} />
              ))}
            </ul>
            {items.length > 0 && <RequiredSwitch mayChange={mayChange} />}
            <LazyModal
              opened={edited !== null}
              onClose={() => setEdited(null)}
              title={isNew ? t('providers.add') : t('providers.editOf', { name: edited.name })}
              size="lg"
            >
              {edited !== null && <IdentityProviderForm provider={isNew ? null : edited} onDone={() => setEdited(null)} />}
            </LazyModal>
          </>
        )}
      </Loaded>
    </Section>
  );
}

function ProviderLine({ provider, onEdit }: { provider: IdentityProvider; onEdit: (() => void) | undefined }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isLeaving, setLeaving] = useState(false);
  const { name } = provider;
  const path = `/api/security/identity-providers/${encodeURIComponent(provider.id)}`;
  const act = async (work: () => Promise<string>) => {
    try {
      notifyDone(await work());
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  const test = async () => {
    const { signsInAt } = await api.post<IdentityProviderTest>(`${path}/test`, {});
    return t('providers.answers', { name, place: signsInAt });
  };
  const remove = async () => {
    setLeaving(false);
    await api.delete(path);
    await client.invalidateQueries({ queryKey: identityProvidersQuery.queryKey });
    return t('providers.removed', { name });
  };
  return (
    <li className={connections.card}>
      <IconId size={20} aria-hidden />
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{name}</strong>
          <Pill tone={provider.isEnabled ? 'good' : 'warn'}>{provider.isEnabled ? t('providers.on') : t('providers.off')}</Pill>
          <span className={connections.faint}>{t('providers.agents', { count: provider.agents })}</span>
        </p>
        <p className={connections.faint}>{provider.issuer}</p>
        <CopyField label={t('providers.signInUrl')} value={provider.signInUrl} />
        <CopyField label={t('providers.redirectUrl')} value={provider.redirectUrl} />
      </div>
      {onEdit && (
        <div className={connections.cardActions}>
          <Button variant="default" onClick={() => void act(test)} aria-label={t('providers.testOf', { name })}>
            {t('providers.test')}
          </Button>
          <Button variant="default" onClick={onEdit} aria-label={t('providers.editOf', { name })}>
            {t('providers.edit')}
          </Button>
          <Button variant="default" color="red" onClick={() => setLeaving(true)} aria-label={t('providers.removeOf', { name })}>
            {t('providers.remove')}
          </Button>
        </div>
      )}
      <ConfirmDialog
        isOpen={isLeaving}
        isDangerous
        title={t('providers.removeTitle', { name })}
        help={<p>{t('providers.removeHelp')}</p>}
        label={t('providers.remove')}
        onConfirm={() => void act(remove)}
        onClose={() => setLeaving(false)}
      />
    </li>
  );
}

function RequiredSwitch({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(securityQuery);
  const change = async (singleSignOnRequired: boolean) => {
    try {
      const body: SecurityChange = { singleSignOnRequired };
      client.setQueryData(securityQuery.queryKey, await api.patch<Security>('/api/security', body));
      notifyDone(t('sessions.saved'));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <Card>
      <Switch
        checked={data?.singleSignOnRequired ?? false}
        disabled={!mayChange || !data}
        onChange={(event) => void change(event.currentTarget.checked)}
        label={t('providers.required')}
        description={t('providers.requiredHelp')}
      />
    </Card>
  );
}
