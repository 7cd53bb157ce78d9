import { Button, PasswordInput, TextInput, UnstyledButton } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconArrowRight, IconFingerprint, IconLogin2 } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session, SignIn } from '#contract';
import { api, ApiError } from '../api.js';
import { canUsePasskeys, signWithPasskey } from '../passkeys.js';
import { sessionKey } from '../session.js';
import { rememberedProvider } from '../single-sign-on.js';
import { Face } from '../ui/face.js';
import { sentenceOf } from '../ui/notify.js';
import { LinkButton } from '../ui/link-button.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';
import { Refused } from './refused.js';
import { SecondStep } from './second-step.js';

/** One of the tenants an agent works for; the refusal `choose_tenant` names each as a field: its id as path, its name as message. */
interface TenantChoice {
  id: string;
  name: string;
}

/** What is asked for after the password. */
interface SecondAsked {
  tenantId: string | undefined;
  factors: readonly string[];
}

const PASSKEY_PATH = '/api/session/passkey/options';

/** Sign in: with a password and what the agent has beside it, or with a passkey alone; and, for who works for several tenants, choose one. */
export function SignInPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/sign-in' });
  const [refusal, setRefusal] = useState<string | null>(null);
  const [choices, setChoices] = useState<readonly TenantChoice[]>([]);
  const [second, setSecond] = useState<SecondAsked | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [provider] = useState(rememberedProvider);
  const form = useForm({ initialValues: { email: '', password: '' } });
  const comeIn = async (knock: () => Promise<Session>, tenantId?: string) => {
    setBusy(true);
    setRefusal(null);
    try {
      client.setQueryData(sessionKey, await knock());
      // An address as it stood in the bar, with its filter; the router takes such a thing only whole.
      if (next === undefined) await navigate({ to: '/', replace: true });
      else await navigate({ href: next, replace: true });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'choose_tenant')
        setChoices(error.fields.map(({ path, message }) => ({ id: path, name: message })));
      else if (error instanceof ApiError && error.code === 'second_factor_required')
        setSecond({ tenantId, factors: error.fields.map(({ path }) => path) });
      else setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const signIn = (tenantId?: string, more: Pick<SignIn, 'code' | 'passkey'> = {}) =>
    comeIn(() => api.post<Session>('/api/session', { ...form.getValues(), tenantId, ...more } satisfies SignIn), tenantId);
  const signInByPasskey = () => comeIn(async () => api.post<Session>('/api/session/passkey', await signWithPasskey(PASSKEY_PATH)));
  const startAnew = () => {
    setSecond(null);
    setChoices([]);
    setRefusal(null);
  };
  if (second !== null) {
    return (
      <SecondStep
        factors={second.factors}
        refusal={refusal}
        isBusy={isBusy}
        onCode={(code) => void signIn(second.tenantId, { code })}
        onPasskey={() => void signInByPasskey()}
        onBack={startAnew}
      />
    );
  }
  if (choices.length > 0) {
    return (
      <Entrance title={t('signIn.chooseTitle')} help={t('signIn.chooseHelp')}>
        <TenantChoices choices={choices} isBusy={isBusy} onChoose={(id) => void signIn(id)} />
        <Refused refusal={refusal} />
        <div className={styles.form}>
          <Button variant="default" onClick={startAnew}>
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
        {canUsePasskeys() && (
          <Button
            variant="default"
            size="sm"
            disabled={isBusy}
            leftSection={<IconFingerprint size={16} aria-hidden />}
            onClick={() => void signInByPasskey()}
          >
            {t('signIn.withPasskey')}
          </Button>
        )}
        {provider && (
          <LinkButton
            to="/enter/$key"
            params={{ key: provider.key }}
            variant="default"
            size="sm"
            leftSection={<IconLogin2 size={16} aria-hidden />}
          >
            {t('enter.with', { name: provider.name })}
          </LinkButton>
        )}
        <LinkButton to="/forgot-password" variant="subtle">
          {t('signIn.forgot')}
        </LinkButton>
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
