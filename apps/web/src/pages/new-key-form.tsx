import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MadeApiKey, NewApiKey } from '#contract';
import { api } from '../api.js';
import { apiKeysQuery } from '../settings.js';
import { sentenceOf } from '../ui/notify.js';
import { Card } from '../ui/page.js';
import connections from './connections-page.module.css';
import { rules } from './fields.js';
import forms from './form.module.css';
import styles from './new-key-form.module.css';
import { Refused } from './refused.js';
import { permissionWords } from './role-names.js';

const DAYS = [30, 90, 180, 365];
const DAYS_DEFAULT = 90;

/** Make a key. Its text is handed up, to be shown once. */
export function NewKeyForm({ offered, onMade }: { offered: readonly string[]; onMade: (made: MadeApiKey) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [permissions, setPermissions] = useState<string[]>([]);
  const [missing, setMissing] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { name: '', days: String(DAYS_DEFAULT), ranges: '' }, validate: { name: rules.filled } });
  const make = async ({ name, days, ranges }: typeof form.values) => {
    setMissing(permissions.length === 0 ? t('keys.canMissing') : null);
    if (permissions.length === 0) return;
    setBusy(true);
    setRefusal(null);
    const body: NewApiKey = {
      name: name.trim(),
      permissions,
      days: Number(days),
      ranges: ranges.split(/[\s,;]+/).filter((range) => range !== ''),
    };
    try {
      onMade(await api.post<MadeApiKey>('/api/api-keys', body));
      form.reset();
      setPermissions([]);
      await client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card>
      <details className={connections.fold} data-flush>
        <summary>{t('keys.make')}</summary>
        <form className={connections.form} noValidate onSubmit={form.onSubmit((values) => void make(values))}>
          <div className={forms.inline}>
            <TextInput
              required
              autoComplete="off"
              maxLength={100}
              label={t('keys.name')}
              description={t('keys.nameHelp')}
              {...form.getInputProps('name')}
            />
            <NativeSelect
              label={t('keys.days')}
              data={DAYS.map((count) => ({ value: String(count), label: t('sessions.days', { count }) }))}
              {...form.getInputProps('days')}
            />
          </div>
          <Checkbox.Group label={t('keys.can')} required error={missing} value={permissions} onChange={setPermissions}>
            <div className={`${forms.inline} ${styles.can}`}>
              {offered.map((permission) => (
                <Checkbox key={permission} value={permission} label={permissionWords(t, permission)} />
              ))}
            </div>
          </Checkbox.Group>
          <Textarea
            rows={2}
            spellCheck={false}
            label={t('keys.ranges')}
            description={t('keys.rangesHelp')}
            {...form.getInputProps('ranges')}
          />
          <Refused refusal={refusal} />
          <div className={forms.actions}>
            <Button type="submit" loading={isBusy}>
              {t('keys.submit')}
            </Button>
          </div>
        </form>
      </details>
    </Card>
  );
}
