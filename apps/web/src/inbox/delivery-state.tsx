import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconEye, IconHelpCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DeliveryState, MessageDelivery } from '#contract';
import { useFormats } from '../formats.js';
import styles from './delivery-state.module.css';

const ICONS: Record<DeliveryState, typeof IconCheck> = {
  queued: IconClock,
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconEye,
  failed: IconAlertCircle,
  unknown: IconHelpCircle,
};

/** How far an outbound message got, as a sign and a word. */
export function DeliveryMark({ delivery }: { delivery: MessageDelivery }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const Icon = ICONS[delivery.state];
  return (
    <span className={styles.mark} data-state={delivery.state} title={moment(delivery.at)}>
      <Icon size={13} aria-hidden />
      {t(`delivery.${stateWord(delivery)}`)}
    </span>
  );
}

/** What has left us and came back was sent, and not delivered. */
function stateWord({ state, code }: MessageDelivery) {
  if (state === 'failed' && code?.startsWith('bounced_')) return 'bounced';
  return state === 'sent' && code === 'delayed' ? 'delayed' : state;
}

/** Whether somebody should know more about a delivery than its state. */
export function isTroubled({ state, code }: MessageDelivery): boolean {
  return state === 'failed' || state === 'unknown' || code !== null;
}
