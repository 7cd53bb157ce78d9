import { IconArrowBackUpDouble, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message, UnsentText } from '#contract';
import { api } from '../api.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { LinkedText } from './linked-text.js';
import styles from './message-line.module.css';

/**
 * A message that its author took back. What it said is fetched only when somebody asks, and forgotten when it is hidden again: it is in no
 * cache.
 */
export function UnsentWords({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isComment = message.comment !== null;
  const Icon = isComment ? IconTrash : IconArrowBackUpDouble;
  const show = async () => {
    setBusy(true);
    try {
      setText((await api.get<UnsentText>(`/api/messages/${encodeURIComponent(message.id)}/unsent`)).text);
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.unsent}>
      <p className={styles.hidden}>
        <Icon size={14} aria-hidden /> {t(isComment ? 'rare.removedBy' : 'rare.unsentBy', { name: message.author.name })}
        {' · '}
        <button
          type="button"
          className={styles.fold}
          aria-expanded={text !== null}
          aria-busy={isBusy}
          onClick={() => (text === null ? void show() : setText(null))}
        >
          {text === null ? t('rare.unsentShow') : t('rare.unsentHide')}
        </button>
      </p>
      {text !== null && (
        <p className={styles.words} dir="auto" role="status">
          {text === '' ? <em className={styles.hidden}>{t('rare.unsentNothing')}</em> : <LinkedText text={text} />}
        </p>
      )}
    </div>
  );
}
