import { Button } from '@mantine/core';
import { IconBrandFacebook, IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '#contract';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { connectionsQuery, FACEBOOK_LOGIN_URL } from '../settings.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { LinkButton } from '../ui/link-button.js';
import { Loaded } from '../ui/loaded.js';
import { Card, Page, Section } from '../ui/page.js';
import { EmptyState, Skeleton } from '../ui/states.js';
import { ConnectMailboxForm } from './connect-mailbox-form.js';
import { ConnectPageForm } from './connect-page-form.js';
import { ConnectionFacts, ConnectionPills, needsLogin } from './connection-facts.js';
import styles from './connections-page.module.css';
import { markPageLogin, wasMailLogin } from './mail-login-mark.js';
import { SuppressionsSection } from './suppressions-section.js';

const PagePicker = lazy(async () => ({ default: (await import('./page-picker.js')).PagePicker }));
const LoginRefused = lazy(async () => ({ default: (await import('./page-picker.js')).LoginRefused }));

/** The tenant's pages and mailboxes: how they are, and how to connect another. */
export function ConnectionsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const query = useQuery(connectionsQuery);
  const isAdmin = may(session, 'connection:manage');
  return (
    <Page menu={<RailButton />} title={t('connections.title')} help={t('connections.help')}>
      {isAdmin && <FromFacebook />}
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <EmptyState
                icon={<IconPlugConnected />}
                title={t('connections.emptyTitle')}
                help={isAdmin ? t('connections.emptyHelp') : undefined}
              />
            </Card>
          ) : (
            <ul className={styles.list} aria-label={t('connections.listLabel')}>
              {items.map((connection) => (
                <ConnectionCard key={connection.id} connection={connection} isAdmin={isAdmin} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isAdmin && (
        <>
          <AddPages />
          <ConnectMailboxForm />
        </>
      )}
      {query.data?.items.some(({ channel }) => channel === 'email') && <SuppressionsSection />}
    </Page>
  );
}

/** What somebody who comes back from Facebook brought along. */
function FromFacebook() {
  const navigate = useNavigate();
  const { login, login_refused: refused } = useSearch({ from: '/app/connections' });
  const leave = () => void navigate({ to: '/connections', search: {}, replace: true });
  return (
    <Suspense fallback={null}>
      {login !== undefined && <PagePicker key={login} loginId={login} onDone={leave} />}
      {login === undefined && refused !== undefined && !wasMailLogin(refused) && <LoginRefused code={refused} onDone={leave} />}
    </Suspense>
  );
}

function ConnectionCard({ connection, isAdmin }: { connection: Connection; isAdmin: boolean }) {
  const { t } = useTranslation();
  return (
    <li className={styles.card} id={connection.id}>
      <ChannelMark channel={connection.channel} sizePx={22} />
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{connection.name}</strong>
          <ConnectionPills connection={connection} />
        </p>
        <ConnectionFacts connection={connection} />
      </div>
      {isAdmin && (
        <div className={styles.cardActions}>
          {needsLogin(connection) && (
            <Button
              component="a"
              href={FACEBOOK_LOGIN_URL}
              onClick={markPageLogin}
              aria-label={`${t('connections.reconnect')}: ${connection.name}`}
            >
              {t('connections.reconnect')}
            </Button>
          )}
          <LinkButton
            to="/connections/$connectionId"
            params={{ connectionId: connection.id }}
            variant="default"
            aria-label={t('connections.manageOf', { name: connection.name })}
          >
            {t('connections.manage')}
          </LinkButton>
        </div>
      )}
    </li>
  );
}

function AddPages() {
  const { t } = useTranslation();
  return (
    <Section title={t('connections.addPage')} help={t('connections.addPageHelp')}>
      <Card>
        <Button component="a" href={FACEBOOK_LOGIN_URL} onClick={markPageLogin} leftSection={<IconBrandFacebook size={16} aria-hidden />}>
          {t('connections.withFacebook')}
        </Button>
        <ConnectPageForm />
      </Card>
    </Section>
  );
}
