import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api.js';
import styles from '../pages/connections-page.module.css';
import { rules, showRefusal } from '../pages/fields.js';
import forms from '../pages/form.module.css';
import { Refused } from '../pages/refused.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { addressesQuery, doorPath } from './queries.js';

/** From where operators may come, with "you are here". */
export function AddressesScreen() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(addressesQuery);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({ initialValues: { range: '', label: '' }, validate: { range: rules.filled } });
  const refresh = () => client.invalidateQueries({ queryKey: addressesQuery.queryKey });
  const remove = async (range: string) => {
    try {
      await api.post(doorPath('addresses', 'remove'), { range });
      notifyDone(t('console.removed'));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await refresh();
  };
  const add = async (values: typeof form.values) => {
    setRefusal(null);
    try {
      await api.post(doorPath('addresses'), values);
      form.reset();
    } catch (error) {
      setRefusal(showRefusal(form, error));
    }
    await refresh();
  };
  return (
    <Page menu={null} title={t('console.addresses')} help={t('console.addressesHelp')}>
      <Loaded query={query}>
        {({ yours, items }) => (
          <>
            <p>{t('console.comeFrom', { address: yours })}</p>
            <ul className={styles.list} aria-label={t('console.addresses')}>
              {items.map(({ range, label, isYours }) => (
                <li key={range} className={styles.card}>
                  <div className={styles.words}>
                    <p className={styles.name}>
                      <strong>{range}</strong>
                      {isYours && <Pill tone="accent">{t('console.here')}</Pill>}
                    </p>
                    {label !== '' && <p className={styles.faint}>{label}</p>}
                  </div>
                  <div className={styles.cardActions}>
                    <Button variant="default" aria-label={t('console.removeOf', { label: range })} onClick={() => void remove(range)}>
                      {t('console.remove')}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      <Section title={t('console.addAddress')}>
        <Card>
          <form className={styles.form} noValidate onSubmit={form.onSubmit((values) => void add(values))}>
            <div className={forms.inline}>
              <TextInput
                required
                autoComplete="off"
                label={t('console.range')}
                description={t('console.rangeHelp')}
                {...form.getInputProps('range')}
              />
              <TextInput autoComplete="off" label={t('console.whose')} {...form.getInputProps('label')} />
            </div>
            <Refused refusal={refusal} />
            <div className={forms.actions}>
              <Button type="submit">{t('console.addAddress')}</Button>
            </div>
          </form>
        </Card>
      </Section>
    </Page>
  );
}
