import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, Mailbox, MailboxHealth } from '#contract';
import { api, ApiError } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { fieldWords, serverWords } from '../server-words.js';
import { connectionPath, doctorQuery } from '../settings.js';
import { LinkButton } from '../ui/link-button.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './connection-page.module.css';

const SECOND_MS = 1_000;
/** Taken so soon it did not lie there at all, for people. */
const AT_ONCE_SECONDS = 60;

interface MailboxSectionProps {
  connection: Connection;
  mailbox: Mailbox;
  isAdmin: boolean;
}

/** How a mailbox's mail comes and goes: when it was last looked into, what is wrong, folder by folder; and a mail to try it. */
export function MailboxSection({ connection, mailbox, isAdmin }: MailboxSectionProps) {
  const { t } = useTranslation();
  const { inbound, login, health, hasSmtp } = mailbox;
  const isFetched = inbound === 'imap';
  const facts = [
    login === null ? null : t(`health.signedIn_${login}`),
    isFetched ? null : t(`health.brought_${inbound}`),
    t(hasSmtp || login !== null ? 'health.sendsOwn' : 'health.sendsInstallation'),
  ].filter((fact) => fact !== null);
  return (
    <Section title={t('health.title')} aside={isAdmin ? <TestMail connection={connection} /> : undefined}>
      <Card tone={health.error === null ? 'plain' : 'warn'}>
        <div className={styles.stack}>
          <div>
            {isFetched && <Seen health={health} />}
            <p className={styles.faint}>{facts.join(' ')}</p>
          </div>
          {health.error && <Trouble connection={connection} error={health.error} isAdmin={isAdmin} />}
          {isFetched && health.folders.length > 0 && <Folders health={health} />}
        </div>
      </Card>
    </Section>
  );
}

function Seen({ health: { lastSeenAt, lagSeconds } }: { health: MailboxHealth }) {
  const { t } = useTranslation();
  const { spokenAge, timeLeft } = useFormats();
  const atMs = useNowMs();
  const lag =
    lagSeconds === null
      ? null
      : lagSeconds < AT_ONCE_SECONDS
        ? t('health.lagNone')
        : t('health.lag', { time: timeLeft(lagSeconds * SECOND_MS) });
  const seen = lastSeenAt === null ? t('health.neverSeen') : t('health.lastSeen', { age: spokenAge(lastSeenAt, atMs) });
  return <p>{[seen, lag].filter((fact) => fact !== null).join(' · ')}</p>;
}

/** What another mail server said, at the end of our own server's sentence. */
const SAID = /: “(.+)”\.$/s;

interface TroubleProps {
  connection: Connection;
  error: NonNullable<MailboxHealth['error']>;
  isAdmin: boolean;
}

function Trouble({ connection, error, isAdmin }: TroubleProps) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const said = SAID.exec(error.message)?.[1];
  return (
    <div role="alert">
      <p className={styles.bad}>
        {serverWords(['finding'], error)} {t('health.since', { moment: moment(error.since) })}
      </p>
      {said !== undefined && <p className={styles.faint}>{t('health.serverSaid', { words: said })}</p>}
      <p>{t(`health.remedy_${error.remedy}`)}</p>
      {isAdmin && error.remedy === 'reconnect' && <ReconnectMailbox connection={connection} />}
    </div>
  );
}

/** The way to the form that connects a mailbox, with its address filled in. */
export function ReconnectMailbox({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  return (
    <LinkButton to="/connections" search={{ mailbox: connection.externalId }} hash="mailbox" variant="default" size="compact-sm">
      {t('health.reconnect')}
    </LinkButton>
  );
}

function Folders({ health }: { health: MailboxHealth }) {
  const { t } = useTranslation();
  const { spokenAge } = useFormats();
  const atMs = useNowMs();
  return (
    <ul className={styles.lines} aria-label={t('health.folders')}>
      {health.folders.map(({ path, lastSeenAt }) => (
        <li key={path} className={styles.head}>
          <strong>{path}</strong>
          <span className={styles.faint}>
            {lastSeenAt === null ? t('health.folderNotSeen') : t('health.folderSeen', { age: spokenAge(lastSeenAt, atMs) })}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** A mail from the mailbox to itself: when it is back, more is known of the way. */
export function TestMail({ connection, size }: { connection: Connection; size?: 'compact-sm' }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await api.post<unknown>(connectionPath(connection.id, '/test-mail'), {});
      notifyDone(t('health.tested', { name: connection.name }));
      await client.invalidateQueries({ queryKey: doctorQuery(connection.id).queryKey });
    } catch (error) {
      const beside = error instanceof ApiError ? error.fields[0] : undefined;
      notifyFailed(beside === undefined ? sentenceOf(error) : t('health.testFailed', { reason: fieldWords(beside) }));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="default" size={size} loading={isBusy} onClick={() => void send()}>
      {t('health.test')}
    </Button>
  );
}
