import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, ConnectMailbox } from '#contract';
import { api, ApiError, newKey } from '../api.js';
import { fieldWords } from '../server-words.js';
import { sentenceOf } from '../ui/notify.js';
import styles from './connect-mailbox.module.css';

/** The server tries both directions within twenty seconds; its answer must not be given up just before it comes. */
const TRYING_TIMEOUT_MS = 35_000;

/** What was wrong, by the part it is about. */
export type Problems = ReadonlyMap<string, string>;
const NO_PROBLEMS: Problems = new Map();
const PARTS = ['imap', 'smtp', 'folders'] as const;

/** The part of the form that a field of a refusal belongs to. */
function partOf(path: string): string {
  return PARTS.find((part) => path === part || path.startsWith(`${part}.`)) ?? path;
}

/** Connects a mailbox: nothing is saved before both directions work, and what does not work is told apart. */
export function useConnecting(onConnected: (connected: ConnectedMailbox) => void) {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [problems, setProblems] = useState<Problems>(NO_PROBLEMS);
  const connect = async (body: ConnectMailbox) => {
    setBusy(true);
    setRefusal(null);
    setProblems(NO_PROBLEMS);
    try {
      // Pressed again after a refusal it is another wish: what is in the way may be gone by now.
      onConnected(await api.create<ConnectedMailbox>('/api/connections/email', body, newKey(), TRYING_TIMEOUT_MS));
    } catch (error) {
      const found = error instanceof ApiError ? new Map(error.fields.map((field) => [partOf(field.path), fieldWords(field)])) : NO_PROBLEMS;
      setProblems(found);
      const isPlaced = found.size > 0 && [...found.keys()].every((part) => PARTS.some((each) => each === part));
      setRefusal(isPlaced ? null : [sentenceOf(error), ...[...found.values()]].join(' '));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, refusal, problems, connect };
}

interface TriedProps {
  problems: Problems;
  hasImap: boolean;
  hasSmtp: boolean;
  isBusy: boolean;
}

/** What came of trying, direction by direction. */
export function Tried({ problems, hasImap, hasSmtp, isBusy }: TriedProps) {
  const { t } = useTranslation();
  const wasRefused = PARTS.some((part) => problems.has(part));
  return (
    <div role="status" className={styles.tried}>
      {isBusy && (hasImap || hasSmtp) && <p className={styles.faint}>{t('mailbox.trying')}</p>}
      {!isBusy && wasRefused && (
        <>
          <ul aria-label={t('mailbox.tried')}>
            {hasImap && <Direction name={t('mailbox.incoming')} problem={problems.get('imap')} />}
            {hasSmtp && <Direction name={t('mailbox.outgoing')} problem={problems.get('smtp')} />}
          </ul>
          <p className={styles.faint}>{t('mailbox.notSaved')}</p>
        </>
      )}
    </div>
  );
}

function Direction({ name, problem }: { name: string; problem: string | undefined }) {
  const { t } = useTranslation();
  const Sign = problem === undefined ? IconCircleCheck : IconCircleX;
  return (
    <li data-works={problem === undefined}>
      <Sign size={17} aria-hidden />
      <span>
        <strong>{name}</strong> {problem === undefined ? t('mailbox.works') : t('mailbox.doesNotWork')}
        {problem !== undefined && <small>{problem}</small>}
      </span>
    </li>
  );
}
