import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import i18next from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry, AuditVerification } from '#contract';
import { api } from '../api.js';
import { useFormats } from '../formats.js';
import styles from '../pages/connections-page.module.css';
import { Loaded } from '../ui/loaded.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { Page, Pill } from '../ui/page.js';
import own from './console.module.css';
import { auditQuery, doorPath, operatorsQuery } from './queries.js';

/** What was done to the installation, newest first, and whether its chain holds. */
export function AuditScreen() {
  const { t } = useTranslation();
  const query = useQuery(auditQuery);
  const names = new Map(useQuery(operatorsQuery).data?.items.map(({ id, name }) => [id, name]));
  const [found, setFound] = useState<AuditVerification | null>(null);
  const verify = async () => {
    try {
      let part = await api.post<AuditVerification>(doorPath('audit', 'verify'), { after: 0 });
      while (!part.isDone) part = await api.post<AuditVerification>(doorPath('audit', 'verify'), { after: part.verifiedTo });
      setFound(part);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    }
  };
  return (
    <Page menu={null} title={t('console.audit')} help={t('console.auditHelp')}>
      <div className={own.end}>
        <p role="status">
          {found !== null && (
            <Pill tone={found.broken === null ? 'good' : 'bad'}>
              {found.broken === null ? t('console.holds', { count: found.verifiedTo }) : t('console.broken', { seq: found.broken.seq })}
            </Pill>
          )}
        </p>
        <Button variant="default" onClick={() => void verify()}>
          {t('console.verify')}
        </Button>
      </div>
      <Loaded query={query}>
        {({ items }) => (
          <ol className={styles.list} aria-label={t('console.audit')}>
            {items.map((entry) => (
              <Entry key={entry.seq} entry={entry} names={names} />
            ))}
          </ol>
        )}
      </Loaded>
    </Page>
  );
}

function Entry({ entry: { at, act, by, about, personal }, names }: { entry: AuditEntry; names: ReadonlyMap<string, string> }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const who = by.kind === 'operator' ? (names.get(by.id ?? '') ?? by.id ?? '') : t(`console.by_${by.kind}`);
  const about_ = about === null ? [] : [names.get(about.id) ?? `${about.kind} ${about.id}`];
  const beside = Object.values(personal).filter((value) => value !== null);
  // Most acts are the tenants' own; their words are with their screens, and here the act's name says enough.
  const title = i18next.exists(`console.act_${act}`) ? i18next.t(`console.act_${act}` as 'console.act_operator_created') : act;
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{title}</strong>
        </p>
        <p className={styles.faint}>{[moment(at), who, ...about_, ...beside].join(' · ')}</p>
      </div>
    </li>
  );
}
