import {
  IconFile,
  IconFileTypePdf,
  IconFileZip,
  IconLayoutList,
  IconLink,
  IconMapPin,
  IconMovie,
  IconMusic,
  IconPhoto,
  IconPuzzle,
  IconSticker,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Attachment, AttachmentKind } from '#contract';
import { useFormats } from '../formats.js';
import styles from './attachments.module.css';
import { isSafeAddress } from './web-addresses.js';

const ICONS: Record<AttachmentKind, typeof IconFile> = {
  image: IconPhoto,
  video: IconMovie,
  audio: IconMusic,
  file: IconFile,
  sticker: IconSticker,
  link: IconLink,
  location: IconMapPin,
  template: IconLayoutList,
  unsupported: IconPuzzle,
};

/** What came with a message. Pictures are shown; everything else is a card that says what it is. */
export function Attachments({ attachments, isOut }: { attachments: readonly Attachment[]; isOut: boolean }) {
  return (
    <ul className={styles.attachments} data-out={isOut}>
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          <AttachmentCard attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

function AttachmentCard({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  const name = attachment.name === '' ? t(`attachment.${attachment.kind}`) : attachment.name;
  const { url } = attachment;
  if (url === null || attachment.state !== 'stored') return <Absent attachment={attachment} name={name} />;
  if (attachment.kind === 'link' || attachment.kind === 'location') return <OutsideLink attachment={attachment} name={name} url={url} />;
  if (attachment.kind === 'image') {
    return (
      <a className={styles.picture} href={url} target="_blank" rel="noopener noreferrer" aria-label={t('attachment.open', { name })}>
        <img src={url} alt={name} loading="lazy" />
      </a>
    );
  }
  if (attachment.kind === 'sticker') return <img className={styles.sticker} src={url} alt={name} loading="lazy" />;
  // What a browser cannot show is saved at once; a tab opened for it would only flash.
  const opening = attachment.kind === 'file' ? { download: name } : { target: '_blank', rel: 'noopener noreferrer' };
  return (
    <a className={styles.card} href={url} {...opening}>
      <Inside attachment={attachment} name={name} />
    </a>
  );
}

function OutsideLink({ attachment, name, url }: { attachment: Attachment; name: string; url: string }) {
  const { t } = useTranslation();
  if (!isSafeAddress(url)) {
    return (
      <span className={styles.card} data-absent>
        <IconLink size={18} aria-hidden />
        <span className={styles.text}>{t('attachment.blockedLink', { address: url })}</span>
      </span>
    );
  }
  return (
    <a className={styles.card} href={url} target="_blank" rel="noopener noreferrer nofollow">
      <Inside attachment={attachment} name={name} fact={new URL(url).host} />
    </a>
  );
}

function Inside({ attachment, name, fact }: { attachment: Attachment; name: string; fact?: string }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const kind = t(`attachment.${attachment.kind}`);
  const facts = [fact, kind === name ? null : kind, attachment.sizeBytes === null ? null : bytes(attachment.sizeBytes)].filter(Boolean);
  return (
    <>
      <span className={styles.icon}>
        <KindIcon attachment={attachment} />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>{name}</span>
        <span className={styles.facts}>{facts.join(' · ')}</span>
      </span>
    </>
  );
}

function Absent({ attachment, name }: { attachment: Attachment; name: string }) {
  const { t } = useTranslation();
  const why = attachment.state === 'stored' ? t('attachment.lost') : t(`attachment.${attachment.state}`);
  return (
    <span className={styles.card} data-absent aria-busy={attachment.state === 'fetching'}>
      <span className={styles.icon}>
        <KindIcon attachment={attachment} />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>{name}</span>
        <span className={styles.facts}>{why}</span>
      </span>
    </span>
  );
}

function KindIcon({ attachment }: { attachment: Attachment }) {
  const { kind, mediaType } = attachment;
  if (kind === 'file' && mediaType === 'application/pdf') return <IconFileTypePdf size={18} aria-hidden />;
  if (kind === 'file' && mediaType?.includes('zip')) return <IconFileZip size={18} aria-hidden />;
  const Icon = ICONS[kind];
  return <Icon size={18} aria-hidden />;
}
