import { Button, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, GuessedMailbox, GuessMailbox } from '#contract';
import { api } from '../api.js';
import { sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './connect-mailbox.module.css';
import { rules } from './fields.js';
import forms from './form.module.css';
import { ConnectedCard } from './mailbox-connected.js';
import { EMPTY_MAILBOX, filledIn, type MailboxValues } from './mailbox-form.js';
import { markPageLogin, wasMailLogin } from './mail-login-mark.js';
import { MailLoginCard, MailLoginRefused } from './mail-login-card.js';
import { MailboxWays } from './mailbox-ways.js';
import { Refused } from './refused.js';

/** Connects a mailbox: its address, what was found out about it, how its mail comes in, tried before it is saved. */
export function ConnectMailboxForm() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { mail_login: loginId, login_refused: refused, mailbox } = useSearch({ from: '/app/connections' });
  const [connected, setConnected] = useState<ConnectedMailbox | null>(null);
  const leave = () => {
    markPageLogin();
    void navigate({ to: '/connections', search: {}, replace: true });
  };
  return (
    <div id="mailbox">
      <Section title={t('connections.addMailbox')} help={t('mailbox.help')}>
        {connected && <ConnectedCard connected={connected} onDone={() => setConnected(null)} />}
        {refused !== undefined && wasMailLogin(refused) && <MailLoginRefused code={refused} onDone={leave} />}
        {loginId === undefined ? (
          <Wizard key={mailbox ?? ''} address={mailbox ?? ''} onConnected={setConnected} />
        ) : (
          <MailLoginCard
            key={loginId}
            loginId={loginId}
            onConnected={(made) => {
              setConnected(made);
              leave();
            }}
            onDone={leave}
          />
        )}
      </Section>
    </div>
  );
}

interface WizardProps {
  address: string;
  onConnected: (connected: ConnectedMailbox) => void;
}

function Wizard({ address, onConnected }: WizardProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [values, setValues] = useState<MailboxValues>({ ...EMPTY_MAILBOX, address });
  const [guessed, setGuessed] = useState<GuessedMailbox | null>(null);
  const [isLooking, setLooking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const change = (wanted: Partial<MailboxValues>) => setValues((before) => ({ ...before, ...wanted }));
  const domain = values.address.trim().split('@').at(-1) ?? '';
  const look = async (event: SubmitEvent) => {
    event.preventDefault();
    const wrong = rules.email(values.address);
    setProblem(wrong);
    if (wrong !== null) return;
    setLooking(true);
    setRefusal(null);
    try {
      const body: GuessMailbox = { address: values.address.trim() };
      const found = await api.post<GuessedMailbox>('/api/connections/email/guess', body);
      setValues((before) => filledIn(before, found));
      setGuessed(found);
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setLooking(false);
    }
  };
  const begin = () => {
    setGuessed(null);
    setValues({ ...EMPTY_MAILBOX });
  };
  return (
    <Card>
      <form className={forms.form} data-flush noValidate onSubmit={(event) => void look(event)}>
        <div className={forms.inline}>
          <TextInput
            required
            type="email"
            autoComplete="off"
            label={t('connections.address')}
            value={values.address}
            readOnly={guessed !== null}
            error={problem}
            onChange={({ currentTarget }) => change({ address: currentTarget.value })}
          />
          <TextInput
            autoComplete="off"
            label={`${t('connections.mailboxName')} (${t('connections.optional')})`}
            value={values.name}
            onChange={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        </div>
        <Refused refusal={refusal} />
        {!guessed && (
          <div className={forms.actions}>
            <p role="status" className={styles.faint}>
              {isLooking ? t('mailbox.looking', { domain }) : ''}
            </p>
            <Button type="submit" loading={isLooking}>
              {t('mailbox.look')}
            </Button>
          </div>
        )}
      </form>
      {guessed && (
        <MailboxWays
          guessed={guessed}
          domain={domain}
          values={values}
          onChange={change}
          onOther={begin}
          onConnected={(made) => {
            onConnected(made);
            begin();
            void client.invalidateQueries({ queryKey: ['connections'] });
          }}
        />
      )}
    </Card>
  );
}
