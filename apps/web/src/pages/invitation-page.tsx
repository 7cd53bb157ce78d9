import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconLogin2, IconTicketOff } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AcceptInvitation, Invitation, Session } from '#contract';
import { api, ApiError, newKey } from '../api.js';
import { currentLocale } from '../i18n/index.js';
import { sessionKey } from '../session.js';
import { goToProvider, rememberProvider, signInPath } from '../single-sign-on.js';
import { LinkButton } from '../ui/link-button.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { Entrance } from './entrance.js';
import { PASSWORD_LENGTH_MIN, rules, showRefusal } from './fields.js';
import styles from './form.module.css';
import { Refused } from './refused.js';
import { tokenInAddress } from './token-in-address.js';

/** What a link from a colleague opens: who invited, and a password to choose. */
export function InvitationPage() {
  const { t } = useTranslation();
  const [token] = useState(tokenInAddress);
  const look = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => api.post<Invitation>('/api/invitations/look', { token }),
    enabled: token !== '',
  });
  const isInvalid = token === '' || (look.error instanceof ApiError && look.error.status >= 400 && look.error.status < 500);
  if (look.data) return <Accept token={token} invitation={look.data} />;
  return (
    <Entrance title={isInvalid ? t('invitation.invalidTitle') : t('app.name')}>
      {isInvalid ? (
        <EmptyState role="alert" icon={<IconTicketOff />} title={t('invitation.invalidHelp')}>
          <LinkButton to="/sign-in" variant="default">
            {t('invitation.toSignIn')}
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

function Accept({ token, invitation }: { token: string; invitation: Invitation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [key] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    initialValues: { name: invitation.name, password: '' },
    validate: { name: rules.filled, password: rules.password },
    validateInputOnBlur: true,
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: AcceptInvitation = { ...values, token, locale: currentLocale() };
    try {
      client.setQueryData(sessionKey, await api.create<Session>('/api/invitations/accept', body, key));
      await navigate({ to: '/', replace: true });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  const goTo = async (place: string, name: string) => {
    setRefusal(null);
    try {
      rememberProvider({ key: place, name, tenantName: invitation.tenantName });
      await goToProvider(signInPath(place), { invitation: token });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    }
  };
  return (
    <Entrance title={t('invitation.title', { tenant: invitation.tenantName })} help={t('invitation.help', { email: invitation.email })}>
      <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        {/* For password managers: the name under which the password is to be kept. */}
        <input type="hidden" name="username" autoComplete="username" value={invitation.email} readOnly />
        <TextInput size="sm" required autoComplete="name" label={t('invitation.name')} {...form.getInputProps('name')} />
        <PasswordInput
          size="sm"
          required
          autoFocus
          autoComplete="new-password"
          label={t('invitation.password')}
          description={t('setup.passwordHelp', { count: PASSWORD_LENGTH_MIN })}
          {...form.getInputProps('password')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('invitation.submit')}
        </Button>
        {invitation.providers.map(({ key: place, name }) => (
          <Button
            key={place}
            variant="default"
            size="sm"
            disabled={isBusy}
            leftSection={<IconLogin2 size={16} aria-hidden />}
            onClick={() => void goTo(place, name)}
          >
            {t('enter.joinWith', { name })}
          </Button>
        ))}
      </form>
    </Entrance>
  );
}
