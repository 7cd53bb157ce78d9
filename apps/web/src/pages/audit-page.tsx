import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditAct, AuditEntry } from '#contract';
import { type AuditFilter, auditQuery, isFiltering, NO_FILTER } from '../audit.js';
import { RailButton } from '../rail.js';
import { agentsQuery } from '../settings.js';
import { Card, Page, Section } from '../ui/page.js';
import { EmptyState, FailedState, Skeleton } from '../ui/states.js';
import { AuditCheck } from './audit-check.js';
import { AuditDetails } from './audit-details.js';
import { AuditLine } from './audit-line.js';
import styles from './audit-page.module.css';

/** Who did what: to search, to check, to hand out. */
export function AuditPage() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState(NO_FILTER);
  const [shown, setShown] = useState<AuditEntry | null>(null);
  return (
    <Page menu={<RailButton />} title={t('audit.title')} help={t('audit.help')}>
      <AuditCheck />
      <Section title={t('audit.list')}>
        <Filters filter={filter} onChange={(change) => setFilter({ ...filter, ...change })} />
        <Entries filter={filter} onShow={setShown} onClear={() => setFilter(NO_FILTER)} />
      </Section>
      <AuditDetails
        entry={shown}
        onClose={() => setShown(null)}
        onAllAbout={(about) => {
          setShown(null);
          setFilter({ ...NO_FILTER, about });
        }}
      />
    </Page>
  );
}

function Filters({ filter, onChange }: { filter: AuditFilter; onChange: (change: Partial<AuditFilter>) => void }) {
  const { t } = useTranslation();
  const { data: agents } = useQuery(agentsQuery);
  // The table of words has one for every act there is.
  const acts = Object.entries(t('audit.act', { returnObjects: true })) as [AuditAct, string][];
  return (
    <Card>
      <form className={styles.filter} role="search" aria-label={t('audit.filter')} onSubmit={(event) => event.preventDefault()}>
        <NativeSelect
          label={t('audit.whatHappened')}
          value={filter.act}
          onChange={({ currentTarget }) => onChange({ act: currentTarget.value as AuditAct | '' })}
          data={[{ value: '', label: t('audit.everything') }, ...acts.map(([value, label]) => ({ value, label }))]}
        />
        <NativeSelect
          label={t('audit.who')}
          value={filter.by}
          onChange={({ currentTarget }) => onChange({ by: currentTarget.value })}
          data={[{ value: '', label: t('audit.everybody') }, ...(agents?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <TextInput
          label={t('audit.about')}
          placeholder={t('audit.aboutHelp')}
          maxLength={100}
          value={filter.about}
          onChange={({ currentTarget }) => onChange({ about: currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('audit.from')}
          value={filter.from}
          onChange={({ currentTarget }) => onChange({ from: currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('audit.to')}
          value={filter.to}
          onChange={({ currentTarget }) => onChange({ to: currentTarget.value })}
        />
        <Button variant="default" disabled={!isFiltering(filter)} onClick={() => onChange(NO_FILTER)}>
          {t('audit.clear')}
        </Button>
      </form>
    </Card>
  );
}

interface EntriesProps {
  filter: AuditFilter;
  onShow: (entry: AuditEntry) => void;
  onClear: () => void;
}

function Entries({ filter, onShow, onClear }: EntriesProps) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(auditQuery(filter));
  const items = query.data?.pages.flatMap((page) => page.items);
  const isFiltered = isFiltering(filter);
  if (items === undefined) {
    return query.isError ? <FailedState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton shape="row" lines={6} />;
  }
  if (items.length === 0) {
    return (
      <Card>
        <EmptyState
          role="status"
          icon={<IconHistory />}
          title={isFiltered ? t('audit.noneTitle') : t('audit.emptyTitle')}
          help={isFiltered ? t('audit.noneHelp') : t('audit.emptyHelp')}
        >
          {isFiltered && <Button onClick={onClear}>{t('audit.clear')}</Button>}
        </EmptyState>
      </Card>
    );
  }
  return (
    <>
      <ul className={styles.list} aria-label={t('audit.list')}>
        {items.map((entry) => (
          <AuditLine key={entry.seq} entry={entry} onShow={() => onShow(entry)} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button className={styles.more} variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('audit.more')}
        </Button>
      )}
    </>
  );
}
