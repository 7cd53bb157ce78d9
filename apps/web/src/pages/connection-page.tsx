import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '#contract';
import { api } from '../api.js';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { connectionPath, connectionsQuery, FACEBOOK_LOGIN_URL } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { LinkButton } from '../ui/link-button.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Section } from '../ui/page.js';
import { EmptyState, Skeleton } from '../ui/states.js';
import { ConnectionFacts, ConnectionPills, needsLogin } from './connection-facts.js';
import styles from './connection-page.module.css';
import { DkimSection } from './dkim-section.js';
import { DoctorSection } from './doctor-section.js';
import { MailboxSection, ReconnectMailbox } from './mailbox-section.js';
import { MailboxSettingsSection } from './mailbox-settings-section.js';
import { MoveSection } from './move-section.js';
import { PageSettingsSection } from './page-settings-section.js';
import { SweepsSection } from './sweeps-section.js';

/** One page or mailbox: how it is, how it is answered, what it missed, and how it ends. */
export function ConnectionPage() {
  const { t } = useTranslation();
  const { connectionId } = useParams({ from: '/app/connections/$connectionId' });
  const query = useQuery(connectionsQuery);
  const connection = query.data?.items.find(({ id }) => id === connectionId);
  return (
    <Page menu={<RailButton />} title={connection?.name ?? t('connections.title')}>
      <p className={styles.back}>
        <Link to="/connections">{t('connections.all')}</Link>
      </p>
      <Loaded query={query} skeleton={<Skeleton shape="card" lines={3} />}>
        {() => (connection ? <Whole key={connection.id} connection={connection} /> : <Gone />)}
      </Loaded>
    </Page>
  );
}

function Gone() {
  const { t } = useTranslation();
  return (
    <EmptyState role="alert" icon={<IconPlugConnectedX />} title={t('connections.goneTitle')} help={t('connections.goneHelp')}>
      <LinkButton to="/connections" variant="default">
        {t('connections.all')}
      </LinkButton>
    </EmptyState>
  );
}

function Whole({ connection }: { connection: Connection }) {
  const session = useSession();
  const isAdmin = may(session, 'connection:manage');
  const isPage = connection.channel === 'messenger';
  const isConnected = connection.state !== 'disconnected';
  const { mailbox } = connection;
  return (
    <>
      <StateCard connection={connection} isAdmin={isAdmin} />
      {mailbox && isConnected && <MailboxSection connection={connection} mailbox={mailbox} isAdmin={isAdmin} />}
      {isAdmin && isConnected && <DoctorSection connection={connection} />}
      {isAdmin && isConnected && mailbox && (
        <>
          <MailboxSettingsSection connection={connection} mailbox={mailbox} />
          {mailbox.dkim && <DkimSection connection={connection} dkim={mailbox.dkim} />}
        </>
      )}
      {isAdmin && isConnected && isPage && (
        <>
          <PageSettingsSection connection={connection} />
          <SweepsSection connection={connection} />
          <MoveSection connection={connection} />
        </>
      )}
      {isAdmin && isConnected && <EndSection connection={connection} />}
    </>
  );
}

function StateCard({ connection, isAdmin }: { connection: Connection; isAdmin: boolean }) {
  const { t } = useTranslation();
  const isBroken = needsLogin(connection);
  return (
    <Card tone={isBroken ? 'warn' : 'plain'}>
      <div className={styles.state}>
        <div>
          <p className={styles.pills}>
            <ConnectionPills connection={connection} />
          </p>
          <ConnectionFacts connection={connection} />
          {isBroken && <p>{t('connections.reconnectHelp')}</p>}
          {isBroken && isAdmin && <p className={styles.faint}>{t('connections.reconnectToken')}</p>}
        </div>
        {isAdmin && connection.mailbox && connection.state !== 'active' && <ReconnectMailbox connection={connection} />}
        {isBroken && isAdmin && (
          <Button component="a" href={FACEBOOK_LOGIN_URL}>
            {t('connections.reconnect')}
          </Button>
        )}
      </div>
    </Card>
  );
}

function EndSection({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { name } = connection;
  const disconnect = async () => {
    setBusy(true);
    try {
      await api.delete(connectionPath(connection.id));
      notifyDone(t('connections.disconnected', { name }));
      setAsking(false);
      await client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('connections.end')} help={t('connections.disconnectHelp')}>
      <div>
        <Button variant="default" onClick={() => setAsking(true)} aria-label={`${t('connections.disconnect')}: ${name}`}>
          {t('connections.disconnect')}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        isDangerous
        isBusy={isBusy}
        title={t('connections.disconnectTitle', { name })}
        help={<p>{t('connections.disconnectHelp')}</p>}
        label={t('connections.disconnect')}
        onConfirm={() => void disconnect()}
        onClose={() => setAsking(false)}
      />
    </Section>
  );
}
