import { Switch } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, PageSettings, PageSettingsChange } from '#contract';
import { api } from '../api.js';
import { connectionPath, connectionsQuery } from '../settings.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './connection-page.module.css';

const SETTINGS = ['humanAgent', 'personas', 'comments'] as const satisfies readonly (keyof PageSettings)[];

/** What an admin says about a page. Each switch holds at once; one that the server refuses goes back. */
export function PageSettingsSection({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  // What was just switched, until the server has it: it shows at once, and goes back by itself when the server says no.
  const [wanted, setWanted] = useState<PageSettingsChange>({});
  const isBusy = Object.keys(wanted).length > 0;
  const settings: PageSettings = { ...connection.settings, ...wanted };
  const change = async (name: keyof PageSettings, isOn: boolean) => {
    const one: PageSettingsChange = { [name]: isOn };
    setWanted(one);
    try {
      const changed = await api.patch<Connection>(connectionPath(connection.id), one);
      // From the answer, not from asking again: asking can be overtaken by another that began before, and show the old for a moment.
      await client.cancelQueries({ queryKey: connectionsQuery.queryKey });
      client.setQueryData(
        connectionsQuery.queryKey,
        (list) => list && { ...list, items: list.items.map((each) => (each.id === changed.id ? changed : each)) },
      );
      notifyDone(t('pageSettings.saved', { name: connection.name }));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
    await Promise.allSettled([connectionsQuery.queryKey, ['conversation']].map((queryKey) => client.invalidateQueries({ queryKey })));
    setWanted({});
  };
  return (
    <Section title={t('pageSettings.title')}>
      <Card>
        <div className={styles.stack}>
          {SETTINGS.map((name) => (
            <Switch
              key={name}
              checked={settings[name]}
              disabled={isBusy}
              label={t(`pageSettings.${name}`)}
              description={t(`pageSettings.${name}Help`)}
              onChange={({ currentTarget }) => void change(name, currentTarget.checked)}
            />
          ))}
        </div>
      </Card>
    </Section>
  );
}
