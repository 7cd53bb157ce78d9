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
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, AttachmentKind } from '#contract';
import { useFormats } from '../formats.js';
import { withWords } from '../i18n/index.js';
import styles from './attachments.module.css';
import { isSafeAddress } from './web-addresses.js';

const AttachedMailCard = lazy(async () => ({ default: (await withWords('mail', import('./attached-mail-card.js'))).AttachedMailCard }));

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
  const { kind } = attachment;
  if (attachment.mail && attachment.state === 'stored') {
    return (
      <Suspense fallback={null}>
        <AttachedMailCard name={name} url={attachment.url} mail={attachment.mail} />
      </Suspense>
    );
  }
  const url = kind === 'location' ? (attachment.url ?? mapAddress(attachment.name)) : attachment.url;
  if (attachment.state === 'stored' && isOutside(kind)) return <OutsideCard attachment={attachment} name={name} url={url} />;
  if (url === null || attachment.state !== 'stored') return <Absent attachment={attachment} name={name} />;
  if (kind === 'image') {
    return (
      <a className={styles.picture} href={url} target="_blank" rel="noopener noreferrer" aria-label={t('attachment.open', { name })}>
        <img src={url} alt={name} loading="lazy" />
      </a>
    );
  }
  if (kind === 'sticker') return <img className={styles.sticker} src={url} alt={name} loading="lazy" />;
  if (kind === 'audio')
    return <audio className={styles.sound} src={url} controls preload="none" aria-label={t('attachment.play', { name })} />;
  if (kind === 'video')
    return <video className={styles.film} src={url} controls preload="none" aria-label={t('attachment.play', { name })} />;
  // What a browser cannot show is saved at once; a tab opened for it would only flash.
  const opening = kind === 'file' ? { download: name } : { target: '_blank', rel: 'noopener noreferrer' };
  return (
    <a className={styles.card} href={url} {...opening}>
      <Inside attachment={attachment} name={name} />
    </a>
  );
}

const COORDINATES = /^(-?\d{1,3}(?:\.\d+)?), (-?\d{1,3}(?:\.\d+)?)$/;

/** Where a place is on a map that asks nobody who looks. Null when the place has no coordinates. */
function mapAddress(place: string): string | null {
  const [, latitude, longitude] = COORDINATES.exec(place) ?? [];
  if (latitude === undefined || longitude === undefined) return null;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
}

/** Kinds that are no file of ours: they point at something elsewhere, or say all they have to say in their name. */
function isOutside(kind: AttachmentKind): boolean {
  return kind === 'link' || kind === 'location' || kind === 'template' || kind === 'unsupported';
}

function OutsideCard({ attachment, name, url }: { attachment: Attachment; name: string; url: string | null }) {
  const { t } = useTranslation();
  if (url === null) {
    return (
      <span className={styles.card} data-plain>
        <Inside attachment={attachment} name={name} />
      </span>
    );
  }
  // Something of ours after all: kept, though nobody knows what it is.
  if (url.startsWith('/api/')) {
    return (
      <a className={styles.card} href={url} download={name}>
        <Inside attachment={attachment} name={name} />
      </a>
    );
  }
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
