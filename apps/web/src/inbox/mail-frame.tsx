import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './mail-frame.module.css';

/**
 * A mail as its sender laid it out, on request.
 *
 * The frame is sandboxed with nothing allowed: no script, no form, no way out, no cookie. What it may load is the server's to say.
 */
export function MailFrame({ url }: { url: string }) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <div className={styles.mail} data-shown={isShown}>
      <button type="button" className={styles.toggle} aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? t('message.hideHtml') : t('message.showHtml')}
      </button>
      {isShown && (
        <iframe className={styles.frame} sandbox="" src={url} title={t('message.htmlFrame')} referrerPolicy="no-referrer" loading="lazy" />
      )}
    </div>
  );
}
