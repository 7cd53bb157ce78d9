import { NativeSelect, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MailSecurity } from '#contract';
import forms from './form.module.css';
import styles from './connect-mailbox.module.css';
import { type MailboxValues, usualPort, type WebhookProvider, WEBHOOK_PROVIDERS } from './mailbox-form.js';

export interface FieldsProps {
  values: MailboxValues;
  /** The field that is missing, and what the server says of each direction. */
  missing: keyof MailboxValues | null;
  onChange: (change: Partial<MailboxValues>) => void;
}

/** What stands beside a field that has to be filled in and is not. */
function useMissing(missing: keyof MailboxValues | null) {
  const { t } = useTranslation();
  return (name: keyof MailboxValues) => (missing === name ? t('field.required') : undefined);
}

const SECURITIES: readonly MailSecurity[] = ['tls', 'starttls', 'none'];

/** Where one direction's server is. */
export function ServerFields({ direction, values, missing, onChange }: FieldsProps & { direction: 'imap' | 'smtp' }) {
  const { t } = useTranslation();
  const errorOf = useMissing(missing);
  const isImap = direction === 'imap';
  const [host, port, security] = isImap
    ? (['imapHost', 'imapPort', 'imapSecurity'] as const)
    : (['smtpHost', 'smtpPort', 'smtpSecurity'] as const);
  const title = t(isImap ? 'mailbox.incoming' : 'mailbox.outgoing');
  return (
    <fieldset className={styles.server}>
      <legend>{title}</legend>
      <TextInput
        required
        autoComplete="off"
        spellCheck={false}
        label={t('mailbox.host')}
        value={values[host]}
        error={errorOf(host)}
        onChange={({ currentTarget }) => onChange({ [host]: currentTarget.value })}
      />
      <TextInput
        required
        inputMode="numeric"
        autoComplete="off"
        label={t('mailbox.port')}
        value={values[port]}
        error={errorOf(port)}
        onChange={({ currentTarget }) => onChange({ [port]: currentTarget.value.replaceAll(/\D/g, '').slice(0, 5) })}
      />
      <NativeSelect
        label={t('mailbox.security')}
        value={values[security]}
        data={SECURITIES.map((each) => ({ value: each, label: t(`mailbox.security_${each}`) }))}
        onChange={({ currentTarget }) => {
          const wanted = currentTarget.value as MailSecurity;
          onChange({ [security]: wanted, [port]: usualPort(direction, wanted) });
        }}
      />
    </fieldset>
  );
}

/** Who signs in, and with which password. `provider`: one that wants a password made for programs. */
export function SignInFields({ values, missing, onChange, provider }: FieldsProps & { provider: string | null }) {
  const { t } = useTranslation();
  const errorOf = useMissing(missing);
  return (
    <div className={forms.inline}>
      <TextInput
        required
        autoComplete="off"
        spellCheck={false}
        label={t('mailbox.user')}
        value={values.user}
        error={errorOf('user')}
        onChange={({ currentTarget }) => onChange({ user: currentTarget.value })}
      />
      <PasswordInput
        required
        autoComplete="off"
        label={t('mailbox.password')}
        description={provider === null ? t('mailbox.passwordHelp') : t('mailbox.appPassword', { provider })}
        value={values.password}
        error={errorOf('password')}
        onChange={({ currentTarget }) => onChange({ password: currentTarget.value })}
      />
    </div>
  );
}

/** How answers go out: through a server of the mailbox's own, or the installation's. */
export function OutgoingFields({ values, missing, onChange, isApart }: FieldsProps & { isApart: boolean }) {
  const { t } = useTranslation();
  const showsUser = isApart || values.hasOtherUser;
  return (
    <>
      <Switch
        checked={values.hasSmtp}
        label={t('mailbox.ownSmtp')}
        description={t('mailbox.ownSmtpHelp')}
        onChange={({ currentTarget }) => onChange({ hasSmtp: currentTarget.checked })}
      />
      {values.hasSmtp && (
        <>
          <ServerFields direction="smtp" values={values} missing={missing} onChange={onChange} />
          {!isApart && (
            <Switch
              checked={values.hasOtherUser}
              label={t('mailbox.otherUser')}
              onChange={({ currentTarget }) => onChange({ hasOtherUser: currentTarget.checked })}
            />
          )}
          {showsUser && (
            <div className={forms.inline}>
              <TextInput
                autoComplete="off"
                spellCheck={false}
                label={`${t('mailbox.user')} (SMTP)`}
                value={values.smtpUser}
                onChange={({ currentTarget }) => onChange({ smtpUser: currentTarget.value })}
              />
              <PasswordInput
                autoComplete="off"
                label={`${t('mailbox.password')} (SMTP)`}
                description={t('mailbox.passwordHelp')}
                value={values.smtpPassword}
                onChange={({ currentTarget }) => onChange({ smtpPassword: currentTarget.value })}
              />
            </div>
          )}
        </>
      )}
    </>
  );
}

/** Who brings the mail, and what proves that it is them. */
export function WebhookFields({ values, missing, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const errorOf = useMissing(missing);
  const { provider } = values;
  return (
    <div className={forms.inline}>
      <NativeSelect
        label={t('mailbox.provider')}
        value={provider}
        data={WEBHOOK_PROVIDERS.map((each) => ({ value: each, label: t(`mailbox.provider_${each}`) }))}
        onChange={({ currentTarget }) => onChange({ provider: currentTarget.value as WebhookProvider, key: '' })}
      />
      {provider !== 'raw' && (
        <PasswordInput
          required={provider !== 'postmark'}
          autoComplete="off"
          label={provider === 'postmark' ? `${t('mailbox.key_postmark')} (${t('connections.optional')})` : t(`mailbox.key_${provider}`)}
          description={t(`mailbox.keyHelp_${provider}`)}
          value={values.key}
          error={errorOf('key')}
          onChange={({ currentTarget }) => onChange({ key: currentTarget.value })}
        />
      )}
    </div>
  );
}
