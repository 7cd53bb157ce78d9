import { Button, NativeSelect } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRules } from '#contract';
import { api } from '../api.js';
import { may, sessionKey, useSession } from '../session.js';
import { sessionRulesQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';
import { Refused } from './refused.js';

const LOCK_MINUTES = [1, 5, 10, 15, 30, 60, 120];
const IDLE_HOURS = [1, 4, 8, 12, 24, 72, 168];
const LIFE_HOURS = [8, 12, 24, 72, 168, 336, 720];
const DAY_HOURS = 24;

/** When desks lock themselves, and how long a session lasts. */
export function SessionRulesSection() {
  const { t } = useTranslation();
  const query = useQuery(sessionRulesQuery);
  return (
    <Section title={t('sessions.title')} help={t('sessions.help')}>
      <Card>
        <Loaded query={query} skeleton={<Skeleton lines={3} />}>
          {(rules) => <RulesForm key={JSON.stringify(rules)} rules={rules} />}
        </Loaded>
      </Card>
    </Section>
  );
}

function RulesForm({ rules }: { rules: SessionRules }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayChange = may(useSession(), 'security:manage');
  const [wanted, setWanted] = useState(rules);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      client.setQueryData(sessionRulesQuery.queryKey, await api.put<SessionRules>('/api/security/sessions/rules', wanted));
      notifyDone(t('sessions.saved'));
      await client.invalidateQueries({ queryKey: sessionKey });
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const hours = (count: number) =>
    count % DAY_HOURS === 0 ? t('sessions.days', { count: count / DAY_HOURS }) : t('sessions.hours', { count });
  // What was set by a program need not be one of ours.
  const among = (offered: readonly number[], present: number) => [...new Set([...offered, present])].sort((a, b) => a - b);
  const ofHours = (offered: readonly number[], present: number) =>
    among(offered, present).map((count) => ({ value: String(count), label: hours(count) }));
  return (
    <form
      className={connections.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <NativeSelect
        label={t('sessions.lock')}
        description={t('sessions.lockHelp')}
        disabled={!mayChange}
        value={String(wanted.lockAfterMinutes ?? '')}
        onChange={({ currentTarget: { value } }) => setWanted({ ...wanted, lockAfterMinutes: value === '' ? null : Number(value) })}
        data={[
          ...among(LOCK_MINUTES, rules.lockAfterMinutes ?? LOCK_MINUTES[0]!).map((count) => ({
            value: String(count),
            label: t('sessions.minutes', { count }),
          })),
          { value: '', label: t('sessions.never') },
        ]}
      />
      <div className={forms.inline}>
        <NativeSelect
          label={t('sessions.idle')}
          disabled={!mayChange}
          value={String(wanted.idleHours)}
          onChange={(event) => setWanted({ ...wanted, idleHours: Number(event.currentTarget.value) })}
          data={ofHours(IDLE_HOURS, rules.idleHours)}
        />
        <NativeSelect
          label={t('sessions.life')}
          disabled={!mayChange}
          value={String(wanted.lifeHours)}
          onChange={(event) => setWanted({ ...wanted, lifeHours: Number(event.currentTarget.value) })}
          data={ofHours(LIFE_HOURS, rules.lifeHours)}
        />
      </div>
      <Refused refusal={refusal} />
      {mayChange && (
        <div className={forms.actions}>
          <Button type="submit" loading={isBusy}>
            {t('action.save')}
          </Button>
        </div>
      )}
    </form>
  );
}
