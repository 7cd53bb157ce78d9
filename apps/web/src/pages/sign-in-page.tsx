import { Button, PasswordInput, TextInput, UnstyledButton } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconArrowRight } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session, SignIn } from '#contract';
import { api, ApiError } from '../api.js';
import { sessionKey } from '../session.js';
import { Face } from '../ui/face.js';
import { sentenceOf } from '../ui/notify.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';

/** One of the tenants an agent works for; the refusal `choose_tenant` names each as a field: its id as path, its name as message. */
interface TenantChoice {
  id: string;
  name: string;
}

/** Sign in; and, for who works for several tenants, choose one. */
export function SignInPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/sign-in' });
  const [refusal, setRefusal] = useState<string | null>(null);
  const [choices, setChoices] = useState<readonly TenantChoice[]>([]);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { email: '', password: '' } });
  const signIn = async (tenantId?: string) => {
    setBusy(true);
    setRefusal(null);
    const body: SignIn = { ...form.getValues(), tenantId };
    try {
      const session = await api.post<Session>('/api/session', body);
      client.setQueryData(sessionKey, session);
      // An address as it stood in the bar, with its filter; the router takes such a thing only whole.
      if (next === undefined) await navigate({ to: '/', replace: true });
      else await navigate({ href: next, replace: true });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'choose_tenant')
        setChoices(error.fields.map(({ path, message }) => ({ id: path, name: message })));
      else setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (choices.length > 0) {
    return (
      <Entrance title={t('signIn.chooseTitle')} help={t('signIn.chooseHelp')}>
        <TenantChoices choices={choices} isBusy={isBusy} onChoose={(id) => void signIn(id)} />
        <Refused refusal={refusal} />
        <div className={styles.form}>
          <Button variant="default" onClick={() => setChoices([])}>
            {t('signIn.other')}
          </Button>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title={t('signIn.title')}>
      <form className={styles.form} onSubmit={form.onSubmit(() => void signIn())}>
        <TextInput
          size="sm"
          type="email"
          autoComplete="username"
          required
          autoFocus
          label={t('signIn.email')}
          {...form.getInputProps('email')}
        />
        <PasswordInput
          size="sm"
          autoComplete="current-password"
          required
          label={t('signIn.password')}
          {...form.getInputProps('password')}
        />
        <Refused refusal={refusal} />
        <Button type="submit" size="sm" loading={isBusy}>
          {t('signIn.submit')}
        </Button>
      </form>
    </Entrance>
  );
}

function TenantChoices({
  choices,
  isBusy,
  onChoose,
}: {
  choices: readonly TenantChoice[];
  isBusy: boolean;
  onChoose: (id: string) => void;
}) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  return (
    <ul className={styles.choices}>
      {choices.map((choice, index) => (
        <li key={choice.id}>
          <UnstyledButton
            ref={index === 0 ? first : null}
            className={styles.choice}
            w="100%"
            disabled={isBusy}
            onClick={() => onChoose(choice.id)}
          >
            <Face name={choice.name} />
            <span className={styles.grow}>{choice.name}</span>
            <IconArrowRight size={16} aria-hidden />
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}

/** Why it was not done, said to eye and ear. */
export function Refused({ refusal }: { refusal: string | null }) {
  return (
    <div role="alert" className={styles.refusalPlace}>
      {refusal !== null && <p className={styles.refused}>{refusal}</p>}
    </div>
  );
}
