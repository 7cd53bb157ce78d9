import { useTranslation } from 'react-i18next';
import type { Connection, MailboxDkim } from '#contract';
import { CopyField } from '../ui/copy-field.js';
import { Card, Pill, Section } from '../ui/page.js';
import styles from './connection-page.module.css';

/** The record by which receivers can tell that what we send is the tenant's. */
export function DkimSection({ connection, dkim }: { connection: Connection; dkim: MailboxDkim }) {
  const { t } = useTranslation();
  const domain = connection.externalId.split('@').at(-1) ?? '';
  const { state, recordName, recordValue } = dkim;
  return (
    <Section title={t('dkim.title')} help={t('dkim.help', { domain })}>
      <Card>
        <div className={styles.stack}>
          <p className={styles.head}>
            <Pill tone={state === 'signing' ? 'good' : 'warn'}>{t(`dkim.state_${state}`)}</Pill>
            {state === 'waiting' && <span className={styles.faint}>{t('dkim.waitingHelp')}</span>}
          </p>
          <CopyField label={t('dkim.name')} value={recordName} />
          <CopyField label={t('dkim.value')} value={recordValue} />
        </div>
      </Card>
    </Section>
  );
}
