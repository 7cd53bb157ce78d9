import { IconAppWindow } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProviderAnswer, SecondStep as GivenStep, Session, SingleSignOn } from '#contract';
import { api, ApiError } from '../api.js';
import { unlocked } from '../lock.js';
import { signWithPasskey } from '../passkeys.js';
import { sessionKey } from '../session.js';
import { signInPath, tellProved } from '../single-sign-on.js';
import { LinkButton } from '../ui/link-button.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { EmptyState, Skeleton } from '../ui/states.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';
import { Refused } from './refused.js';
import { SecondStep } from './second-step.js';

type Shown = { is: 'asking' } | { is: 'second'; factors: readonly string[] } | { is: 'confirmed' } | { is: 'refused'; why: string };

/** What is in the address when a provider sends the browser back. */
function answerInAddress(): ProviderAnswer {
  const given = new URLSearchParams(window.location.search);
  const one = (name: string) => given.get(name) ?? undefined;
  return { state: one('state') ?? '', code: one('code'), iss: one('iss'), error: one('error') };
}

/** Back from a provider: its answer goes to the server once, and what came of it is shown. */
export function EnterAnswerPage() {
  const { t } = useTranslation();
  const { key } = useParams({ from: '/enter/$key/answer' });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown>({ is: 'asking' });
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isSent = useRef(false);
  const comeIn = async (session: Session) => {
    client.setQueryData(sessionKey, session);
    await navigate({ to: '/', replace: true });
  };
  const arrive = async ({ did, session }: SingleSignOn) => {
    if (did === 'signed_in') return comeIn(session);
    unlocked(client, session);
    if (did === 'connected') {
      notifyDone(t('enter.connected'));
      return navigate({ to: '/profile', replace: true });
    }
    tellProved();
    setShown({ is: 'confirmed' });
    window.close();
    return undefined;
  };
  const send = async () => {
    const answer = answerInAddress();
    // What opened the door once is of no use to anybody who reads the address later.
    window.history.replaceState(window.history.state, '', window.location.pathname);
    try {
      await arrive(await api.post<SingleSignOn>(signInPath(key, '/answer'), answer));
    } catch (error) {
      const isHalf = error instanceof ApiError && error.code === 'second_factor_required';
      setShown(isHalf ? { is: 'second', factors: error.fields.map(({ path }) => path) } : { is: 'refused', why: sentenceOf(error) });
    }
  };
  useEffect(() => {
    if (isSent.current) return;
    isSent.current = true;
    void send();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for this page: an answer is good once
  }, []);
  const step = async (make: () => Promise<GivenStep> | GivenStep) => {
    setBusy(true);
    setRefusal(null);
    try {
      await comeIn(await api.post<Session>(signInPath(key, '/second-step'), await make()));
    } catch (error) {
      setRefusal(sentenceOf(error));
      setBusy(false);
    }
  };
  if (shown.is === 'second') {
    return (
      <SecondStep
        factors={shown.factors}
        refusal={refusal}
        isBusy={isBusy}
        help={t('enter.secondHelp')}
        onCode={(code) => void step(() => ({ code }))}
        onPasskey={() => void step(async () => ({ passkey: await signWithPasskey('/api/session/passkey/options') }))}
        onBack={() => void navigate({ to: '/sign-in', replace: true })}
      />
    );
  }
  if (shown.is === 'refused') {
    return (
      <Entrance title={t('enter.refusedTitle')}>
        <div className={styles.form}>
          <Refused refusal={shown.why} />
          <LinkButton to="/enter/$key" params={{ key }} variant="default">
            {t('enter.again')}
          </LinkButton>
          <LinkButton to="/sign-in" variant="subtle">
            {t('enter.otherWay')}
          </LinkButton>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title={shown.is === 'confirmed' ? t('enter.confirmedTitle') : t('enter.comingTitle')}>
      {shown.is === 'confirmed' ? (
        <EmptyState role="status" icon={<IconAppWindow />} title={t('enter.confirmedHelp')}>
          <LinkButton to="/" variant="default">
            {t('enter.toInbox')}
          </LinkButton>
        </EmptyState>
      ) : (
        <Skeleton />
      )}
    </Entrance>
  );
}
