import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ChannelKind, RecordedKind, RecordingPolicy, RetentionPolicy } from '#contract';
import { useFormats } from '../formats.js';
import { RailButton } from '../rail.js';
import { recordingQuery, retentionQuery } from '../settings.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { Loaded } from '../ui/loaded.js';
import { Card, Page, Pill, Section } from '../ui/page.js';
import { Skeleton } from '../ui/states.js';
import styles from './keep-page.module.css';

const KINDS: readonly RecordedKind[] = [
  'message_text',
  'attachments',
  'sender_name',
  'sender_picture',
  'mail_headers',
  'receipts',
  'raw_deliveries',
];
const CHANNELS: readonly ChannelKind[] = ['messenger', 'email'];

/** What is kept and how long: the policies in force, in words, and the versions before them. */
export function KeepPage() {
  const { t } = useTranslation();
  const retention = useQuery(retentionQuery);
  const recording = useQuery(recordingQuery);
  return (
    <Page menu={<RailButton />} title={t('keep.title')} help={t('keep.help')}>
      <Section title={t('keep.retention')} help={t('keep.rulesHelp')}>
        <Loaded query={retention} skeleton={<Skeleton shape="card" lines={2} />}>
          {({ current, versions }) => (
            <>
              <RetentionInForce policy={current} />
              <Versions current={current.version} versions={versions} />
            </>
          )}
        </Loaded>
      </Section>
      <div id="recording">
        <Section title={t('keep.recording')}>
          <Loaded query={recording} skeleton={<Skeleton shape="card" lines={3} />}>
            {({ current, versions }) => (
              <>
                <RecordingInForce policy={current} />
                <Versions current={current.version} versions={versions} />
              </>
            )}
          </Loaded>
        </Section>
      </div>
      <p className={styles.readOnly}>{t('keep.readOnly')}</p>
    </Page>
  );
}

function InForce({ policy }: { policy: Pick<RetentionPolicy, 'version' | 'createdAt' | 'createdBy'> }) {
  const { t } = useTranslation();
  const { date } = useFormats();
  return (
    <p className={styles.force}>
      <strong>{t('keep.version', { version: policy.version })}</strong>
      <Pill tone="good">{t('keep.inForce')}</Pill>
      <span>
        {t('keep.since', { date: date(policy.createdAt) })},{' '}
        {policy.createdBy === null ? t('keep.byOmnidesk') : t('keep.by', { name: policy.createdBy })}
      </span>
    </p>
  );
}

function RetentionInForce({ policy }: { policy: RetentionPolicy }) {
  const { t } = useTranslation();
  return (
    <Card>
      <InForce policy={policy} />
      <ol className={styles.rules}>
        {policy.rules.map((rule, index) => (
          <li key={rule.id}>
            <span className={styles.order} data-number>
              {index + 1}
            </span>
            <div>
              <strong>{rule.name}</strong>
              <p>
                {t('keep.ruleSentence', {
                  period: t('retention.months', { count: rule.keepMonths }),
                  anchor: t(`retention.anchor_${rule.anchor}`),
                  end: t(`retention.end_${rule.end}`),
                })}
              </p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function RecordingInForce({ policy }: { policy: RecordingPolicy }) {
  const { t } = useTranslation();
  const { all, channels } = policy.rules;
  return (
    <Card>
      <InForce policy={policy} />
      <div className={styles.scroller} tabIndex={0} role="region" aria-label={t('keep.table')}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('keep.kind')}</th>
              <th scope="col">{t('keep.everyChannel')}</th>
              {CHANNELS.map((channel) => (
                <th scope="col" key={channel}>
                  <span className={styles.channel}>
                    <ChannelMark channel={channel} isDecoration />
                    {t(`channel.${channel}`)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {KINDS.map((kind) => (
              <tr key={kind}>
                <th scope="row">{t(`keep.kind_${kind}`)}</th>
                <td data-choice={all[kind]}>{t(`keep.choice_${all[kind]}`)}</td>
                {CHANNELS.map((channel) => {
                  const own = channels[channel]?.[kind];
                  return (
                    <td key={channel} data-choice={own ?? 'inherits'}>
                      {own ? t(`keep.choice_${own}`) : t('keep.inherits')}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

interface VersionsProps {
  current: number;
  versions: readonly Pick<RetentionPolicy, 'version' | 'createdAt' | 'createdBy'>[];
}

function Versions({ current, versions }: VersionsProps) {
  const { t } = useTranslation();
  const { date } = useFormats();
  return (
    <details className={styles.versions}>
      <summary>
        {t('keep.versions')} ({versions.length})
      </summary>
      <ul>
        {versions.map(({ version, createdAt, createdBy }) => (
          <li key={version}>
            <strong>{t('keep.version', { version })}</strong>
            <span>
              {t('keep.since', { date: date(createdAt) })}, {createdBy === null ? t('keep.byOmnidesk') : t('keep.by', { name: createdBy })}
            </span>
            {version === current && <Pill tone="good">{t('keep.inForce')}</Pill>}
          </li>
        ))}
      </ul>
    </details>
  );
}
