import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CommentChange, CommentState, Message } from '#contract';
import { api } from '../api.js';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import { putMessage } from '../thread.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import styles from './comment-acts.module.css';
import { showChanged } from './open-conversation.js';

const PrivateReplyDialog = lazy(async () => ({ default: (await import('./private-reply-dialog.js')).PrivateReplyDialog }));

/** What one can do with a comment: hide it, like it, and answer its author in private, once. */
export function CommentActs({ message, comment }: { message: Message; comment: CommentState }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const change = async (wanted: CommentChange) => {
    setBusy(true);
    putMessage(client, { ...message, comment: { ...comment, ...wanted } });
    try {
      const answer = await api.patch<Message | undefined>(`/api/messages/${encodeURIComponent(message.id)}`, wanted);
      await showChanged(client, message, answer);
    } catch (error) {
      putMessage(client, message);
      notifyFailed(t('thread.changeFailed', { reason: sentenceOf(error) }));
    } finally {
      setBusy(false);
    }
  };
  if (message.direction !== 'in' || message.unsentAt !== null) return null;
  const acts = [
    { key: 'hide', label: comment.hidden ? t('comment.unhide') : t('comment.hide'), wanted: { hidden: !comment.hidden } },
    { key: 'like', label: comment.liked ? t('comment.unlike') : t('comment.like'), wanted: { liked: !comment.liked } },
  ];
  return (
    <p className={styles.acts}>
      {acts.map(({ key, label, wanted }) => (
        <button key={key} type="button" className={styles.act} disabled={isBusy} onClick={() => void change(wanted)}>
          {label}
        </button>
      ))}
      <PrivateAnswer message={message} comment={comment} />
    </p>
  );
}

function PrivateAnswer({ message, comment }: { message: Message; comment: CommentState }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const atMs = useNowMs();
  const [isOpen, setOpen] = useState(false);
  const [wasOpened, setOpened] = useState(false);
  const { privateReply, privateReplyUntil } = comment;
  const isOver = privateReply === 'over' || (privateReplyUntil !== null && Date.parse(privateReplyUntil) <= atMs);
  if (privateReply === 'used') return <span>{t('comment.privateUsed')}</span>;
  if (isOver) return <span>{t('comment.privateOver')}</span>;
  const until = privateReplyUntil === null ? undefined : t('comment.privateUntil', { moment: moment(privateReplyUntil) });
  const open = () => {
    setOpened(true);
    setOpen(true);
  };
  return (
    <>
      <button type="button" className={styles.act} title={until} onClick={open}>
        {t('comment.private')}
      </button>
      {wasOpened && (
        <Suspense fallback={null}>
          <PrivateReplyDialog message={message} isOpen={isOpen} until={until} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
