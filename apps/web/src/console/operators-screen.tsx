import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Enrolment, OperatorKeyLine, OperatorLine } from '#contract';
import { api, newKey } from '../api.js';
import { useFormats } from '../formats.js';
import styles from '../pages/connections-page.module.css';
import { rules, showRefusal } from '../pages/fields.js';
import forms from '../pages/form.module.css';
import { Refused } from '../pages/refused.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { CopyField } from '../ui/copy-field.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import own from './console.module.css';
import { doorPath, operatorsQuery } from './queries.js';

/** A link that was just made, and for whom. */
type Link = Enrolment & { name: string };

/** Who runs the installation, and by which keys. */
export function OperatorsScreen({ ownId }: { ownId: string }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const query = useQuery(operatorsQuery);
  const [link, setLink] = useState<Link | null>(null);
  return (
    <Page menu={null} title={t('console.operators')} help={t('console.operatorsHelp')}>
      {link && (
        <Card tone="warn">
          <div className={styles.once}>
            <p role="status">{t('console.enrolLinkHelp', { name: link.name, date: moment(link.expiresAt) })}</p>
            <CopyField label={t('console.enrolLink', { name: link.name })} value={link.enrolUrl} />
            <div className={forms.actions}>
              <Button variant="default" onClick={() => setLink(null)}>
                {t('action.done')}
              </Button>
            </div>
          </div>
        </Card>
      )}
      <Loaded query={query}>
        {({ items }) => (
          <ul className={styles.list} aria-label={t('console.operators')}>
            {items
              .filter(({ revokedAt }) => revokedAt === null)
              .map((line) => (
                <Person key={line.id} line={line} isSelf={line.id === ownId} onLink={setLink} />
              ))}
          </ul>
        )}
      </Loaded>
      <CreateForm onLink={setLink} />
    </Page>
  );
}

function useChange() {
  const client = useQueryClient();
  return async (work: () => Promise<unknown>, done?: string) => {
    try {
      await work();
      if (done !== undefined) notifyDone(done);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await client.invalidateQueries({ queryKey: operatorsQuery.queryKey });
  };
}

function Person({ line: { id, name, role, keys }, isSelf, onLink }: { line: OperatorLine; isSelf: boolean; onLink: (link: Link) => void }) {
  const { t } = useTranslation();
  const change = useChange();
  const [isAsking, setAsking] = useState(false);
  const invite = () => change(async () => onLink({ ...(await api.post<Enrolment>(doorPath('operators', id, 'enrolment'), {})), name }));
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{name}</strong>
          {isSelf && <span className={styles.faint}>({t('console.you')})</span>}
          <Pill>{t(`console.role_${role}`)}</Pill>
        </p>
        {keys.length === 0 && <p className={styles.faint}>{t('console.noKeys')}</p>}
        <ul className={own.keys} aria-label={t('console.keysOf', { name })}>
          {keys.map((key) => (
            <Key key={key.id} operatorId={id} line={key} />
          ))}
        </ul>
      </div>
      <div className={styles.cardActions}>
        <Button variant="default" aria-label={t('console.inviteOf', { name })} onClick={() => void invite()}>
          {t('console.invite')}
        </Button>
        {!isSelf && (
          <Button variant="default" aria-label={t('console.revokeOf', { name })} onClick={() => setAsking(true)}>
            {t('console.revoke')}
          </Button>
        )}
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        isDangerous
        title={t('console.revokeTitle', { name })}
        help={t('console.revokeHelp')}
        label={t('console.revoke')}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void change(() => api.delete(doorPath('operators', id)), t('console.revoked', { name }));
        }}
      />
    </li>
  );
}

function Key({ operatorId, line: { id, kind, label, lastUsedAt } }: { operatorId: string; line: OperatorKeyLine }) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  const change = useChange();
  const used = lastUsedAt === null ? t('console.neverUsed') : t('console.usedAt', { date: shortDate(lastUsedAt) });
  return (
    <li>
      <span>
        {t(`console.kind_${kind}`)} “{label}” · {used}
      </span>
      <Button
        variant="subtle"
        size="compact-xs"
        color="gray"
        aria-label={t('console.removeOf', { label })}
        onClick={() => void change(() => api.delete(doorPath('operators', operatorId, 'keys', id)), t('console.removed'))}
      >
        {t('console.remove')}
      </Button>
    </li>
  );
}

function CreateForm({ onLink }: { onLink: (link: Link) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: '' }, validate: { name: rules.filled }, onValuesChange: () => setKey(newKey()) });
  const submit = async ({ name }: typeof form.values) => {
    setRefusal(null);
    try {
      const made = await api.create<OperatorLine>(doorPath('operators'), { name }, key);
      onLink({ ...(await api.post<Enrolment>(doorPath('operators', made.id, 'enrolment'), {})), name });
      form.reset();
    } catch (error) {
      setRefusal(showRefusal(form, error));
    }
    await client.invalidateQueries({ queryKey: operatorsQuery.queryKey });
  };
  return (
    <Section title={t('console.addOperator')} help={t('console.addOperatorHelp')}>
      <Card>
        <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <TextInput required autoComplete="off" label={t('console.name')} {...form.getInputProps('name')} />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit">{t('console.addOperator')}</Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}
