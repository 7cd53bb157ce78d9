import { Button } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey, MadeApiKey } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { apiKeysQuery } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { CopyField } from '../ui/copy-field.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import { NewKeyForm } from './new-key-form.js';
import { permissionWords } from './role-names.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';

const TONES = { good: 'good', expired: 'plain', maker_gone: 'warn' } as const;

/** The keys with which programs come in. */
export function ApiKeysSection() {
  const { t } = useTranslation();
  const query = useQuery({ ...apiKeysQuery, refetchOnMount: 'always' });
  const [made, setMade] = useState<MadeApiKey | null>(null);
  return (
    <Section title={t('keys.title')} help={t('keys.help')}>
      {made && (
        <Card tone="warn">
          <div className={connections.once}>
            <p role="status">
              <strong>{t('keys.onceTitle', { name: made.key.name })}</strong>. {t('keys.onceHelp')}
            </p>
            <CopyField label={t('keys.onceTitle', { name: made.key.name })} value={made.token} />
            <div className={forms.actions}>
              <Button variant="default" onClick={() => setMade(null)}>
                {t('action.done')}
              </Button>
            </div>
          </div>
        </Card>
      )}
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={2} />}>
        {({ items, offered }) => (
          <>
            {items.length === 0 ? (
              <p className={connections.faint}>{t('keys.none')}</p>
            ) : (
              <ul className={connections.list} aria-label={t('keys.list')}>
                {items.map((key) => (
                  <KeyLine key={key.id} apiKey={key} />
                ))}
              </ul>
            )}
            <NewKeyForm offered={offered} onMade={setMade} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function KeyLine({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const { spokenAge, date } = useFormats();
  const atMs = useNowMs();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const { id, name, state, madeBy, expiresAt, lastUsedAt, permissions, ranges } = apiKey;
  const revoke = async () => {
    setAsking(false);
    try {
      await api.delete(`/api/api-keys/${encodeURIComponent(id)}`);
      notifyDone(t('keys.revoked', { name }));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
  };
  const facts = [
    t('keys.madeBy', { name: madeBy.name }),
    t('keys.until', { date: date(expiresAt) }),
    lastUsedAt === null ? t('keys.neverUsed') : t('keys.lastUsed', { age: spokenAge(lastUsedAt, atMs) }),
    ...(ranges.length > 0 ? [t('keys.from', { ranges: ranges.join(', ') })] : []),
  ];
  return (
    <li className={connections.card}>
      <IconKey size={20} aria-hidden />
      <div className={connections.words}>
        <p className={connections.name}>
          <strong>{name}</strong>
          <Pill tone={TONES[state]}>{t(`keys.state_${state}`)}</Pill>
        </p>
        <p className={connections.faint}>{facts.join(' · ')}</p>
        <p className={connections.faint}>{permissions.map((permission) => permissionWords(t, permission)).join(' · ')}</p>
      </div>
      <Button variant="default" onClick={() => setAsking(true)} aria-label={t('keys.revokeOf', { name })}>
        {t('keys.revoke')}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        isDangerous
        title={t('keys.revokeTitle', { name })}
        help={<p>{t('keys.revokeHelp')}</p>}
        label={t('keys.revoke')}
        onConfirm={() => void revoke()}
        onClose={() => setAsking(false)}
      />
    </li>
  );
}
