import { Button, UnstyledButton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { OperatorSession } from '#contract';
import { api } from '../api.js';
import { currentLocale, LOCALES, speak } from '../i18n/index.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { FailedState, Skeleton } from '../ui/states.js';
import { AddressesScreen } from './addresses-screen.js';
import { AuditScreen } from './audit-screen.js';
import styles from './console.module.css';
import { GrantedScreen } from './granted-screen.js';
import { HealthScreen } from './health-screen.js';
import { OperatorsScreen } from './operators-screen.js';
import { EnrolScreen, SignInScreen } from './passkey-screens.js';
import { PlaceLink, usePlace } from './place.js';
import { doorPath, operatorQuery } from './queries.js';
import { TenantsScreen } from './tenants-screen.js';

const SCREENS = [
  { path: '/', name: 'tenants', needs: 'tenant:read' },
  { path: '/health', name: 'health', needs: 'health:read' },
  { path: '/operators', name: 'operators', needs: 'operator:read' },
  { path: '/addresses', name: 'addresses', needs: 'address:read' },
  { path: '/audit', name: 'audit', needs: 'installation_audit:read' },
] as const;

/** The whole console: outside it a passkey is asked for, inside it one of a handful of screens is shown. */
export function Console() {
  const path = usePlace();
  const query = useQuery(operatorQuery);
  if (path === '/enrol') return <EnrolScreen />;
  if (query.isError) return <FailedState isScreen error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton />;
  return query.data === null ? <SignInScreen /> : <Frame session={query.data} path={path} />;
}

function Frame({ session, path }: { session: OperatorSession; path: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const may = (permission: string) => session.permissions.includes(permission);
  const signOut = async () => {
    try {
      await api.delete(doorPath('session'));
      client.setQueryData(operatorQuery.queryKey, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== operatorQuery.queryKey[0] });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {t('console.skip')}
      </a>
      <nav className={styles.top} aria-label={t('app.navigation')}>
        <p className={styles.brand}>
          <img src="/favicon.svg" alt="" width={22} height={22} />
          {t('console.title')}
        </p>
        <div className={styles.places}>
          {SCREENS.filter(({ needs }) => may(needs)).map((screen) => (
            <PlaceLink key={screen.path} to={screen.path} aria-current={screen.path === path ? 'page' : undefined}>
              {t(`console.${screen.name}`)}
            </PlaceLink>
          ))}
        </div>
        <div className={styles.self}>
          <span>{session.operator.name}</span>
          <div role="group" aria-label={t('app.language')} className={styles.languages}>
            {LOCALES.map(({ value, label }) => (
              <UnstyledButton key={value} lang={value} aria-pressed={currentLocale() === value} onClick={() => void speak(value)}>
                {label}
              </UnstyledButton>
            ))}
          </div>
          <Button variant="default" onClick={() => void signOut()}>
            {t('console.signOut')}
          </Button>
        </div>
      </nav>
      <div className={styles.screen}>
        <Screen path={path} session={session} may={may} />
      </div>
    </div>
  );
}

function Screen({ path, session, may }: { path: string; session: OperatorSession; may: (permission: string) => boolean }) {
  const [, tenantId] = /^\/tenants\/([0-9a-f-]{36})$/.exec(path) ?? [];
  if (tenantId !== undefined) return <GrantedScreen key={tenantId} tenantId={tenantId} />;
  if (path === '/health') return <HealthScreen />;
  if (path === '/operators') return <OperatorsScreen ownId={session.operator.id} />;
  if (path === '/addresses') return <AddressesScreen />;
  if (path === '/audit') return <AuditScreen />;
  return <TenantsScreen mayManage={may('tenant:manage')} />;
}
