import { Button, NativeSelect } from '@mantine/core';
import { IconDeviceDesktop } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { deviceName } from '../device-name.js';
import { useFormats } from '../formats.js';
import { useSession } from '../session.js';
import { agentSessionsQuery, agentsQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';

/** Where one colleague is signed in, and a way to end all of it. */
export function AgentSessionsSection() {
  const { t } = useTranslation();
  const { agent: self } = useSession();
  const { data } = useQuery(agentsQuery);
  const [agentId, setAgentId] = useState('');
  const others = data?.items.filter(({ id, state }) => id !== self.id && state === 'active') ?? [];
  const chosen = others.find(({ id }) => id === agentId);
  return (
    <Section title={t('colleagues.title')} help={t('colleagues.help')}>
      <Card>
        <div className={connections.form}>
          <NativeSelect
            label={t('colleagues.choose')}
            value={agentId}
            onChange={(event) => setAgentId(event.currentTarget.value)}
            data={[{ value: '', label: t('colleagues.nobody') }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
          />
          {chosen && <SessionsOf key={chosen.id} agent={chosen} />}
        </div>
      </Card>
    </Section>
  );
}

function SessionsOf({ agent: { id, name } }: { agent: Agent }) {
  const { t } = useTranslation();
  const { spokenAge, date } = useFormats();
  const atMs = useNowMs();
  const client = useQueryClient();
  const query = useQuery({ ...agentSessionsQuery(id), refetchOnMount: 'always' });
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await api.delete(`/api/agents/${encodeURIComponent(id)}/sessions`);
      notifyDone(t('colleagues.ended', { name }));
      await client.invalidateQueries({ queryKey: agentSessionsQuery(id).queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Loaded query={query} skeleton={<Skeleton lines={2} />}>
      {({ items }) =>
        items.length === 0 ? (
          <p className={connections.faint}>{t('colleagues.nowhere', { name })}</p>
        ) : (
          <>
            <ul className={connections.list} aria-label={t('colleagues.list', { name })}>
              {items.map((session) => (
                <li key={session.id} className={connections.card}>
                  <IconDeviceDesktop size={20} aria-hidden />
                  <div className={connections.words}>
                    <p className={connections.name}>
                      <strong title={session.device}>{deviceName(session.device)}</strong>
                    </p>
                    <p className={connections.faint}>
                      {t('colleagues.lastSeen', { age: spokenAge(session.lastSeenAt, atMs) })} ·{' '}
                      {t('colleagues.since', { date: date(session.createdAt) })}
                    </p>
                  </div>
                </li>
              ))}
            </ul>
            <div className={forms.actions}>
              <Button variant="default" loading={isBusy} onClick={() => void end()}>
                {t('colleagues.end', { name })}
              </Button>
            </div>
          </>
        )
      }
    </Loaded>
  );
}
