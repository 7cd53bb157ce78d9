import type { CSSProperties } from 'react';
import styles from './face.module.css';

const HUES = 6;

function hueOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

/** Up to two letters for a name, whatever its script. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s@.]+/)
    .filter((word) => /\p{L}|\p{N}/u.test(word));
  const first = words[0] ? ([...words[0]][0] ?? '') : '';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase() || '·';
}

interface FaceProps {
  name: string;
  pictureUrl?: string | null;
  sizePx?: number;
}

/** A person as a small round sign: the picture, or the initials on a hue that stays the same for the name. Decoration: the name stands beside it. */
export function Face({ name, pictureUrl, sizePx = 28 }: FaceProps) {
  const hue = hueOf(name);
  const style = { '--face': `var(--face-${hue})`, '--face-ink': `var(--face-${hue}-ink)`, '--face-size': `${sizePx}px` } as CSSProperties;
  return (
    <span className={styles.face} style={style} aria-hidden="true" data-initials={pictureUrl ? undefined : initialsOf(name)}>
      {pictureUrl && <img src={pictureUrl} alt="" loading="lazy" width={sizePx} height={sizePx} />}
    </span>
  );
}
