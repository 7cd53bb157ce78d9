import { Button } from '@mantine/core';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FOLDERS_MAX as FoldersMax, LookAtFolders, MailFolders } from '#contract';
import { api, ApiError } from '../api.js';
import { fieldWords } from '../server-words.js';
import { sentenceOf } from '../ui/notify.js';
import styles from './connect-mailbox.module.css';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
const FOLDERS_MAX: typeof FoldersMax = 20;
/** Where mail comes that nobody has touched. */
const INBOX = /^inbox$/i;

interface FolderPickerProps {
  imap: LookAtFolders['imap'];
  /** What the server says of the folders that were chosen. */
  problem: string | undefined;
  isReady: boolean;
  chosen: readonly string[];
  onChoose: (folders: readonly string[]) => void;
}

/** Of which folders mail is taken: looked up where they are, then chosen. */
export function FolderPicker({ imap, problem, isReady, chosen, onChoose }: FolderPickerProps) {
  const { t } = useTranslation();
  const id = useId();
  const [folders, setFolders] = useState<MailFolders['folders'] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const look = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      const body: LookAtFolders = { imap };
      const found = await api.post<MailFolders>('/api/connections/email/folders', body);
      setFolders(found.folders);
      if (chosen.length === 0) onChoose(found.folders.filter(({ path }) => INBOX.test(path)).map(({ path }) => path));
    } catch (error) {
      const beside = error instanceof ApiError ? error.fields.find(({ path }) => path.startsWith('imap')) : undefined;
      setRefusal(beside === undefined ? sentenceOf(error) : fieldWords(beside));
    } finally {
      setBusy(false);
    }
  };
  const choose = (path: string, isChosen: boolean) => onChoose(isChosen ? [...chosen, path] : chosen.filter((each) => each !== path));
  const wrong = problem ?? (chosen.length > FOLDERS_MAX ? t('mailbox.foldersTooMany', { count: FOLDERS_MAX }) : undefined);
  return (
    <div role="group" aria-labelledby={id} className={styles.folders}>
      <div className={styles.foldersHead}>
        <div>
          <p id={id} className={styles.label}>
            {t('mailbox.folders')}
          </p>
          <p className={styles.faint}>{t('mailbox.foldersHelp')}</p>
        </div>
        <Button variant="default" disabled={!isReady} loading={isBusy} onClick={() => void look()}>
          {t('mailbox.foldersLook')}
        </Button>
      </div>
      {folders && (
        <ul className={styles.folderList}>
          {folders.map(({ path, messages }) => (
            <li key={path}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(path)}
                  onChange={({ currentTarget }) => choose(path, currentTarget.checked)}
                />
                <span>{path}</span>
                <span className={styles.faint}>{t('mailbox.folderMessages', { count: messages })}</span>
              </label>
            </li>
          ))}
        </ul>
      )}
      <p role="alert" className={styles.problem}>
        {refusal ?? wrong}
      </p>
    </div>
  );
}
