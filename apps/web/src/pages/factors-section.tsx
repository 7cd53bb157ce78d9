import { Button, Modal, TextInput } from '@mantine/core';
import { IconDeviceMobile, IconFingerprint, IconLifebuoy } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FactorAdded, Factors, NewTotp, Passkey, RecoveryCodes as NewCodes } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { sessionKey } from '../session.js';
import { factorsQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import { AddPasskey } from './add-passkey.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';
import { RecoveryCodes } from './recovery-codes.js';
import { TotpSetup } from './totp-setup.js';

/** What the agent proves beside a password: an app, passkeys, and codes on paper. */
export function FactorsSection() {
  const { t } = useTranslation();
  const query = useQuery(factorsQuery);
  const client = useQueryClient();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const renew = () =>
    Promise.all([client.invalidateQueries({ queryKey: factorsQuery.queryKey }), client.invalidateQueries({ queryKey: sessionKey })]);
  const act = async (work: () => Promise<string | null>) => {
    try {
      const said = await work();
      if (said !== null) notifyDone(said);
      await renew();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  const onAdded = ({ recoveryCodes }: FactorAdded) => {
    notifyDone(t('factors.added'));
    if (recoveryCodes !== null) setCodes(recoveryCodes);
    void renew();
  };
  return (
    <Section title={t('factors.title')} help={t('factors.help')}>
      {codes !== null && (
        <Card tone="warn">
          <RecoveryCodes codes={codes} doneLabel={t('factors.recoveryDone')} onDone={() => setCodes(null)} />
        </Card>
      )}
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {(factors) => (
          <>
            <ul className={connections.list} aria-label={t('factors.title')}>
              <AppLine factors={factors} act={act} onAdded={onAdded} />
              {factors.passkeys.map((passkey) => (
                <PasskeyLine key={passkey.id} passkey={passkey} act={act} />
              ))}
              {(factors.totpSince !== null || factors.passkeys.length > 0) && (
                <Line
                  icon={<IconLifebuoy size={20} aria-hidden />}
                  name={t('factors.recovery')}
                  facts={t('factors.recoveryLeft', { count: factors.recoveryCodesLeft })}
                >
                  <Button
                    variant="default"
                    onClick={() =>
                      void act(async () => {
                        setCodes((await api.post<NewCodes>('/api/factors/recovery-codes', {})).recoveryCodes);
                        return null;
                      })
                    }
                  >
                    {t('factors.recoveryNew')}
                  </Button>
                </Line>
              )}
            </ul>
            <Card>
              <AddPasskey onAdded={onAdded} />
            </Card>
          </>
        )}
      </Loaded>
    </Section>
  );
}

type Act = (work: () => Promise<string | null>) => Promise<void>;

function Line({ icon, name, facts, children }: { icon: ReactNode; name: ReactNode; facts: string; children: ReactNode }) {
  return (
    <li className={connections.card}>
      {icon}
      <div className={connections.words}>
        <p className={connections.name}>{typeof name === 'string' ? <strong>{name}</strong> : name}</p>
        <p className={connections.faint}>{facts}</p>
      </div>
      <div className={connections.cardActions}>{children}</div>
    </li>
  );
}

function AppLine({ factors, act, onAdded }: { factors: Factors; act: Act; onAdded: (added: FactorAdded) => void }) {
  const { t } = useTranslation();
  const { date } = useFormats();
  const [totp, setTotp] = useState<NewTotp | null>(null);
  const begin = async () => {
    setTotp(await api.post<NewTotp>('/api/factors/totp', {}));
    return null;
  };
  const remove = async () => {
    await api.delete('/api/factors/totp');
    return t('factors.removed');
  };
  const since = factors.totpSince;
  return (
    <>
      <Line
        icon={<IconDeviceMobile size={20} aria-hidden />}
        name={
          <>
            <strong>{t('factors.app')}</strong>
            {factors.demanded && since === null && factors.passkeys.length === 0 && <Pill tone="warn">{t('factors.demanded')}</Pill>}
          </>
        }
        facts={since === null ? t('factors.appOff') : t('factors.appOn', { date: date(since) })}
      >
        <Button variant="default" onClick={() => void act(since === null ? begin : remove)}>
          {t(since === null ? 'factors.addApp' : 'factors.removeApp')}
        </Button>
      </Line>
      <Modal
        opened={totp !== null}
        onClose={() => setTotp(null)}
        title={t('factors.addApp')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        {totp && (
          <TotpSetup
            totp={totp}
            onCancel={() => setTotp(null)}
            onAdded={(added) => {
              setTotp(null);
              onAdded(added);
            }}
          />
        )}
      </Modal>
    </>
  );
}

function PasskeyLine({ passkey, act }: { passkey: Passkey; act: Act }) {
  const { t } = useTranslation();
  const { spokenAge, date } = useFormats();
  const atMs = useNowMs();
  const [name, setName] = useState<string | null>(null);
  const path = `/api/factors/passkeys/${encodeURIComponent(passkey.id)}`;
  const used = passkey.lastUsedAt === null ? t('factors.neverUsed') : t('factors.lastUsed', { age: spokenAge(passkey.lastUsedAt, atMs) });
  const rename = async () => {
    await api.patch<Passkey>(path, { name });
    setName(null);
    return null;
  };
  const remove = async () => {
    await api.delete(path);
    return t('factors.removed');
  };
  return (
    <>
      <Line
        icon={<IconFingerprint size={20} aria-hidden />}
        name={
          <>
            <strong>{passkey.name}</strong>
            {passkey.synced && <Pill>{t('factors.synced')}</Pill>}
          </>
        }
        facts={`${used} · ${t('factors.addedOn', { date: date(passkey.createdAt) })}`}
      >
        <Button variant="default" aria-label={t('factors.renameOf', { name: passkey.name })} onClick={() => setName(passkey.name)}>
          {t('factors.rename')}
        </Button>
        <Button variant="default" aria-label={t('factors.removeOf', { name: passkey.name })} onClick={() => void act(remove)}>
          {t('factors.remove')}
        </Button>
      </Line>
      <Modal
        opened={name !== null}
        onClose={() => setName(null)}
        title={t('factors.renameOf', { name: passkey.name })}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <form
          className={forms.form}
          data-flush
          onSubmit={(event) => {
            event.preventDefault();
            void act(rename);
          }}
        >
          <TextInput
            data-autofocus
            required
            maxLength={60}
            label={t('factors.passkeyName')}
            value={name ?? ''}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className={forms.actions}>
            <Button type="submit">{t('action.save')}</Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
