import { useTranslation } from 'react-i18next';
import { useFormats } from '../formats.js';
import styles from './composer.module.css';
import { countParts } from './reply-parts.js';

/** The part of the limit that is left when the counter appears. */
const COUNTER_SHOWN_BELOW = 0.15;

interface ReplyLengthProps {
  text: string;
  lengthMax: number;
  /** A longer text goes out as several messages; null: never. */
  partLengthMax: number | null;
  /** Files that go as messages of their own where texts are cut. */
  filesByThemselves: number;
}

/** How much is left, and in how many messages it goes out, once that matters. */
export function ReplyLength({ text, lengthMax, partLengthMax, filesByThemselves }: ReplyLengthProps) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const left = lengthMax - text.length;
  const parts = partLengthMax === null ? 1 : countParts(text, partLengthMax) + filesByThemselves;
  const leftInPart = partLengthMax === null ? left : partLengthMax - text.length;
  const words = () => {
    if (left < 0) return t('composer.tooLong', { amount: number(-left) });
    const facts = [];
    if (parts > 1) facts.push(t('composer.parts', { count: parts }));
    if (left < lengthMax * COUNTER_SHOWN_BELOW) facts.push(t('composer.left', { amount: number(left) }));
    else if (partLengthMax !== null && leftInPart >= 0 && leftInPart < partLengthMax * COUNTER_SHOWN_BELOW)
      facts.push(t('composer.left', { amount: number(leftInPart) }));
    return facts.join(' · ');
  };
  return (
    <p className={styles.length} data-over={left < 0} role="status" data-number>
      {words()}
    </p>
  );
}
