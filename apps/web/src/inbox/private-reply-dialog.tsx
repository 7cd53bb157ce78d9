import { Button, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message, PrivateReply } from '#contract';
import { api, newKey } from '../api.js';
import { refreshThread } from '../thread.js';
import { notifyDone, sentenceOf } from '../ui/notify.js';
import { useOpened } from '../ui/use-opened.js';
import styles from './private-reply-dialog.module.css';

/** Source: the contract's own limit, which is Messenger's for one message. */
const PRIVATE_REPLY_LENGTH_MAX = 2_000;

interface PrivateReplyDialogProps {
  message: Message;
  isOpen: boolean;
  until: string | undefined;
  onClose: () => void;
}

/** Answers the author of a comment in private. The words stay when it is closed or refused. */
export function PrivateReplyDialog({ message, isOpen, until, onClose }: PrivateReplyDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const id = useId();
  const isOpened = useOpened(isOpen);
  const [text, setText] = useState('');
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { name } = message.author;
  const canSend = text.trim() !== '' && !isBusy;
  const send = async () => {
    if (!canSend) return;
    setBusy(true);
    setRefusal(null);
    const body: PrivateReply = { messageId: message.id, text: text.trim() };
    try {
      await api.create<unknown>(`/api/conversations/${encodeURIComponent(message.conversationId)}/private-replies`, body, key);
      notifyDone(t('comment.privateSent', { name }));
      onClose();
      setText('');
      await refreshThread(client, message.conversationId, new Set([message.id]));
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void send();
  };
  return (
    <Modal
      opened={isOpened}
      onClose={onClose}
      title={t('comment.privateTitle', { name })}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <p id={`${id}-help`} className={styles.help}>
        {t('comment.privateHelp', { name })}
        {until !== undefined && ` (${until})`}
      </p>
      <blockquote className={styles.quoted} dir="auto">
        {message.text === '' ? t('message.withoutText') : message.text}
      </blockquote>
      <label className={styles.label} htmlFor={id}>
        {t('comment.privateField')}
      </label>
      <textarea
        id={id}
        data-autofocus
        className={styles.field}
        rows={5}
        dir="auto"
        maxLength={PRIVATE_REPLY_LENGTH_MAX}
        value={text}
        aria-describedby={`${id}-help`}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          // Other words are another wish: a key is only for saying the same again.
          setKey(newKey());
        }}
        onKeyDown={onKeyDown}
      />
      <p role="alert" className={styles.refusal}>
        {refusal}
      </p>
      <div className={styles.actions}>
        <Button variant="default" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button disabled={!canSend} loading={isBusy} onClick={() => void send()}>
          {t('comment.privateSend')}
        </Button>
      </div>
    </Modal>
  );
}
