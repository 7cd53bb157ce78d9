import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewOperatorGrant, OperatorGrant } from '#contract';
import { api, newKey } from '../api.js';
import { useFormats } from '../formats.js';
import { operatorGrantsQuery } from '../operator-access.js';
import { may, useSession } from '../session.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import styles from './connections-page.module.css';
import { rules, showRefusal } from './fields.js';
import forms from './form.module.css';
import { Refused } from './refused.js';

/** A choice of times is easier to mean than a number; the server takes any up to a week. */
const HOURS = ['1', '4', '24', '72', '168'] as const;

/** The tenant's word that operators may read: to give, to end, and to look back on. */
export function OperatorGrantsSection() {
  const { t } = useTranslation();
  const mayGrant = may(useSession(), 'operator_grant:manage');
  const query = useQuery({ ...operatorGrantsQuery, refetchOnMount: 'always' });
  return (
    <>
      <Section title={t('operatorAccess.given')}>
        <Loaded query={query} skeleton={<Skeleton shape="card" lines={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Card>
                <p className={styles.faint}>{t('operatorAccess.none')}</p>
              </Card>
            ) : (
              <ul className={styles.list} aria-label={t('operatorAccess.given')}>
                {items.map((grant) => (
                  <GrantLine key={grant.id} grant={grant} mayEnd={mayGrant} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      {mayGrant ? <GrantForm /> : <p className={styles.faint}>{t('operatorAccess.ownersOnly')}</p>}
    </>
  );
}

function GrantLine({
  grant: { id, reason, grantedBy, grantedAt, endsAt, endedAt, isLive },
  mayEnd,
}: {
  grant: OperatorGrant;
  mayEnd: boolean;
}) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const client = useQueryClient();
  const end = async () => {
    try {
      await api.delete(`/api/operator-grants/${encodeURIComponent(id)}`);
      notifyDone(t('operatorAccess.endedNow'));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await client.invalidateQueries({ queryKey: operatorGrantsQuery.queryKey });
  };
  const until =
    endedAt === null
      ? t(isLive ? 'operatorAccess.until' : 'operatorAccess.over', { date: moment(endsAt) })
      : t('operatorAccess.endedAt', { date: moment(endedAt) });
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{reason}</strong>
          {isLive && <Pill tone="warn">{t('operatorAccess.live')}</Pill>}
        </p>
        <p className={styles.faint}>{t('operatorAccess.by', { name: grantedBy, date: moment(grantedAt) })}</p>
        <p className={styles.faint}>{until}</p>
      </div>
      {isLive && mayEnd && (
        <div className={styles.cardActions}>
          <Button variant="default" aria-label={t('operatorAccess.endOf', { reason })} onClick={() => void end()}>
            {t('operatorAccess.end')}
          </Button>
        </div>
      )}
    </li>
  );
}

function GrantForm() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    initialValues: { reason: '', hours: '4' },
    validate: { reason: rules.filled },
    onValuesChange: () => setKey(newKey()),
  });
  const submit = async ({ reason, hours }: typeof form.values) => {
    setBusy(true);
    setRefusal(null);
    const body: NewOperatorGrant = { reason, hours: Number(hours) };
    try {
      await api.create<OperatorGrant>('/api/operator-grants', body, key);
      form.reset();
      notifyDone(t('operatorAccess.givenNow'));
      await client.invalidateQueries({ queryKey: operatorGrantsQuery.queryKey });
    } catch (error) {
      setRefusal(showRefusal(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('operatorAccess.giveTitle')} help={t('operatorAccess.giveHelp')}>
      <Card>
        <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <Textarea
            required
            autosize
            minRows={2}
            label={t('operatorAccess.reason')}
            description={t('operatorAccess.reasonHelp')}
            {...form.getInputProps('reason')}
          />
          <NativeSelect
            label={t('operatorAccess.hours')}
            data={HOURS.map((hours) => ({ value: hours, label: t(`operatorAccess.hours_${hours}`) }))}
            {...form.getInputProps('hours')}
          />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('operatorAccess.give')}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}
