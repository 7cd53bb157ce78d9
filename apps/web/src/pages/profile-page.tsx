import { Button, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconDeviceDesktop } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Locale, ProfileChange, Session, SIGNATURE_LENGTH_MAX as SignatureLengthMax, SignedInSession } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { deviceName } from '../device-name.js';
import { useFormats } from '../formats.js';
import { LOCALES, speak } from '../i18n/index.js';
import { switchSingleKeys, useSingleKeys } from '../keyboard.js';
import { RailButton } from '../rail.js';
import { sessionKey, useSession } from '../session.js';
import { signedInQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import { AddressSection, DeleteSection, PasswordSection } from './account-sections.js';
import connections from './connections-page.module.css';
import { FactorsSection } from './factors-section.js';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { IdentitiesSection } from './identities-section.js';
import { Refused } from './refused.js';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const SIGNATURE_LENGTH_MAX: typeof SignatureLengthMax = 2_000;

/** The agent's own page: name, language, keys, how she comes in, and where she is signed in. */
export function ProfilePage() {
  const { t } = useTranslation();
  const query = useQuery(signedInQuery);
  const areKeysOn = useSingleKeys();
  return (
    <Page menu={<RailButton />} title={t('profile.title')}>
      <ProfileForm />
      <FactorsSection />
      <IdentitiesSection />
      <PasswordSection />
      <AddressSection />
      <Section title={t('profile.keyboard')}>
        <Card>
          <Switch
            checked={areKeysOn}
            onChange={(event) => switchSingleKeys(event.currentTarget.checked)}
            label={t('profile.singleKeys')}
            description={t('profile.singleKeysHelp')}
          />
        </Card>
      </Section>
      <Section title={t('profile.sessions')} help={t('profile.sessionsHelp')}>
        <Loaded query={query} skeleton={<Skeleton shape="card" lines={2} />}>
          {({ items }) => (
            <>
              <ul className={connections.list} aria-label={t('profile.sessions')}>
                {items.map((session) => (
                  <SessionLine key={session.id} session={session} />
                ))}
              </ul>
              {items.length > 1 && <EndOthers />}
            </>
          )}
        </Loaded>
      </Section>
      <DeleteSection />
    </Page>
  );
}

function EndOthers() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const end = async () => {
    try {
      await api.delete('/api/security/sessions');
      notifyDone(t('profile.othersEnded'));
      await client.invalidateQueries({ queryKey: signedInQuery.queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <div className={forms.actions}>
      <Button variant="default" onClick={() => void end()}>
        {t('profile.endOthers')}
      </Button>
    </div>
  );
}

function ProfileForm() {
  const { t } = useTranslation();
  const { agent } = useSession();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm<{ name: string; locale: string; signature: string }>({
    initialValues: { name: agent.name, locale: agent.locale, signature: agent.signature },
    validate: { name: rules.filled },
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const locale: Locale = values.locale === 'nl' ? 'nl' : 'en';
    const body: ProfileChange = { name: values.name.trim(), locale, signature: values.signature };
    try {
      await api.patch<unknown>('/api/profile', body);
      client.setQueryData<Session | null>(
        sessionKey,
        (session) => session && { ...session, agent: { ...session.agent, name: values.name.trim(), locale, signature: values.signature } },
      );
      await speak(locale);
      notifyDone(t('action.saved'));
      await client.invalidateQueries({ queryKey: sessionKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('profile.you')}>
      <Card>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <div className={forms.inline}>
            <TextInput
              required
              autoComplete="name"
              label={t('profile.name')}
              description={t('profile.nameHelp')}
              {...form.getInputProps('name')}
            />
            <NativeSelect
              label={t('app.language')}
              description={t('profile.languageHelp')}
              data={LOCALES.map(({ value, label }) => ({ value, label }))}
              {...form.getInputProps('locale')}
            />
          </div>
          <Textarea
            rows={3}
            maxLength={SIGNATURE_LENGTH_MAX}
            label={t('profile.signature')}
            description={t('profile.signatureHelp')}
            {...form.getInputProps('signature')}
          />
          <p className={connections.faint}>
            {agent.email} · {t(`people.role_${agent.role}`)}
          </p>
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('action.save')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

function SessionLine({ session }: { session: SignedInSession }) {
  const { t } = useTranslation();
  const { spokenAge, date } = useFormats();
  const atMs = useNowMs();
  const device = deviceName(session.device);
  const client = useQueryClient();
  const end = async () => {
    try {
      await api.delete(`/api/security/sessions/${encodeURIComponent(session.id)}`);
      notifyDone(t('profile.ended', { device }));
      await client.invalidateQueries({ queryKey: signedInQuery.queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <li className={connections.card}>
      <IconDeviceDesktop size={20} aria-hidden />
      <div className={connections.words}>
        <p className={connections.name}>
          <strong title={session.device}>{device}</strong>
          {session.current && <Pill tone="good">{t('profile.current')}</Pill>}
        </p>
        <p className={connections.faint}>
          {t('profile.lastSeen', { age: spokenAge(session.lastSeenAt, atMs) })} ·{' '}
          {t('profile.signedInSince', { date: date(session.createdAt) })}
        </p>
      </div>
      {!session.current && (
        <Button variant="default" onClick={() => void end()} aria-label={t('profile.endOf', { device })}>
          {t('profile.end')}
        </Button>
      )}
    </li>
  );
}
