import { Button } from '@mantine/core';
import { IconDeviceMobile } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FactorAdded, NewTotp } from '#contract';
import { api } from '../api.js';
import { sessionKey, sessionQuery } from '../session.js';
import { sentenceOf } from '../ui/notify.js';
import { AddPasskey } from './add-passkey.js';
import { Entrance } from './entrance.js';
import forms from './form.module.css';
import { RecoveryCodes } from './recovery-codes.js';
import { Refused } from './refused.js';
import { TotpSetup } from './totp-setup.js';

/** The one thing that can be done by who has no second factor and should by now: set one up, or go. */
export function EnrolPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const [totp, setTotp] = useState<NewTotp | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const goOn = async () => {
    await client.invalidateQueries({ queryKey: sessionKey });
    await navigate({ to: '/', replace: true });
  };
  const onAdded = ({ recoveryCodes }: FactorAdded) => {
    if (recoveryCodes === null) void goOn();
    else setCodes(recoveryCodes);
  };
  const attempt = async (work: () => Promise<void>) => {
    setRefusal(null);
    await work().catch((error: unknown) => setRefusal(sentenceOf(error)));
  };
  const signOut = async () => {
    await api.delete('/api/session');
    client.setQueryData(sessionKey, null);
    await navigate({ to: '/sign-in', replace: true });
  };
  if (!session) return null;
  if (codes !== null) {
    return (
      <Entrance title={t('enrol.doneTitle')}>
        <RecoveryCodes codes={codes} doneLabel={t('enrol.go')} onDone={() => void goOn()} />
      </Entrance>
    );
  }
  return (
    <Entrance title={t('enrol.title')} help={t('enrol.help', { tenant: session.tenant.name })}>
      {totp === null ? (
        <div className={forms.form}>
          <Button
            size="sm"
            leftSection={<IconDeviceMobile size={16} aria-hidden />}
            onClick={() => void attempt(async () => setTotp(await api.post<NewTotp>('/api/factors/totp', {})))}
          >
            {t('factors.addApp')}
          </Button>
          <Refused refusal={refusal} />
          <AddPasskey onAdded={onAdded} />
          <Button variant="subtle" onClick={() => void attempt(signOut)}>
            {t('enrol.signOut')}
          </Button>
        </div>
      ) : (
        <TotpSetup totp={totp} onAdded={onAdded} onCancel={() => setTotp(null)} />
      )}
    </Entrance>
  );
}
