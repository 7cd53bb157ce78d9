import { Button, NativeSelect, Switch, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, Mailbox } from '#contract';
import { api, ApiError } from '../api.js';
import { connectionPath, connectionsQuery } from '../settings.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './connection-page.module.css';
import forms from './form.module.css';
import { changeOf, type LineProblem, problemIn, type SettingsText, textOf } from './settings-lines.js';
import { Refused } from './refused.js';

const PLUS = ['auto', 'on', 'off'] as const;
// Source: the contract's own limits.
const SIGNATURE_LENGTH_MAX = 2_000;
const AUTO_REPLY_LENGTH_MAX = 2_000;

/** What an admin says about a mailbox. */
export function MailboxSettingsSection({ connection, mailbox }: { connection: Connection; mailbox: Mailbox }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState<SettingsText>(() => textOf(mailbox.settings));
  const [isBusy, setBusy] = useState(false);
  const [isChecked, setChecked] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const problem = problemIn(text);
  const isReplyEmpty = text.autoReplyOn && text.autoReplyText.trim() === '';
  const change = (wanted: Partial<SettingsText>) => setText((before) => ({ ...before, ...wanted }));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (problem !== null || isReplyEmpty) return;
    setBusy(true);
    setRefusal(null);
    try {
      await api.patch<unknown>(connectionPath(connection.id, '/mailbox'), changeOf(text));
      notifyDone(t('mailboxSettings.saved', { name: connection.name }));
      await client.invalidateQueries({ queryKey: connectionsQuery.queryKey });
    } catch (error) {
      setRefusal([sentenceOf(error), ...(error instanceof ApiError ? error.fields.map(({ message }) => message) : [])].join(' '));
    } finally {
      setBusy(false);
    }
  };
  const shown = isChecked ? problem : null;
  return (
    <Section title={t('mailboxSettings.title')}>
      <Card>
        <form className={forms.form} data-flush noValidate onSubmit={(event) => void submit(event)}>
          <Textarea
            autosize={false}
            rows={3}
            maxLength={SIGNATURE_LENGTH_MAX}
            label={t('mailboxSettings.signature')}
            description={t('mailboxSettings.signatureHelp')}
            value={text.signature}
            onChange={({ currentTarget }) => change({ signature: currentTarget.value })}
          />
          <Switch
            checked={text.autoReplyOn}
            label={t('mailboxSettings.autoReply')}
            description={t('mailboxSettings.autoReplyHelp')}
            onChange={({ currentTarget }) => change({ autoReplyOn: currentTarget.checked })}
          />
          {text.autoReplyOn && (
            <Textarea
              required
              rows={3}
              maxLength={AUTO_REPLY_LENGTH_MAX}
              label={t('mailboxSettings.autoReplyText')}
              description={t('mailboxSettings.autoReplyTextHelp')}
              value={text.autoReplyText}
              error={isChecked && isReplyEmpty ? t('mailboxSettings.autoReplyEmpty') : undefined}
              onChange={({ currentTarget }) => change({ autoReplyText: currentTarget.value })}
            />
          )}
          <Switch
            checked={text.agentMail}
            label={t('mailboxSettings.agentMail')}
            description={t('mailboxSettings.agentMailHelp')}
            onChange={({ currentTarget }) => change({ agentMail: currentTarget.checked })}
          />
          <Lines field="forms" text={text} problem={shown} onChange={change} />
          <details className={styles.advanced} open={shown !== null && shown.field !== 'forms' ? true : undefined}>
            <summary>{t('mailboxSettings.advanced')}</summary>
            <div className={styles.stack}>
              <NativeSelect
                label={t('mailboxSettings.plus')}
                description={`${t('mailboxSettings.plusHelp')} ${t(`mailboxSettings.${plusFound(mailbox)}`)}`}
                value={text.plusAddressing}
                data={PLUS.map((each) => ({ value: each, label: t(`mailboxSettings.plus_${each}`) }))}
                onChange={({ currentTarget }) => change({ plusAddressing: currentTarget.value as SettingsText['plusAddressing'] })}
              />
              <Lines field="authservIds" text={text} problem={shown} onChange={change} />
              <Lines field="trustedSealers" text={text} problem={shown} onChange={change} />
            </div>
          </details>
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('action.save')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

function plusFound({ plusAddressingWorks: works }: Mailbox) {
  if (works === null) return 'plusUnknown';
  return works ? 'plusWorks' : 'plusDoesNot';
}

const WORDS = { forms: 'forms', authservIds: 'authserv', trustedSealers: 'sealers' } as const;

interface LinesProps {
  field: LineProblem['field'];
  text: SettingsText;
  problem: LineProblem | null;
  onChange: (change: Partial<SettingsText>) => void;
}

function Lines({ field, text, problem, onChange }: LinesProps) {
  const { t } = useTranslation();
  const wrong = problem?.field !== field ? undefined : problem;
  const error =
    wrong &&
    (wrong.kind === 'many'
      ? t('mailboxSettings.tooMany', { count: wrong.max })
      : t(field === 'forms' ? 'mailboxSettings.formsWrong' : 'mailboxSettings.domainWrong', { line: wrong.line }));
  return (
    <Textarea
      rows={2}
      spellCheck={false}
      label={t(`mailboxSettings.${WORDS[field]}`)}
      description={t(`mailboxSettings.${WORDS[field]}Help`)}
      value={text[field]}
      error={error}
      onChange={({ currentTarget }) => onChange({ [field]: currentTarget.value })}
    />
  );
}
