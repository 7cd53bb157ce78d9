import { Button, TextInput } from '@mantine/core';
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from '@simplewebauthn/browser';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperatorSession } from '#contract';
import { api } from '../api.js';
import { Entrance } from '../pages/entrance.js';
import forms from '../pages/form.module.css';
import { Refused } from '../pages/refused.js';
import { sentenceOf } from '../ui/notify.js';
import { goTo } from './place.js';
import { doorPath, operatorQuery } from './queries.js';

/** Come in with a passkey; there is no other way. */
export function SignInScreen() {
  const { t } = useTranslation();
  const { isBusy, refusal, attempt } = usePasskey(async () => {
    const optionsJSON = await api.post<PublicKeyCredentialRequestOptionsJSON>(doorPath('session', 'options'), {});
    return api.post<OperatorSession>(doorPath('session'), { response: await startAuthentication({ optionsJSON }) });
  });
  return (
    <Entrance title={t('console.signIn')} help={t('console.signInHelp')}>
      <div className={forms.form}>
        <Refused refusal={refusal} />
        <Button size="sm" loading={isBusy} onClick={() => void attempt()} data-autofocus>
          {t('console.usePasskey')}
        </Button>
      </div>
    </Entrance>
  );
}

/** Make a passkey, for whoever holds a link. */
export function EnrolScreen() {
  const { t } = useTranslation();
  const [label, setLabel] = useState('');
  const token = window.location.hash.slice(1);
  const { isBusy, refusal, attempt } = usePasskey(async () => {
    const optionsJSON = await api.post<PublicKeyCredentialCreationOptionsJSON>(doorPath('enrolment', 'options'), { token });
    const response = await startRegistration({ optionsJSON });
    const session = await api.post<OperatorSession>(doorPath('enrolment'), {
      token,
      label: label.trim() || t('console.passkey'),
      response,
    });
    goTo('/');
    return session;
  });
  return (
    <Entrance title={t('console.enrol')} help={t('console.enrolHelp')}>
      <form
        className={forms.form}
        onSubmit={(event) => {
          event.preventDefault();
          void attempt();
        }}
      >
        <TextInput
          size="sm"
          label={t('console.label')}
          description={t('console.labelHelp')}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('console.makePasskey')}
        </Button>
      </form>
    </Entrance>
  );
}

function usePasskey(work: () => Promise<OperatorSession>) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const attempt = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      client.setQueryData(operatorQuery.queryKey, await work());
    } catch (error) {
      // The person has changed their mind, or the browser found no passkey: it has said so itself.
      setRefusal(error instanceof WebAuthnError || error instanceof DOMException ? t('console.noPasskey') : sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, refusal, attempt };
}
