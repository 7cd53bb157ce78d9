import { Button } from '@mantine/core';
import { type SubmitEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox, GuessedMailbox } from '#contract';
import styles from './connect-mailbox.module.css';
import { FolderPicker } from './folder-picker.js';
import forms from './form.module.css';
import { OutgoingFields, ServerFields, SignInFields, WebhookFields } from './mailbox-fields.js';
import { connectionOf, imapOf, type MailboxValues, type MailWay, missingIn, wantsAppPassword } from './mailbox-form.js';
import { markMailLogin } from './mail-login-mark.js';
import { Refused } from './refused.js';
import { Tried, useConnecting } from './use-connecting.js';

/** Where the provider asks whether Omnidesk may read and send. A page of the server's: the browser goes there, it is not fetched. */
export const mailLoginUrl = (provider: NonNullable<GuessedMailbox['login']>) => `/api/connections/email/login/${provider}`;

interface MailboxWaysProps {
  guessed: GuessedMailbox;
  domain: string;
  values: MailboxValues;
  onChange: (change: Partial<MailboxValues>) => void;
  onOther: () => void;
  onConnected: (connected: ConnectedMailbox) => void;
}

/** What was found out about an address, and the ways in that are left to choose from. */
export function MailboxWays(props: MailboxWaysProps) {
  const { t } = useTranslation();
  const { guessed, domain } = props;
  const { source, provider, login } = guessed;
  const [way, setWay] = useState<MailWay>(login !== null ? 'login' : guessed.imap !== null || source === null ? 'imap' : 'webhook');
  const ways: readonly MailWay[] = login === null ? ['imap', 'webhook'] : ['login', 'imap', 'webhook'];
  return (
    <div className={styles.ways}>
      <p role="status" className={styles.found} data-found={source !== null}>
        {source === null ? t('mailbox.foundNothing', { domain }) : t(`mailbox.found_${source}`, { provider: provider ?? domain })}
      </p>
      <fieldset className={styles.choice}>
        <legend>{t('mailbox.way')}</legend>
        {ways.map((each) => (
          <Way key={each} way={each} login={login} isChosen={each === way} onChoose={() => setWay(each)} />
        ))}
      </fieldset>
      {way === 'login' && login !== null ? (
        <div className={forms.actions}>
          <Button variant="default" onClick={props.onOther}>
            {t('mailbox.otherAddress')}
          </Button>
          <Button component="a" href={mailLoginUrl(login)} onClick={markMailLogin}>
            {t(`mailbox.goLogin_${login}`)}
          </Button>
        </div>
      ) : (
        <Particulars key={way} {...props} way={way} />
      )}
    </div>
  );
}

interface WayProps {
  way: MailWay;
  login: GuessedMailbox['login'];
  isChosen: boolean;
  onChoose: () => void;
}

function Way({ way, login, isChosen, onChoose }: WayProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <label className={styles.way} data-chosen={isChosen}>
      <input type="radio" name="mail-way" checked={isChosen} aria-describedby={id} onChange={onChoose} />
      <span>
        <strong>{way === 'login' ? t(`mailbox.way_login_${login ?? 'google'}`) : t(`mailbox.way_${way}`)}</strong>
        <small id={id}>{t(`mailbox.way_${way}Help`)}</small>
      </span>
    </label>
  );
}

function Particulars({ guessed, values, onChange, onOther, onConnected, way }: MailboxWaysProps & { way: MailWay }) {
  const { t } = useTranslation();
  const [isChecked, setChecked] = useState(false);
  const { isBusy, refusal, problems, connect } = useConnecting(onConnected);
  const missing = missingIn(values, way);
  const shownMissing = isChecked ? missing : null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (missing === null) void connect(connectionOf(values, way));
  };
  const fields = { values, missing: shownMissing, onChange };
  const isFound = guessed.imap !== null && guessed.smtp !== null;
  const servers = (
    <>
      {way === 'imap' && <ServerFields direction="imap" {...fields} />}
      <OutgoingFields {...fields} isApart={way === 'webhook'} />
    </>
  );
  return (
    <form className={forms.form} data-flush noValidate onSubmit={submit}>
      {way === 'imap' && <SignInFields {...fields} provider={wantsAppPassword(guessed.provider) ? guessed.provider : null} />}
      {way === 'webhook' && <WebhookFields {...fields} />}
      {way === 'imap' && isFound ? (
        // What was found is seldom wrong: it is there to look at, and open as soon as it does not work.
        <details className={styles.servers} open={problems.size > 0 || (shownMissing !== null && shownMissing !== 'password')}>
          <summary>
            {t('mailbox.servers')}{' '}
            <span className={styles.faint}>{[values.imapHost, values.hasSmtp ? values.smtpHost : ''].filter(Boolean).join(', ')}</span>
          </summary>
          <div className={styles.stack}>{servers}</div>
        </details>
      ) : (
        servers
      )}
      {way === 'imap' && (
        <FolderPicker
          imap={imapOf(values)}
          isReady={values.imapHost.trim() !== '' && values.user.trim() !== '' && values.password !== ''}
          problem={problems.get('folders')}
          chosen={values.folders}
          onChoose={(folders) => onChange({ folders })}
        />
      )}
      <Tried problems={problems} hasImap={way === 'imap'} hasSmtp={values.hasSmtp} isBusy={isBusy} />
      <Refused refusal={refusal} />
      <div className={forms.actions}>
        <Button variant="default" disabled={isBusy} onClick={onOther}>
          {t('mailbox.otherAddress')}
        </Button>
        <Button type="submit" loading={isBusy}>
          {t('connections.connectMailbox')}
        </Button>
      </div>
    </form>
  );
}
