import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AddressList, AddressListChange } from '#contract';
import { api, ApiError, newKey } from '../api.js';
import { may, useSession } from '../session.js';
import { addressListQuery } from '../settings.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { Loaded } from '../ui/loaded.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { Card, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import connections from './connections-page.module.css';
import forms from './form.module.css';
import styles from './networks-section.module.css';
import { Refused } from './refused.js';

/** The networks from which the tenant can be reached. */
export function NetworksSection() {
  const { t } = useTranslation();
  const query = useQuery(addressListQuery);
  return (
    <Section title={t('networks.title')} help={t('networks.help')}>
      <Card>
        <Loaded query={query} skeleton={<Skeleton lines={3} />}>
          {(list) => <NetworksForm key={JSON.stringify(list.items)} list={list} />}
        </Loaded>
      </Card>
    </Section>
  );
}

interface Line {
  key: string;
  range: string;
  note: string;
  problem: string | null;
}

/** What the server wants to hear twice before it keeps a list. */
type Doubt = 'locks_you_out' | 'everywhere_unconfirmed';

function NetworksForm({ list }: { list: AddressList }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayChange = may(useSession(), 'security:manage');
  const [lines, setLines] = useState<readonly Line[]>(() => list.items.map((item) => ({ ...item, key: newKey(), problem: null })));
  const [doubt, setDoubt] = useState<Doubt | null>(null);
  const [sure, setSure] = useState<Pick<AddressListChange, 'lockOut' | 'everywhere'>>({});
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = (key: string, part: Partial<Line>) =>
    setLines((all) => all.map((line) => (line.key === key ? { ...line, problem: null, ...part } : line)));
  const add = (range = '', note = '') => setLines((all) => [...all, { key: newKey(), range, note, problem: null }]);
  const save = async (confirmed: typeof sure) => {
    setBusy(true);
    setRefusal(null);
    setDoubt(null);
    setSure(confirmed);
    const items = lines.map(({ range, note }) => ({ range: range.trim(), note: note.trim() }));
    try {
      const kept = await api.put<AddressList>('/api/security/addresses', { items, ...confirmed } satisfies AddressListChange);
      client.setQueryData(addressListQuery.queryKey, kept);
      notifyDone(t('networks.saved'));
    } catch (error) {
      if (error instanceof ApiError && (error.code === 'locks_you_out' || error.code === 'everywhere_unconfirmed')) setDoubt(error.code);
      else if (error instanceof ApiError && error.fields.length > 0) {
        const bad = new Set(error.fields.map(({ path }) => Number(path.split('.')[1])));
        setLines((all) => all.map((line, at) => ({ ...line, problem: bad.has(at) ? t('networks.bad') : null })));
      } else setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={connections.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save({});
      }}
    >
      <p className={styles.here}>
        <span>{t('networks.you', { address: list.you.address })}</span>
        <Pill tone={list.you.isListed ? 'good' : 'warn'}>{list.you.isListed ? t('networks.listed') : t('networks.notListed')}</Pill>
      </p>
      {lines.length === 0 && <p className={connections.faint}>{t('networks.empty')}</p>}
      <ul className={styles.lines} aria-label={t('networks.title')}>
        {lines.map((line, at) => (
          <li key={line.key} className={styles.line}>
            <TextInput
              aria-label={t('networks.rangeOf', { number: at + 1 })}
              placeholder={t('networks.rangeHelp')}
              value={line.range}
              error={line.problem}
              readOnly={!mayChange}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => change(line.key, { range: event.currentTarget.value })}
            />
            <TextInput
              aria-label={t('networks.noteOf', { number: at + 1 })}
              placeholder={t('networks.note')}
              value={line.note}
              maxLength={100}
              readOnly={!mayChange}
              onChange={(event) => change(line.key, { note: event.currentTarget.value })}
            />
            {mayChange && (
              <ActionIcon
                variant="subtle"
                size="lg"
                aria-label={t('networks.removeOf', { range: line.range })}
                onClick={() => setLines((all) => all.filter(({ key }) => key !== line.key))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      <Refused refusal={refusal} />
      {mayChange ? (
        <div className={forms.actions}>
          <Button
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => add(list.you.address, t('networks.thisPlace'))}
          >
            {t('networks.addThis')}
          </Button>
          <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => add()}>
            {t('networks.add')}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t('action.save')}
          </Button>
        </div>
      ) : (
        <p className={connections.faint}>{t('security.forbidden')}</p>
      )}
      <ConfirmDialog
        isOpen={doubt === 'locks_you_out'}
        isDangerous
        title={t('networks.lockOutTitle')}
        help={<p>{t('networks.lockOutHelp', { address: list.you.address })}</p>}
        label={t('networks.lockOut')}
        onConfirm={() => void save({ ...sure, lockOut: true })}
        onClose={() => setDoubt(null)}
      />
      <ConfirmDialog
        isOpen={doubt === 'everywhere_unconfirmed'}
        isDangerous
        title={t('networks.everywhereTitle')}
        help={<p>{t('networks.everywhereHelp')}</p>}
        label={t('networks.everywhere')}
        onConfirm={() => void save({ ...sure, everywhere: true })}
        onClose={() => setDoubt(null)}
      />
    </form>
  );
}
