import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconHelpCircle } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, Doctor, DoctorLine } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { isSafeAddress } from '../inbox/web-addresses.js';
import { serverWords } from '../server-words.js';
import { connectionPath, connectionsQuery, doctorQuery, FACEBOOK_LOGIN_URL } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import styles from './connection-page.module.css';
import { ReconnectMailbox, TestMail } from './mailbox-section.js';

/** Every part of the way a message takes, each with a verdict and, where it is not good, what helps. */
export function DoctorSection({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const { spokenAge } = useFormats();
  const atMs = useNowMs();
  const query = useQuery(doctorQuery(connection.id));
  return (
    <Section
      title={t('doctor.title')}
      help={t('doctor.help')}
      aside={
        <Button variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('doctor.look')}
        </Button>
      }
    >
      <Card>
        <Loaded query={query} skeleton={<Skeleton lines={6} />}>
          {({ lines, checkedAt }) => (
            <div className={styles.stack}>
              <ul className={styles.lines} aria-label={t('doctor.list')}>
                {lines.map((line) => (
                  <CheckLine key={line.check} line={line} connection={connection} />
                ))}
              </ul>
              <p className={styles.faint}>{t('doctor.checkedAt', { age: spokenAge(checkedAt, atMs) })}</p>
            </div>
          )}
        </Loaded>
      </Card>
    </Section>
  );
}

const SIGNS = { good: IconCircleCheck, warning: IconAlertTriangle, bad: IconCircleX, unknown: IconHelpCircle } as const;

function CheckLine({ line, connection }: { line: DoctorLine; connection: Connection }) {
  const { t } = useTranslation();
  const { check, verdict } = line;
  const domain = connection.externalId.split('@').at(-1) ?? '';
  const Sign = SIGNS[verdict];
  return (
    <li>
      <div className={styles.check} data-verdict={verdict}>
        <Sign size={18} aria-hidden />
        <div>
          <p className={styles.head}>
            <strong>{t(`doctor.check_${check}`)}</strong>
            <span>{t(`doctor.verdict_${verdict}`)}</span>
          </p>
          <p>{serverWords(['finding'], line, { domain })}</p>
          {line.remedy?.kind === 'operator' && <p>{t('doctor.remedyOperator')}</p>}
        </div>
        <Remedy line={line} connection={connection} />
      </div>
    </li>
  );
}

function Remedy({ line, connection }: { line: DoctorLine; connection: Connection }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const { queryKey } = doctorQuery(connection.id);
  const act = async (what: () => Promise<void>) => {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const subscribe = () =>
    act(async () => {
      await api.post<unknown>(connectionPath(connection.id, '/subscribe'), {});
      notifyDone(t('doctor.mended'));
      await Promise.all([queryKey, connectionsQuery.queryKey].map((key) => client.invalidateQueries({ queryKey: key })));
    });
  const test = () =>
    act(async () => {
      const found = await api.post<DoctorLine>(connectionPath(connection.id, '/self-test'), {});
      client.setQueryData<Doctor>(
        queryKey,
        (doctor) => doctor && { ...doctor, lines: doctor.lines.map((each) => (each.check === found.check ? found : each)) },
      );
    });
  const { remedy } = line;
  // The way round can be tried at any time, also when it was good last time.
  const kind = line.check === 'self_test' ? 'self_test' : remedy?.kind;
  switch (kind) {
    case 'self_test':
      if (connection.channel === 'email') return <TestMail connection={connection} size="compact-sm" />;
      return (
        <div>
          <Button variant="default" size="compact-sm" loading={isBusy} onClick={() => void test()}>
            {t('doctor.remedy_self_test')}
          </Button>
          <p role="status">{isBusy ? t('doctor.testing') : ''}</p>
        </div>
      );
    case 'reconnect':
      if (connection.channel === 'email') return <ReconnectMailbox connection={connection} />;
      return (
        <Button component="a" href={FACEBOOK_LOGIN_URL} variant="default" size="compact-sm">
          {t('doctor.remedy_reconnect')}
        </Button>
      );
    case 'subscribe':
      return (
        <Button variant="default" size="compact-sm" loading={isBusy} onClick={() => void subscribe()}>
          {t('doctor.remedy_subscribe')}
        </Button>
      );
    case 'outside': {
      const url = remedy?.url;
      if (typeof url !== 'string' || !isSafeAddress(url)) return null;
      return (
        <Button component="a" href={url} target="_blank" rel="noopener noreferrer" variant="default" size="compact-sm">
          {t('doctor.remedy_outside')}
        </Button>
      );
    }
    case 'operator':
    case undefined:
      return null;
  }
}
