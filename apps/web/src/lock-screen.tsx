import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '#contract';
import { api } from './api.js';
import { keepLocked, unlocked } from './lock.js';
import { Entrance } from './pages/entrance.js';
import forms from './pages/form.module.css';
import { ProofForm } from './proof-form.js';
import { sessionKey } from './session.js';
import { notifyFailed, sentenceOf } from './ui/notify.js';

/** What a locked session shows: whose it is, and how to go on. The address stays, so that one is back where one was. */
export function LockScreen({ session }: { session: Session }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  useEffect(keepLocked, []);
  const signOut = async () => {
    try {
      await api.delete('/api/session');
      client.setQueryData(sessionKey, null);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <Entrance title={t('lock.title')} help={t('lock.help', { name: session.agent.name })}>
      <div className={forms.form}>
        <ProofForm
          isEverything={false}
          send={async (given) => {
            unlocked(client, await api.post<Session>('/api/session/unlock', given));
          }}
          submitLabel={t('lock.unlock')}
          otherLabel={t('lock.signOut')}
          onOther={() => void signOut()}
          onProved={() => void client.invalidateQueries({ queryKey: sessionKey })}
        />
      </div>
    </Entrance>
  );
}
