import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Confirm } from '#contract';
import { api } from './api.js';
import forms from './pages/form.module.css';
import { canUsePasskeys, signWithPasskey } from './passkeys.js';
import { askedProof } from './proof.js';
import { sessionQuery } from './session.js';
import { useStore } from './store.js';
import { LazyModal } from './ui/lazy-modal.js';
import { sentenceOf } from './ui/notify.js';
import { Refused } from './pages/refused.js';

/** Asks whether it is still you, wherever the server wants to know before it goes on. */
export function ProofDialog() {
  const { t } = useTranslation();
  const asked = useStore(askedProof, (proof) => proof);
  return (
    <LazyModal opened={asked !== null} onClose={() => asked?.settle(false)} title={t('proof.title')}>
      {asked && <ProofForm isEverything={asked.what === 'everything'} onDone={asked.settle} />}
    </LazyModal>
  );
}

function ProofForm({ isEverything, onDone }: { isEverything: boolean; onDone: (isProved: boolean) => void }) {
  const { t } = useTranslation();
  const { data: session } = useQuery(sessionQuery);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { password: '', code: '' } });
  const { password: hasPassword, secondFactors } = session?.proofs ?? { password: true, secondFactors: [] };
  const hasSecond = secondFactors.length > 0;
  const asksPassword = hasPassword && (isEverything || !hasSecond);
  const prove = async (make: () => Promise<Confirm> | Confirm) => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post('/api/session/confirm', await make());
      onDone(true);
    } catch (error) {
      setRefusal(sentenceOf(error));
      setBusy(false);
    }
  };
  const typed = ({ password, code }: typeof form.values): Confirm => ({
    ...(asksPassword ? { password } : {}),
    ...(hasSecond ? { code } : {}),
  });
  return (
    <form className={forms.form} data-flush onSubmit={form.onSubmit((values) => void prove(() => typed(values)))}>
      <p>{t(isEverything ? 'proof.helpEverything' : 'proof.help')}</p>
      <input type="hidden" name="username" autoComplete="username" value={session?.agent.email ?? ''} readOnly />
      {asksPassword && (
        <PasswordInput
          size="sm"
          required
          data-autofocus
          autoComplete="current-password"
          label={t('proof.password')}
          {...form.getInputProps('password')}
        />
      )}
      {hasSecond && (
        <TextInput
          size="sm"
          required
          data-autofocus={!asksPassword || undefined}
          autoComplete="one-time-code"
          label={t('proof.code')}
          description={t('proof.codeHelp')}
          {...form.getInputProps('code')}
        />
      )}
      <Refused refusal={refusal} />
      <div className={forms.actions}>
        {secondFactors.includes('passkey') && canUsePasskeys() && (
          <Button
            variant="default"
            disabled={isBusy}
            leftSection={<IconFingerprint size={16} aria-hidden />}
            onClick={() => void prove(async () => ({ passkey: await signWithPasskey('/api/session/confirm/options') }))}
          >
            {t('proof.passkey')}
          </Button>
        )}
        <Button variant="default" onClick={() => onDone(false)}>
          {t('action.cancel')}
        </Button>
        <Button type="submit" loading={isBusy}>
          {t('proof.submit')}
        </Button>
      </div>
    </form>
  );
}
