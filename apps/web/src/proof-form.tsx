import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint, IconLogin2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Confirm } from '#contract';
import forms from './pages/form.module.css';
import { canUsePasskeys, signWithPasskey } from './passkeys.js';
import { sessionQuery } from './session.js';
import { onProvedElsewhere, proveInWindow } from './single-sign-on.js';
import { sentenceOf } from './ui/notify.js';
import { Refused } from './pages/refused.js';

interface ProofFormProps {
  /** The password and a second factor, whatever of them there is. */
  isEverything: boolean;
  /** Sends what was given; what it is refused with stands in the form. */
  send: (given: Confirm) => Promise<void>;
  submitLabel: string;
  /** The other way out: to cancel, or to sign out. */
  otherLabel: string;
  onOther: () => void;
  /** A provider proved it, in a window of its own. */
  onProved: () => void;
}

/** Asks for what this agent can prove who it is by. */
export function ProofForm({ isEverything, send, submitLabel, otherLabel, onOther, onProved }: ProofFormProps) {
  const { t } = useTranslation();
  const { data: session } = useQuery(sessionQuery);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { password: '', code: '' } });
  const { password: hasPassword, secondFactors, providers } = session?.proofs ?? { password: true, secondFactors: [], providers: [] };
  const hasSecond = secondFactors.length > 0;
  const asksPassword = hasPassword && (isEverything || !hasSecond);
  const prove = async (make: () => Promise<Confirm> | Confirm) => {
    setBusy(true);
    setRefusal(null);
    try {
      await send(await make());
    } catch (error) {
      setRefusal(sentenceOf(error));
      setBusy(false);
    }
  };
  const proveThere = async (id: string) => {
    setRefusal(null);
    try {
      await proveInWindow(id);
    } catch (error) {
      setRefusal(sentenceOf(error));
    }
  };
  useEffect(() => onProvedElsewhere(onProved), [onProved]);
  const hasOwn = asksPassword || hasSecond;
  const typed = ({ password, code }: typeof form.values): Confirm => ({
    ...(asksPassword ? { password } : {}),
    ...(hasSecond ? { code } : {}),
  });
  return (
    <form className={forms.form} data-flush onSubmit={form.onSubmit((values) => void prove(() => typed(values)))}>
      <input type="hidden" name="username" autoComplete="username" value={session?.agent.email ?? ''} readOnly />
      {asksPassword && (
        <PasswordInput
          size="sm"
          required
          autoFocus
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
          autoFocus={!asksPassword}
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
        <Button variant="default" onClick={onOther}>
          {otherLabel}
        </Button>
        {providers.map(({ id, name }) => (
          <Button
            key={id}
            variant="default"
            autoFocus={!hasOwn}
            data-autofocus={!hasOwn || undefined}
            disabled={isBusy}
            leftSection={<IconLogin2 size={16} aria-hidden />}
            onClick={() => void proveThere(id)}
          >
            {t('proof.with', { name })}
          </Button>
        ))}
        {hasOwn && (
          <Button type="submit" loading={isBusy}>
            {submitLabel}
          </Button>
        )}
      </div>
    </form>
  );
}
