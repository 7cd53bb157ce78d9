import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { QuarantinedDelivery } from '#contract';
import { useFormats } from '../formats.js';
import { type QuarantineAct, rawPath } from '../quarantine.js';
import { serverWords } from '../server-words.js';
import styles from './quarantine-page.module.css';

interface QuarantineLineProps {
  item: QuarantinedDelivery;
  isChosen: boolean;
  mayAct: boolean;
  isBusy: boolean;
  onChoose: (isChosen: boolean) => void;
  onAct: (act: QuarantineAct) => void;
}

/** One thing that was set aside: from whom, about what, why, when and where it came in, how large it is; and what one can do. */
export function QuarantineLine({ item, isChosen, mayAct, isBusy, onChoose, onAct }: QuarantineLineProps) {
  const { t } = useTranslation();
  const { bytes, moment } = useFormats();
  const { mail } = item;
  const subject = mail === null ? t('quarantine.noHeader') : mail.subject === '' ? t('quarantine.noSubject') : mail.subject;
  const what = mail?.from ?? subject;
  return (
    <li className={styles.line} data-chosen={isChosen}>
      {mayAct && (
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={t('quarantine.select', { what })}
          onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
        />
      )}
      <div className={styles.words}>
        <p className={styles.what} dir="auto">
          {mail?.from != null && <strong>{mail.from}</strong>} <span>{subject}</span>
        </p>
        <p className={styles.why}>{serverWords(['quarantineCode'], item)}</p>
        <p className={styles.facts}>
          <time dateTime={item.receivedAt}>{moment(item.receivedAt)}</time> · {item.connection.name} ·{' '}
          <span data-number>{bytes(item.sizeBytes)}</span>
        </p>
      </div>
      <div className={styles.acts}>
        {mayAct && (
          <>
            <Button
              variant="default"
              size="compact-sm"
              disabled={isBusy}
              aria-label={t('quarantine.retryOf', { what })}
              onClick={() => onAct('retry')}
            >
              {t('quarantine.retry')}
            </Button>
            {item.canRelease && (
              <Button
                variant="default"
                size="compact-sm"
                disabled={isBusy}
                aria-label={t('quarantine.releaseOf', { what })}
                onClick={() => onAct('release')}
              >
                {t('quarantine.release')}
              </Button>
            )}
          </>
        )}
        <Button
          component="a"
          href={rawPath(item.id)}
          download
          variant="default"
          size="compact-sm"
          aria-label={t('quarantine.saveOf', { what })}
        >
          {t('quarantine.save')}
        </Button>
        {mayAct && (
          <Button
            variant="default"
            size="compact-sm"
            disabled={isBusy}
            aria-label={t('quarantine.deleteOf', { what })}
            onClick={() => onAct('delete')}
          >
            {t('quarantine.delete')}
          </Button>
        )}
      </div>
    </li>
  );
}
