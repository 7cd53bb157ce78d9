import { Button, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, MailLogin } from '#contract';
import { ApiError } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import type { MailboxesWords } from '../i18n/en-mailboxes.js';
import { connectionsQuery, mailLoginQuery } from '../settings.js';
import { Loaded } from '../ui/loaded.js';
import { Card } from '../ui/page.js';
import { EmptyState } from '../ui/states.js';
import styles from './connect-mailbox.module.css';
import { FolderPicker } from './folder-picker.js';
import forms from './form.module.css';
import { connectionOf, EMPTY_MAILBOX } from './mailbox-form.js';
import { markMailLogin } from './mail-login-mark.js';
import { mailLoginUrl } from './mailbox-ways.js';
import { Refused } from './refused.js';
import { Tried, useConnecting } from './use-connecting.js';

interface MailLoginCardProps {
  loginId: string;
  onConnected: (connected: ConnectedMailbox) => void;
  onDone: () => void;
}

/** The account that somebody signed in to with the provider: its folders, and connecting it. */
export function MailLoginCard({ loginId, onConnected, onDone }: MailLoginCardProps) {
  const { t } = useTranslation();
  const atMs = useNowMs();
  const query = useQuery(mailLoginQuery(loginId));
  const isOver = query.data !== undefined && Date.parse(query.data.expiresAt) <= atMs;
  if (isOver || (query.error instanceof ApiError && query.error.status < 500 && !query.error.unanswered)) {
    return (
      <Card tone="warn">
        <EmptyState role="alert" title={t('mailbox.loginGone')} help={t('mailbox.loginGoneHelp')}>
          {query.data && (
            <Button component="a" href={mailLoginUrl(query.data.provider)} onClick={markMailLogin}>
              {t(`mailbox.goLogin_${query.data.provider}`)}
            </Button>
          )}
          <Button variant="default" onClick={onDone}>
            {t('action.close')}
          </Button>
        </EmptyState>
      </Card>
    );
  }
  return <Loaded query={query}>{(login) => <Account login={login} onConnected={onConnected} onDone={onDone} />}</Loaded>;
}

function Account({ login, onConnected, onDone }: Omit<MailLoginCardProps, 'loginId'> & { login: MailLogin }) {
  const { t } = useTranslation();
  const { timeLeft } = useFormats();
  const client = useQueryClient();
  const atMs = useNowMs();
  const [values, setValues] = useState({ ...EMPTY_MAILBOX, address: login.address });
  const { isBusy, refusal, problems, connect } = useConnecting((connected) => {
    onConnected(connected);
    void client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void connect(connectionOf(values, 'login', login.id));
  };
  return (
    <Card>
      <form className={forms.form} data-flush noValidate onSubmit={submit}>
        <div>
          <p>
            <strong>{t('mailbox.loginTitle', { address: login.address })}</strong>
          </p>
          <p className={styles.faint}>{t('mailbox.loginHelp', { time: timeLeft(Math.max(0, Date.parse(login.expiresAt) - atMs)) })}</p>
        </div>
        <div className={forms.inline}>
          <TextInput
            required
            type="email"
            autoComplete="off"
            label={t('mailbox.shared')}
            description={t('mailbox.sharedHelp')}
            value={values.address}
            onChange={({ currentTarget }) => setValues({ ...values, address: currentTarget.value })}
          />
          <TextInput
            autoComplete="off"
            label={`${t('connections.mailboxName')} (${t('connections.optional')})`}
            value={values.name}
            onChange={({ currentTarget }) => setValues({ ...values, name: currentTarget.value })}
          />
        </div>
        <FolderPicker
          imap={{ loginId: login.id }}
          isReady
          problem={problems.get('folders')}
          chosen={values.folders}
          onChoose={(folders) => setValues({ ...values, folders })}
        />
        <Tried problems={problems} hasImap hasSmtp isBusy={isBusy} />
        <Refused refusal={refusal} />
        <div className={forms.actions}>
          <Button variant="default" disabled={isBusy} onClick={onDone}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t('connections.connectMailbox')}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** Why somebody came back from the provider with nothing. */
export function MailLoginRefused({ code, onDone }: { code: string; onDone: () => void }) {
  const { t, i18n } = useTranslation();
  const known = i18n.exists(`mailLoginRefused.${code}`) ? (code as keyof MailboxesWords['mailLoginRefused']) : 'mail_login_refused';
  return (
    <Card tone="warn">
      <EmptyState role="alert" title={t('mailbox.loginRefusedTitle')} help={t(`mailLoginRefused.${known}`)}>
        <Button variant="default" onClick={onDone}>
          {t('action.close')}
        </Button>
      </EmptyState>
    </Card>
  );
}
