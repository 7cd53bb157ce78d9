import { useTranslation } from 'react-i18next';
import type { Connection } from '#contract';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { serverWords } from '../server-words.js';
import { Pill } from '../ui/page.js';
import styles from './connections-page.module.css';

const TONES = { active: 'good', needs_reconnecting: 'warn', disconnected: 'plain' } as const;

/** Whether a person has to log in with Facebook before this page can be answered again. */
export function needsLogin({ channel, state }: Connection): boolean {
  return channel === 'messenger' && state === 'needs_reconnecting';
}

/** How a connection is, in a word or two. */
export function ConnectionPills({ connection: { state, restriction } }: { connection: Connection }) {
  const { t } = useTranslation();
  return (
    <>
      <Pill tone={TONES[state]}>{t(`connections.state_${state}`)}</Pill>
      {state === 'active' && restriction !== null && (
        <Pill tone="bad">{restriction === 'warning' ? t('connections.warned') : t('connections.restricted')}</Pill>
      )}
    </>
  );
}

/** What is known of a connection in a line, and what is wrong with it. */
export function ConnectionFacts({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const { spokenAge } = useFormats();
  const atMs = useNowMs();
  const { externalId, lastReceivedAt, checkedAt, problem, problemCode, problemNames } = connection;
  const facts = [
    externalId,
    lastReceivedAt === null ? t('connections.nothingReceived') : t('connections.lastReceived', { age: spokenAge(lastReceivedAt, atMs) }),
    checkedAt === null ? null : t('connections.checked', { age: spokenAge(checkedAt, atMs) }),
  ];
  return (
    <>
      <p className={styles.faint}>{facts.filter((fact) => fact !== null).join(' · ')}</p>
      {problem !== null && (
        <p className={styles.problem}>{serverWords(['connectionProblem'], { code: problemCode, message: problem, names: problemNames })}</p>
      )}
    </>
  );
}
