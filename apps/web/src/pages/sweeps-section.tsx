import { Button, NativeSelect } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, NewSweep, Sweep } from '#contract';
import { api, newKey } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { serverWords } from '../server-words.js';
import { connectionPath, sweepsQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import styles from './connection-page.module.css';

const DAYS = [1, 7, 30, 90] as const;
const DAYS_DEFAULT = '7';

/** Looking through a page's archive for what never reached us, and how far that is. */
export function SweepsSection({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const query = useQuery(sweepsQuery(connection.id));
  return (
    <Section title={t('sweeps.title')} help={t('sweeps.help')}>
      <Card>
        <div className={styles.stack}>
          <StartSweep connection={connection} />
          <Loaded query={query} skeleton={<Skeleton lines={2} />}>
            {({ items }) =>
              items.length === 0 ? (
                <p className={styles.faint}>{t('sweeps.none')}</p>
              ) : (
                <ul className={styles.lines} aria-label={t('sweeps.list')}>
                  {items.map((sweep) => (
                    <SweepLine key={sweep.id} sweep={sweep} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      </Card>
    </Section>
  );
}

function StartSweep({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [days, setDays] = useState(DAYS_DEFAULT);
  const [isBusy, setBusy] = useState(false);
  const start = async (kind: NewSweep['kind']) => {
    setBusy(true);
    const body: NewSweep = { kind, days: Number(days) };
    try {
      await api.create<Sweep>(connectionPath(connection.id, '/sweeps'), body, newKey());
      notifyDone(t('sweeps.started'));
      await client.invalidateQueries({ queryKey: sweepsQuery(connection.id).queryKey });
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div>
      <div className={styles.row}>
        <NativeSelect
          label={t('sweeps.days')}
          value={days}
          data={DAYS.map((count) => ({ value: String(count), label: t('sweeps.days', { count }) }))}
          onChange={({ currentTarget }) => setDays(currentTarget.value)}
        />
        <Button variant="default" disabled={isBusy} onClick={() => void start('gap')}>
          {t('sweeps.gap')}
        </Button>
        <Button variant="default" disabled={isBusy} onClick={() => void start('import')}>
          {t('sweeps.import')}
        </Button>
      </div>
      <p className={styles.faint}>{t('sweeps.importHelp')}</p>
    </div>
  );
}

const TONES = { waiting: 'plain', running: 'accent', done: 'good', failed: 'bad' } as const;

function SweepLine({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  const { shortDate, spokenAge, number } = useFormats();
  const atMs = useNowMs();
  const { kind, cause, state, since, threadsDone, messagesSeen, messagesAdded, problem, problemCode, problemNames, startedAt, endedAt } =
    sweep;
  return (
    <li aria-busy={state === 'running'}>
      <p className={styles.head}>
        <strong>{t(`sweeps.kind_${kind}`)}</strong>
        <Pill tone={TONES[state]}>{t(`sweeps.state_${state}`)}</Pill>
        <span className={styles.faint}>
          {[t('sweeps.since', { date: shortDate(since) }), t(`sweeps.cause_${cause}`), spokenAge(endedAt ?? startedAt, atMs)].join(' · ')}
        </span>
      </p>
      <p className={styles.faint} role={state === 'running' ? 'status' : undefined}>
        {t('sweeps.seen', { threads: number(threadsDone), messages: number(messagesSeen), added: number(messagesAdded) })}
      </p>
      {problem !== null && (
        <p className={styles.bad}>{serverWords(['sweepProblem'], { code: problemCode, message: problem, names: problemNames })}</p>
      )}
    </li>
  );
}
