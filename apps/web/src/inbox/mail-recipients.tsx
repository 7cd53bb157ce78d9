import { Button } from '@mantine/core';
import { IconMailOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationMail, Suppression } from '#contract';
import type { Draft } from '../drafts.js';
import { useFormats } from '../formats.js';
import type { MailWords } from '../i18n/en-mail.js';
import { useSession } from '../session.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { AddressField } from './address-field.js';
import styles from './mail-recipients.module.css';
import { liftSuppression } from './suppression.js';

interface MailRecipientsProps {
  conversation: Conversation;
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  onSend: () => void;
}

/** Whom an answer by mail goes to: always said; copies open on demand. */
export function MailRecipients({ conversation, draft, onChange, onSend }: MailRecipientsProps) {
  const { t } = useTranslation();
  const { contact, mail } = conversation;
  const [opened, setOpened] = useState<'cc' | 'bcc' | null>(null);
  const showsCc = opened === 'cc' || draft.cc.length > 0;
  const showsBcc = opened === 'bcc' || draft.bcc.length > 0;
  const missing = (mail?.others ?? []).filter((address) => !draft.cc.includes(address) && !draft.bcc.includes(address));
  return (
    <div className={styles.recipients}>
      {mail?.suppression && <SuppressionBar conversation={conversation} mail={mail} suppression={mail.suppression} />}
      <div className={styles.to}>
        <span className={styles.label}>{t('recipients.to')}</span>
        <span className={styles.person}>
          {contact.name}
          {mail && mail.replyAddress !== contact.name && <span className={styles.address}> {mail.replyAddress}</span>}
        </span>
        <span className={styles.more}>
          {missing.length > 0 && (
            <button
              type="button"
              title={t('recipients.answerAllHelp', { addresses: missing.join(', ') })}
              onClick={() => onChange({ cc: [...draft.cc, ...missing] })}
            >
              {t('recipients.answerAll', { count: missing.length })}
            </button>
          )}
          {!showsCc && (
            <button type="button" aria-label={t('recipients.addCc')} onClick={() => setOpened('cc')}>
              {t('recipients.cc')}
            </button>
          )}
          {!showsBcc && (
            <button type="button" aria-label={t('recipients.addBcc')} onClick={() => setOpened('bcc')}>
              {t('recipients.bcc')}
            </button>
          )}
        </span>
      </div>
      {showsCc && (
        <AddressField
          label={t('recipients.cc')}
          addresses={draft.cc}
          isFirst={opened === 'cc'}
          onChange={(cc) => onChange({ cc })}
          onSend={onSend}
        />
      )}
      {showsBcc && (
        <AddressField
          label={t('recipients.bcc')}
          help={t('recipients.bccHelp')}
          addresses={draft.bcc}
          isFirst={opened === 'bcc'}
          onChange={(bcc) => onChange({ bcc })}
          onSend={onSend}
        />
      )}
    </div>
  );
}

type KnownCode = keyof MailWords['suppression'] extends infer Key ? (Key extends `code_${infer Code}` ? Code : never) : never;

interface SuppressionBarProps {
  conversation: Conversation;
  mail: ConversationMail;
  suppression: Suppression;
}

/** Mail does not reach the contact: why, since when, and the way to try all the same. */
function SuppressionBar({ conversation, mail, suppression }: SuppressionBarProps) {
  const { t, i18n } = useTranslation();
  const { shortDate } = useFormats();
  const client = useQueryClient();
  const { agent } = useSession();
  const [isBusy, setBusy] = useState(false);
  const address = mail.replyAddress;
  const code = i18n.exists(`suppression.code_${suppression.code ?? ''}`) ? (suppression.code as KnownCode) : 'other';
  const lift = async () => {
    setBusy(true);
    try {
      await liftSuppression(client, { suppressionId: suppression.id, conversationId: conversation.id, agentId: agent.id });
      notifyDone(t('suppression.lifted', { address }));
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.suppressed} role="status">
      <IconMailOff size={16} aria-hidden />
      <p>
        {t(`suppression.${suppression.reason}`, { address, code: t(`suppression.code_${code}`) })}{' '}
        {t('suppression.since', { date: shortDate(suppression.since) })}
      </p>
      <Button variant="default" size="compact-sm" loading={isBusy} onClick={() => void lift()}>
        {t('suppression.tryAnyway')}
      </Button>
    </div>
  );
}
