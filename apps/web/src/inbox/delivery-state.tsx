import { Button } from '@mantine/core';
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconEye, IconHelpCircle } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeliveryState, Message, MessageDelivery } from '#contract';
import { changeDraft } from '../drafts.js';
import { useFormats } from '../formats.js';
import type { Words } from '../i18n/en.js';
import { say } from '../outbox.js';
import { LinkButton } from '../ui/link-button.js';
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
      {t(`delivery.${delivery.state}`)}
    </span>
  );
}

/** Why an outbound message did not get there, or may not have; with the one thing that helps. Nothing for a message that did. */
export function DeliveryTrouble({ message, delivery }: { message: Message; delivery: MessageDelivery }) {
  const { t, i18n } = useTranslation();
  if (delivery.state !== 'failed' && delivery.state !== 'unknown') return null;
  const isUnsure = delivery.state === 'unknown';
  // In the agent's language where we know the code; else in the server's words.
  const isKnown = delivery.code !== null && i18n.exists(`reason.${delivery.code}`);
  const reason = isKnown ? t(`reason.${delivery.code as keyof Words['reason']}`) : delivery.reason;
  return (
    <div className={styles.trouble} data-state={delivery.state}>
      <p>{reason ?? (isUnsure ? t('delivery.unknownHelp') : t('delivery.failedPlain'))}</p>
      {isUnsure && delivery.reason !== null && <p>{t('delivery.unknownHelp')}</p>}
      <Remedy message={message} delivery={delivery} />
    </div>
  );
}

function Remedy({ message, delivery }: { message: Message; delivery: MessageDelivery }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const sendAgain = () =>
    void say(client, {
      conversationId: message.conversationId,
      kind: 'reply',
      text: message.text,
      cc: message.cc,
      lastSeenMessageId: null,
    });
  const edit = () => {
    changeDraft(message.conversationId, { kind: 'reply', reply: message.text, cc: message.cc.join(', ') });
  };
  if (delivery.remedy === 'reconnect') {
    return (
      <LinkButton to="/connections" variant="default" size="compact-sm">
        {t('delivery.reconnect')}
      </LinkButton>
    );
  }
  if (delivery.remedy === 'give_up') {
    return (
      <Button variant="default" size="compact-sm" onClick={edit}>
        {t('delivery.edit')}
      </Button>
    );
  }
  return (
    <Button variant="default" size="compact-sm" onClick={sendAgain}>
      {delivery.state === 'unknown' ? t('delivery.sendAgainUnsure') : t('delivery.sendAgain')}
    </Button>
  );
}
