import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message, MessageDelivery } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { changeDraft } from '../drafts.js';
import { useFormats } from '../formats.js';
import { serverWords } from '../server-words.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { LinkButton } from '../ui/link-button.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import styles from './delivery-state.module.css';
import { type Way, waysOn } from './delivery-ways.js';
import { focusField, showChanged, useOpenConversation } from './open-conversation.js';
import { windowAt } from './reply-window-state.js';

/** Why an outbound message did not get there, may not have, or has to wait; with what helps. */
export function DeliveryTrouble({ message, delivery }: { message: Message; delivery: MessageDelivery }) {
  const { t } = useTranslation();
  const { state, nextTryAt } = delivery;
  const { time } = useFormats();
  const isUnsure = state === 'unknown';
  const reason = reasonOf(delivery);
  const said = saidBy(delivery);
  if (state !== 'failed' && !isUnsure && reason === null) return null;
  return (
    <div className={styles.trouble} data-state={state}>
      <p>{reason ?? (isUnsure ? t('delivery.unknownHelp') : t('delivery.failedPlain'))}</p>
      {said !== null && <p className={styles.said}>{t('deliveryNote.serverSaid', { words: said })}</p>}
      {state === 'queued' && nextTryAt != null && <p>{t('deliveryNote.nextTry', { time: time(nextTryAt) })}</p>}
      {isUnsure && reason !== null && <p>{t('delivery.unknownHelp')}</p>}
      <Ways message={message} delivery={delivery} />
    </div>
  );
}

const ADDRESS = /[^\s,;:<>()]+@[^\s,;:<>()]+[^\s,;:<>().]/g;

/** In the agent's language where we know the code, with the addresses it is about; else in the server's words. */
function reasonOf({ code, reason }: MessageDelivery): string | null {
  if (reason === null && code === null) return null;
  const who = [...new Set(reason?.match(ADDRESS) ?? [])].join(', ');
  const words = serverWords(['reason'], { code, message: reason ?? '' }, { who });
  return words === '' ? null : words;
}

/** What another mail server said, behind our own server's sentence. */
function saidBy({ code, reason }: MessageDelivery): string | null {
  if (code?.startsWith('bounced_') || code === 'copy_bounced') return /\bIt said: (.+)$/s.exec(reason ?? '')?.[1] ?? null;
  if (code?.startsWith('smtp_')) return /: (.+?)(?: It is tried again by itself\.)?$/s.exec(reason ?? '')?.[1] ?? null;
  return null;
}

function Ways({ message, delivery }: { message: Message; delivery: MessageDelivery }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const atMs = useNowMs();
  const conversation = useOpenConversation();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const canAnswer = conversation === undefined || windowAt(conversation.replyWindow, atMs).state !== 'closed';
  const act = async (what: 'resend' | 'arrived') => {
    setAsking(false);
    setBusy(true);
    try {
      const answer = await api.post<Message | undefined>(`/api/messages/${encodeURIComponent(message.id)}/${what}`, {});
      await showChanged(client, message, answer);
    } catch (error) {
      notifyFailed(t('delivery.notDone', { reason: sentenceOf(error) }));
    } finally {
      setBusy(false);
    }
  };
  const edit = () => {
    changeDraft(message.conversationId, { kind: 'reply', reply: message.text, cc: message.cc, bcc: message.mail?.bcc ?? [] });
    focusField(message.conversationId);
  };
  const ways = waysOn(delivery, canAnswer).filter((way) => way !== 'edit' || message.text !== '');
  if (ways.length === 0) return null;
  const isUnsure = delivery.state === 'unknown';
  const button = (way: Way) => {
    switch (way) {
      case 'connection':
        return conversation ? (
          <LinkButton
            key={way}
            to="/connections/$connectionId"
            params={{ connectionId: conversation.connection.id }}
            variant="default"
            size="compact-sm"
          >
            {t('delivery.toConnection')}
          </LinkButton>
        ) : null;
      case 'edit':
        return <Plain key={way} label={t('delivery.edit')} isBusy={isBusy} onPress={edit} />;
      case 'arrived':
        return <Plain key={way} label={t('delivery.arrived')} isBusy={isBusy} onPress={() => void act('arrived')} />;
      case 'resend':
        return (
          <Plain
            key={way}
            label={t('delivery.sendAgain')}
            isBusy={isBusy}
            onPress={() => (isUnsure ? setAsking(true) : void act('resend'))}
          />
        );
    }
  };
  return (
    <div className={styles.ways}>
      {ways.map(button)}
      <ConfirmDialog
        isOpen={isAsking}
        title={t('delivery.againTitle')}
        help={t('delivery.againHelp', { name: conversation?.contact.name ?? '' })}
        label={t('delivery.sendAgain')}
        onConfirm={() => void act('resend')}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}

function Plain({ label, isBusy, onPress }: { label: string; isBusy: boolean; onPress: () => void }) {
  return (
    <Button variant="default" size="compact-sm" disabled={isBusy} onClick={onPress}>
      {label}
    </Button>
  );
}
