import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection, MoveCode } from '#contract';
import { api } from '../api.js';
import { useFormats } from '../formats.js';
import { connectionPath } from '../settings.js';
import { CopyField } from '../ui/copy-field.js';
import { notifyDone, notifyFailed, sentenceOf } from '../ui/notify.js';
import { Card, Section } from '../ui/page.js';
import styles from './connection-page.module.css';

/** Consent to another business taking the page over. The code is shown once, and is in no cache. */
export function MoveSection({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const [made, setMade] = useState<MoveCode | null>(null);
  const [isBusy, setBusy] = useState(false);
  const path = connectionPath(connection.id, '/move-code');
  const act = async (what: () => Promise<void>) => {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      notifyFailed(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const make = () =>
    act(async () => {
      setMade(await api.post<MoveCode>(path, {}));
    });
  const cancel = () =>
    act(async () => {
      await api.delete(path);
      setMade(null);
      notifyDone(t('move.cancelled'));
    });
  return (
    <Section title={t('move.title')} help={t('move.help')}>
      {made ? (
        <Card tone="warn">
          <div className={styles.stack}>
            <p role="status">{t('move.once', { moment: moment(made.expiresAt) })}</p>
            <CopyField label={t('move.codeLabel', { name: connection.name })} value={made.code} />
            <div className={styles.row}>
              <Button variant="default" disabled={isBusy} onClick={() => setMade(null)}>
                {t('move.done')}
              </Button>
              <Button variant="default" loading={isBusy} onClick={() => void cancel()}>
                {t('move.cancel')}
              </Button>
            </div>
          </div>
        </Card>
      ) : (
        <div className={styles.row}>
          <Button variant="default" loading={isBusy} onClick={() => void make()}>
            {t('move.make')}
          </Button>
          <Button variant="default" disabled={isBusy} onClick={() => void cancel()}>
            {t('move.cancel')}
          </Button>
        </div>
      )}
    </Section>
  );
}
