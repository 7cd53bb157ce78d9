import { Button } from '@mantine/core';
import { IconId } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { OwnIdentity } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { sessionKey } from '../session.js';
import { identitiesQuery } from '../settings.js';
import { goToProvider } from '../single-sign-on.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Pill, Section } from '../ui/page.js';
import connections from './connections-page.module.css';

/** By which of the team's providers the agent comes in. Where the team has none, nothing is said of it. */
export function IdentitiesSection() {
  const { t } = useTranslation();
  const { data } = useQuery(identitiesQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <Section title={t('identities.title')} help={t('identities.help')}>
      <ul className={connections.list} aria-label={t('identities.title')}>
        {data.items.map((identity) => (
          <IdentityLine key={identity.providerId} identity={identity} />
        ))}
      </ul>
    </Section>
  );
}

function IdentityLine({ identity: { providerId, name, connectedAt, lastUsedAt } }: { identity: OwnIdentity }) {
  const { t } = useTranslation();
  const { spokenAge, date } = useFormats();
  const atMs = useNowMs();
  const client = useQueryClient();
  const path = `/api/factors/identities/${encodeURIComponent(providerId)}`;
  const act = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  const disconnect = async () => {
    await api.delete(path);
    notifyDone(t('identities.disconnected', { name }));
    await Promise.all([identitiesQuery.queryKey, sessionKey].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const used = lastUsedAt === null ? t('factors.neverUsed') : t('factors.lastUsed', { age: spokenAge(lastUsedAt, atMs) });
  return (
    <li className={connections.card}>
      <IconId size={20} aria-hidden />
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{name}</strong>
          {connectedAt !== null && <Pill tone="good">{t('identities.connected')}</Pill>}
        </p>
        <p className={connections.faint}>
          {connectedAt === null ? t('identities.notConnected') : `${used} · ${t('factors.addedOn', { date: date(connectedAt) })}`}
        </p>
      </div>
      <div className={connections.cardActions}>
        {connectedAt === null ? (
          <Button variant="default" aria-label={t('identities.connectOf', { name })} onClick={() => void act(() => goToProvider(path))}>
            {t('identities.connect')}
          </Button>
        ) : (
          <Button variant="default" aria-label={t('identities.disconnectOf', { name })} onClick={() => void act(disconnect)}>
            {t('identities.disconnect')}
          </Button>
        )}
      </div>
    </li>
  );
}
