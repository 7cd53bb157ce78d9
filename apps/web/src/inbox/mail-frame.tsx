import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment } from '#contract';
import { Attachments } from './attachments.js';
import styles from './mail-frame.module.css';

/** A smaller picture between the words is somebody's logo; a larger one may be what the mail is about. */
const LOGO_BYTES_MAX = 20_000;

interface MailFrameProps {
  url: string;
  attachments: readonly Attachment[];
  isOut: boolean;
}

/**
 * A mail as its sender laid it out, on request; until then the larger of its pictures beside its words.
 *
 * The frame is sandboxed: no script, no form, no cookie, and it can never move the desk itself elsewhere. A link one presses opens beside
 * the desk, as an ordinary page. What the frame may load is the server's to say.
 */
export function MailFrame({ url, attachments, isOut }: MailFrameProps) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  const pictures = attachments.filter(({ inline }) => inline);
  const telling = pictures.filter(({ kind, sizeBytes }) => kind === 'image' && (sizeBytes ?? 0) > LOGO_BYTES_MAX);
  return (
    <>
      {!isShown && telling.length > 0 && <Attachments attachments={telling} isOut={isOut} />}
      <div className={styles.mail} data-shown={isShown}>
        <button type="button" className={styles.toggle} aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? t('mail.hideHtml') : t('mail.showHtml')}
        </button>
        {!isShown && pictures.length > 0 && <span className={styles.pictures}>{t('mail.pictures', { count: pictures.length })}</span>}
        {isShown && (
          <iframe
            className={styles.frame}
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            src={url}
            title={t('mail.htmlFrame')}
            referrerPolicy="no-referrer"
            loading="lazy"
          />
        )}
      </div>
    </>
  );
}
