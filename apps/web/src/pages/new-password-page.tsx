import { Button, PasswordInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconLinkOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PasswordReset, UsePasswordReset } from '#contract';
import { api, ApiError } from '../api.js';
import { LinkButton } from '../ui/link-button.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { Entrance } from './entrance.js';
import { PASSWORD_LENGTH_MIN, rules, showRefusal } from './fields.js';
import styles from './form.module.css';
import { Refused } from './refused.js';
import { tokenInAddress } from './token-in-address.js';

/** What a mailed link opens: a new password to choose. */
export function NewPasswordPage() {
  const { t } = useTranslation();
  const [token] = useState(tokenInAddress);
  const look = useQuery({
    queryKey: ['password-reset', token],
    queryFn: () => api.post<PasswordReset>('/api/password-resets/look', { token }),
    enabled: token !== '',
    staleTime: 'static',
  });
  const isInvalid = token === '' || (look.error instanceof ApiError && look.error.status >= 400 && look.error.status < 500);
  if (look.data) return <Choose token={token} reset={look.data} />;
  return (
    <Entrance title={isInvalid ? t('reset.invalidTitle') : t('app.name')}>
      {isInvalid ? (
        <EmptyState role="alert" icon={<IconLinkOff />} title={t('reset.invalidHelp')}>
          <LinkButton to="/forgot-password" variant="default">
            {t('signIn.forgot')}
          </LinkButton>
        </EmptyState>
      ) : look.isError ? (
        <FailedState error={look.error} onRetry={() => void look.refetch()} />
      ) : (
        <Skeleton />
      )}
    </Entrance>
  );
}

function Choose({ token, reset }: { token: string; reset: PasswordReset }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { password: '' }, validate: { password: rules.password } });
  const submit = async ({ password }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post('/api/password-resets/use', { token, password } satisfies UsePasswordReset);
      setDone(true);
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  if (isDone) {
    return (
      <Entrance title={t('reset.doneTitle')} help={t('reset.doneHelp')}>
        <div className={styles.form}>
          <LinkButton to="/sign-in" size="sm">
            {t('invitation.toSignIn')}
          </LinkButton>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title={t('reset.title')} help={t('reset.help', { email: reset.email, tenant: reset.tenantName })}>
      <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <input type="hidden" name="username" autoComplete="username" value={reset.email} readOnly />
        <PasswordInput
          size="sm"
          required
          autoFocus
          autoComplete="new-password"
          label={t('reset.password')}
          description={t('setup.passwordHelp', { count: PASSWORD_LENGTH_MIN })}
          {...form.getInputProps('password')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('reset.submit')}
        </Button>
      </form>
    </Entrance>
  );
}
