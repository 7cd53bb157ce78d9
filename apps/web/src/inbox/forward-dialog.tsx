import { Button, Modal, Switch } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, Forward, Forwarded, Message, REPLY_LENGTH_MAX as ReplyLengthMax } from '#contract';
import { api, ApiError, newKey } from '../api.js';
import { conversationPath } from '../conversations.js';
import { fieldWords } from '../server-words.js';
import { putMessage } from '../thread.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { useOpened } from '../ui/use-opened.js';
import { AddressField } from './address-field.js';
import { problemOfAddresses } from './addresses.js';
import styles from './forward-dialog.module.css';
import { changeForward, type Forwarding } from './forwarding.js';
import { personText } from './mail-person.js';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const REPLY_LENGTH_MAX: typeof ReplyLengthMax = 20_000;

/** Passes a mail on to somebody outside, with its files. What was filled in stays when it is closed or refused. */
export function ForwardDialog({ conversation, forwarding }: { conversation: Conversation; forwarding: Forwarding }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const id = useId();
  const isOpened = useOpened(forwarding.isOpen);
  const [key, setKey] = useState(newKey);
  const [isBusy, setBusy] = useState(false);
  const [showsCc, setShowsCc] = useState(forwarding.cc.length > 0);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const { message, to, cc, text, withAttachments } = forwarding;
  const files = message.attachments.filter(({ inline, kind }) => !inline && kind !== 'link' && kind !== 'location');
  const canSend = !isBusy && to.length > 0 && problemOfAddresses(to) === null && problemOfAddresses(cc) === null;
  const change = (wanted: Partial<Forwarding>) => {
    changeForward(wanted);
    // Other words are another wish: a key is only for saying the same again.
    setKey(newKey());
  };
  const close = () => changeForward({ isOpen: false });
  const send = async () => {
    if (!canSend) return;
    setBusy(true);
    setRefusals([]);
    const body: Forward = { messageId: message.id, to: [...to], cc: [...cc], text: text.trim(), withAttachments };
    try {
      const { missingFiles, ...sent } = await api.create<Forwarded>(conversationPath(conversation.id, '/forward'), body, key);
      putMessage(client, sent);
      changeForward({ isOpen: false, to: [], cc: [], text: '', withAttachments: true });
      notifyDone(t('forward.sent', { names: to.join(', ') }));
      if (missingFiles.length > 0) notifyFailed(t('forward.missing', { names: missingFiles.join(', ') }));
    } catch (error) {
      const beside = error instanceof ApiError ? error.fields.map(fieldWords) : [];
      setRefusals([sentenceOf(error), ...beside]);
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
    <Modal opened={isOpened} onClose={close} size="lg" title={t('forward.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <p className={styles.help}>{t('forward.help', { name: conversation.contact.name })}</p>
      <div className={styles.people}>
        <AddressField
          isFirst
          label={t('recipients.to')}
          addresses={to}
          onChange={(addresses) => change({ to: addresses })}
          onSend={() => void send()}
          aside={
            showsCc ? undefined : (
              <button type="button" className={styles.addCc} aria-label={t('recipients.addCc')} onClick={() => setShowsCc(true)}>
                {t('recipients.cc')}
              </button>
            )
          }
        />
        {showsCc && <AddressField label={t('recipients.cc')} addresses={cc} onChange={(addresses) => change({ cc: addresses })} />}
      </div>
      <label className={styles.label} htmlFor={id}>
        {t('forward.text')}
      </label>
      <textarea
        id={id}
        className={styles.field}
        rows={4}
        dir="auto"
        maxLength={REPLY_LENGTH_MAX}
        value={text}
        onChange={({ currentTarget }) => change({ text: currentTarget.value })}
        onKeyDown={onKeyDown}
      />
      <Original message={message} />
      {files.length > 0 && (
        <div className={styles.files}>
          <Switch
            checked={withAttachments}
            label={t('forward.withFiles')}
            onChange={({ currentTarget }) => change({ withAttachments: currentTarget.checked })}
          />
          {withAttachments && (
            <ul aria-label={t('forward.files')}>
              {files.map((file) => (
                <li key={file.id} data-missing={file.state !== 'stored'}>
                  {file.name === '' ? t(`attachment.${file.kind}`) : file.name}
                  {file.state !== 'stored' && ` (${t('forward.fileMissing')})`}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      <div role="alert" className={styles.refusal}>
        {refusals.map((refusal) => (
          <p key={refusal}>{refusal}</p>
        ))}
      </div>
      <div className={styles.actions}>
        <Button variant="default" onClick={close}>
          {t('action.cancel')}
        </Button>
        <Button disabled={!canSend} loading={isBusy} onClick={() => void send()}>
          {t('forward.send')}
        </Button>
      </div>
    </Modal>
  );
}

function Original({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { mail, subject, text } = message;
  const who = mail?.from ? personText(mail.from) : message.author.name;
  return (
    <figure className={styles.original}>
      <figcaption>{t('forward.original')}</figcaption>
      <blockquote dir="auto">
        <strong>{[who, subject].filter((part) => part !== null && part !== '').join(' · ')}</strong>
        <p>{text === '' ? t('message.withoutText') : text}</p>
      </blockquote>
    </figure>
  );
}
