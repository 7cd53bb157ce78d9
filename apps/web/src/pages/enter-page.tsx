import { Button } from '@mantine/core';
import { IconLinkOff, IconLogin2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SignInProvider } from '#contract';
import { api, ApiError } from '../api.js';
import { goToProvider, rememberProvider, signInPath } from '../single-sign-on.js';
import { LinkButton } from '../ui/link-button.js';
import { sentenceOf } from '../ui/notify.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';
import { Refused } from './refused.js';

/** What a tenant's sign-in link opens: whose it is, and the way to its provider. */
export function EnterPage() {
  const { t } = useTranslation();
  const { key } = useParams({ from: '/enter/$key' });
  const look = useQuery({
    queryKey: ['sign-in-provider', key],
    queryFn: ({ signal }) => api.get<SignInProvider>(signInPath(key), signal),
  });
  if (look.data) return <GoThere provider={{ ...look.data, key }} />;
  const isGone = look.error instanceof ApiError && look.error.code === 'not_found';
  return (
    <Entrance title={isGone ? t('enter.goneTitle') : t('app.name')}>
      {isGone ? (
        <EmptyState role="alert" icon={<IconLinkOff />} title={t('enter.goneHelp')}>
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

function GoThere({ provider }: { provider: SignInProvider & { key: string } }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      rememberProvider(provider);
      await goToProvider(signInPath(provider.key));
    } catch (error) {
      setRefusal(sentenceOf(error));
      setBusy(false);
    }
  };
  return (
    <Entrance title={t('enter.title', { tenant: provider.tenantName })} help={t('enter.help', { name: provider.name })}>
      <div className={styles.form}>
        <Refused refusal={refusal} />
        <Button size="sm" autoFocus loading={isBusy} leftSection={<IconLogin2 size={16} aria-hidden />} onClick={() => void go()}>
          {t('enter.with', { name: provider.name })}
        </Button>
        <LinkButton to="/sign-in" variant="subtle">
          {t('enter.otherWay')}
        </LinkButton>
      </div>
    </Entrance>
  );
}
