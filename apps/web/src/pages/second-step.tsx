import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { canUsePasskeys } from '../passkeys.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';
import { Refused } from './refused.js';

interface SecondStepProps {
  /** What this agent has, beside recovery codes. */
  factors: readonly string[];
  refusal: string | null;
  isBusy: boolean;
  /** What was proved already; the password, unless this says otherwise. */
  help?: string;
  onCode: (code: string) => void;
  onPasskey: () => void;
  onBack: () => void;
}

/** After a right password: a code, or a passkey. */
export function SecondStep({ factors, refusal, isBusy, help, onCode, onPasskey, onBack }: SecondStepProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { code: '' } });
  return (
    <Entrance title={t('signIn.secondTitle')} help={help ?? t('signIn.secondHelp')}>
      <form className={styles.form} onSubmit={form.onSubmit(({ code }) => onCode(code.trim()))}>
        {factors.includes('passkey') && canUsePasskeys() && (
          <Button variant="default" size="sm" leftSection={<IconFingerprint size={16} aria-hidden />} disabled={isBusy} onClick={onPasskey}>
            {t('signIn.usePasskey')}
          </Button>
        )}
        <TextInput
          size="sm"
          required
          autoFocus
          autoComplete="one-time-code"
          label={t(factors.includes('totp') ? 'signIn.code' : 'signIn.recoveryCode')}
          description={factors.includes('totp') ? t('signIn.codeHelp') : undefined}
          {...form.getInputProps('code')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('signIn.submit')}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t('signIn.other')}
        </Button>
      </form>
    </Entrance>
  );
}
