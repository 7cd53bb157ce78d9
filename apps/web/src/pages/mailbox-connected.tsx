import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ConnectedMailbox } from '#contract';
import { CopyField } from '../ui/copy-field.js';
import { Card } from '../ui/page.js';
import styles from './connect-mailbox.module.css';
import forms from './form.module.css';

interface ConnectedCardProps {
  connected: ConnectedMailbox;
  onDone: () => void;
}

/** What is shown once: it stays until the agent says it is copied, and is in no cache. A fetched mailbox has nothing to copy. */
export function ConnectedCard({ connected, onDone }: ConnectedCardProps) {
  const { t } = useTranslation();
  const { connection, mailboxKey, inboundSecret, webhookPath } = connected;
  const title = t('mailbox.connected', { name: connection.name });
  const inbound = connection.mailbox?.inbound ?? 'raw';
  const provider = inbound === 'imap' ? 'raw' : inbound;
  return (
    <div role="region" aria-label={title}>
      <Card tone={webhookPath === null ? 'plain' : 'warn'}>
        <div className={styles.stack}>
          <div>
            <p role="status">
              <strong>{title}</strong>. {webhookPath === null ? t('mailbox.fetched') : `${t('connections.onceTitle')}.`}
            </p>
            {webhookPath !== null && <p>{t('connections.onceHelp')}</p>}
          </div>
          {webhookPath !== null && (
            <>
              <CopyField
                label={
                  provider === 'raw' ? t('connections.inboundUrl') : t('mailbox.hookUrl', { provider: t(`mailbox.provider_${provider}`) })
                }
                value={`${window.location.origin}${webhookPath}`}
              />
              {provider === 'raw' && <CopyField label={t('connections.mailboxKey')} value={mailboxKey} />}
              {(provider === 'raw' || provider === 'postmark') && (
                <CopyField label={t('connections.inboundSecret')} value={inboundSecret} />
              )}
            </>
          )}
          <div className={forms.actions}>
            <Button variant="default" onClick={onDone}>
              {webhookPath === null ? t('action.done') : t('connections.onceDone')}
            </Button>
          </div>
        </div>
      </Card>
    </div>
  );
}
