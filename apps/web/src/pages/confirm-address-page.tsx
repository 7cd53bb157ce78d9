import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AddressConfirmed } from '#contract';
import { api } from '../api.js';
import { sessionKey } from '../session.js';
import { LinkButton } from '../ui/link-button.js';
import { sentenceOf } from '../ui/notify.js';
import { Entrance } from './entrance.js';
import styles from './form.module.css';
import { Refused } from './refused.js';
import { tokenInAddress } from './token-in-address.js';

/** What a mailed link opens: one of two addresses says yes to a change. */
export function ConfirmAddressPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [token] = useState(tokenInAddress);
  const [isBusy, setBusy] = useState(false);
  const [confirmed, setConfirmed] = useState<AddressConfirmed | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const confirm = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      setConfirmed(await api.post<AddressConfirmed>('/api/address-changes/confirm', { token }));
      await client.invalidateQueries({ queryKey: sessionKey });
    } catch (error) {
      setRefusal(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (confirmed !== null) {
    const done = confirmed.isChanged ? 'done' : 'half';
    return (
      <Entrance title={t(`confirmAddress.${done}Title`)} help={t(`confirmAddress.${done}Help`)}>
        <div className={styles.form}>
          <LinkButton to="/" variant="default">
            {t('invitation.toSignIn')}
          </LinkButton>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title={t('confirmAddress.title')} help={t('confirmAddress.help')}>
      <div className={styles.form}>
        <Refused refusal={refusal} />
        <Button size="sm" autoFocus loading={isBusy} onClick={() => void confirm()}>
          {t('confirmAddress.submit')}
        </Button>
      </div>
    </Entrance>
  );
}
