import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { HealthLine, InstallationHealth } from '#contract';
import { useFormats } from '../formats.js';
import styles from '../pages/connections-page.module.css';
import { Loaded } from '../ui/loaded.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import own from './console.module.css';
import { healthQuery } from './queries.js';

const TONES = { good: 'good', warn: 'warn', bad: 'bad' } as const;
const FIGURES = [
  'deliveriesWaiting',
  'deliveryLagSeconds',
  'deliveriesSetAside',
  'jobsWaiting',
  'jobLagSeconds',
  'jobsFailed',
  'tenantsActive',
  'tenantsSuspended',
] as const satisfies readonly (keyof InstallationHealth['figures'])[];

/** What the installation stands on, and how much waits. */
export function HealthScreen() {
  const { t } = useTranslation();
  const { number } = useFormats();
  const query = useQuery(healthQuery);
  return (
    <Page menu={null} title={t('console.health')} help={t('console.healthHelp')}>
      <Loaded query={query}>
        {({ lines, figures }) => (
          <>
            <ul className={styles.list} aria-label={t('console.health')}>
              {lines.map((line) => (
                <Line key={line.key} line={line} />
              ))}
            </ul>
            <Section title={t('console.figures')}>
              <Card>
                <dl className={own.figures}>
                  {FIGURES.map((figure) => (
                    <div key={figure}>
                      <dt>{t(`console.figure_${figure}`)}</dt>
                      <dd data-number>{number(figures[figure])}</dd>
                    </div>
                  ))}
                </dl>
              </Card>
            </Section>
          </>
        )}
      </Loaded>
      <div className={own.end}>
        <Button variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('console.lookAgain')}
        </Button>
      </div>
    </Page>
  );
}

function Line({ line: { key, state } }: { line: HealthLine }) {
  const { t } = useTranslation();
  return (
    <li className={styles.card}>
      <div className={styles.words}>
        <p className={styles.name}>
          <strong>{t(`console.health_${key}`)}</strong>
          <Pill tone={TONES[state]}>{t(`console.is_${state}`)}</Pill>
        </p>
        {state !== 'good' && <p className={styles.problem}>{t(`console.do_${key}`)}</p>}
      </div>
    </li>
  );
}
