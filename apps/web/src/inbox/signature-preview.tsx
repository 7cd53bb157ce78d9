import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '#contract';
import { useSession } from '../session.js';
import styles from './mail-recipients.module.css';
import { useConnection } from './page-inbox.js';

/** What will stand below an answer by mail, folded away: the agent's own signature, then the mailbox's. */
export function SignaturePreview({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const mailbox = useConnection(conversation.connection.id)?.mailbox;
  const lines = [agent.signature, mailbox?.settings.signature ?? ''].filter((signature) => signature.trim() !== '').join('\n');
  return (
    <details className={styles.signature}>
      <summary>{t('recipients.signature')}</summary>
      {lines === '' ? (
        <p>
          {t('recipients.signatureNone')}. <Link to="/profile">{t('recipients.signatureSet')}</Link>
        </p>
      ) : (
        <pre dir="auto">{`-- \n${lines}`}</pre>
      )}
    </details>
  );
}
