import { Button, PasswordInput, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { IdentityProvider, NewIdentityProvider } from '#contract';
import { api } from '../api.js';
import { identityProvidersQuery } from '../settings.js';
import { notifyDone } from '../ui/notify.js';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './refused.js';
import { type Line, linesIn, RoleLines, rolesIn } from './role-lines.js';

const SCOPES = 'openid profile email';
const words = (text: string) => text.split(/[\s,;]+/).filter((word) => word !== '');

/** A provider's facts as its own admin page shows them, and what the tenant lets it decide. */
export function IdentityProviderForm({ provider, onDone }: { provider: IdentityProvider | null; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [lines, setLines] = useState<readonly Line[]>(() => linesIn(provider?.roles ?? []));
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({
    initialValues: {
      name: provider?.name ?? '',
      issuer: provider?.issuer ?? '',
      clientId: provider?.clientId ?? '',
      clientSecret: '',
      scopes: provider?.scopes.join(' ') ?? SCOPES,
      roleClaim: provider?.roleClaim ?? '',
      domains: provider?.domains.join('\n') ?? '',
      createsAgents: provider?.createsAgents ?? false,
      countsAsSecondFactor: provider?.countsAsSecondFactor ?? false,
      isEnabled: provider?.isEnabled ?? true,
    },
    validate: { name: rules.filled, issuer: rules.filled, clientId: rules.filled },
  });
  const save = async ({ clientSecret, scopes, domains, roleClaim, ...values }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: NewIdentityProvider = {
      ...values,
      ...(clientSecret === '' ? {} : { clientSecret }),
      scopes: words(scopes),
      domains: words(domains),
      roleClaim: roleClaim.trim() === '' ? null : roleClaim.trim(),
      roles: rolesIn(lines),
    };
    try {
      const path = '/api/security/identity-providers';
      if (provider === null) await api.post<IdentityProvider>(path, body);
      else await api.patch<IdentityProvider>(`${path}/${encodeURIComponent(provider.id)}`, body);
      await client.invalidateQueries({ queryKey: identityProvidersQuery.queryKey });
      notifyDone(t('providers.saved', { name: body.name }));
      onDone();
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  const flag = (name: 'createsAgents' | 'countsAsSecondFactor' | 'isEnabled') => form.getInputProps(name, { type: 'checkbox' });
  return (
    <form className={forms.form} data-flush noValidate onSubmit={form.onSubmit((values) => void save(values))}>
      <TextInput
        required
        data-autofocus
        maxLength={60}
        label={t('providers.name')}
        description={t('providers.nameHelp')}
        {...form.getInputProps('name')}
      />
      <TextInput
        required
        spellCheck={false}
        label={t('providers.issuer')}
        description={t('providers.issuerHelp')}
        {...form.getInputProps('issuer')}
      />
      <div className={forms.inline}>
        <TextInput required spellCheck={false} autoComplete="off" label={t('providers.clientId')} {...form.getInputProps('clientId')} />
        <PasswordInput
          autoComplete="off"
          label={t('providers.secret')}
          description={provider?.hasSecret === true ? t('providers.secretKept') : undefined}
          {...form.getInputProps('clientSecret')}
        />
      </div>
      <TextInput spellCheck={false} label={t('providers.scopes')} {...form.getInputProps('scopes')} />
      <TextInput
        spellCheck={false}
        label={t('providers.roleClaim')}
        description={t('providers.roleClaimHelp')}
        {...form.getInputProps('roleClaim')}
      />
      <RoleLines lines={lines} onChange={setLines} />
      <Switch label={t('providers.creates')} description={t('providers.createsHelp')} {...flag('createsAgents')} />
      {form.values.createsAgents && (
        <Textarea
          rows={2}
          required
          spellCheck={false}
          label={t('providers.domains')}
          description={t('providers.domainsHelp')}
          {...form.getInputProps('domains')}
        />
      )}
      <Switch label={t('providers.second')} description={t('providers.secondHelp')} {...flag('countsAsSecondFactor')} />
      <Switch label={t('providers.enabled')} {...flag('isEnabled')} />
      <Refused refusal={refusal} />
      <div className={forms.actions}>
        <Button type="submit" loading={isBusy}>
          {t('action.save')}
        </Button>
      </div>
    </form>
  );
}
