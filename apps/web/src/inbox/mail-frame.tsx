import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './mail-frame.module.css';

/**
 * A mail as its sender laid it out, on request.
 *
 * The frame is sandboxed: no script, no form, no cookie, and it can never move the desk itself elsewhere. A link one presses opens beside
 * the desk, as an ordinary page. What the frame may load is the server's to say.
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
        <iframe
          className={styles.frame}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          src={url}
          title={t('message.htmlFrame')}
          referrerPolicy="no-referrer"
          loading="lazy"
        />
      )}
    </div>
  );
}
