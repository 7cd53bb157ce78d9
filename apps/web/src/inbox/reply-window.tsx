import { VisuallyHidden } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ReplyWindow } from '#contract';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import styles from './reply-window.module.css';

const HOUR_MS = 60 * 60 * 1_000;
/** Source: Meta's standard messaging window, https://developers.facebook.com/docs/messenger-platform/policy/policy-overview */
const WINDOW_MS = 24 * HOUR_MS;
const SOON_MS = HOUR_MS;

/** Whether answering has become impossible; also when the window closes while one looks. */
export function useIsWindowClosed(window: ReplyWindow): boolean {
  const atMs = useNowMs();
  return window.state === 'closed' || (window.state === 'open' && Date.parse(window.closesAt) <= atMs);
}

/** How long one can still answer, as a quiet bar. Nothing where one always can. */
export function ReplyWindowMeter({ window }: { window: ReplyWindow }) {
  const { t } = useTranslation();
  const { timeLeft, moment } = useFormats();
  const atMs = useNowMs();
  if (window.state !== 'open') return null;
  const leftMs = Date.parse(window.closesAt) - atMs;
  if (leftMs <= 0) return null;
  const share = Math.min(1, leftMs / WINDOW_MS);
  return (
    <p className={styles.window} data-soon={leftMs < SOON_MS} title={`${t('composer.windowLabel')}: ${moment(window.closesAt)}`}>
      <IconClock size={13} aria-hidden />
      <span className={styles.bar} aria-hidden="true">
        <span style={{ inlineSize: `${share * 100}%` }} />
      </span>
      <VisuallyHidden>{t('composer.windowLabel')}: </VisuallyHidden>
      <span data-number>{t('composer.windowLeft', { time: timeLeft(leftMs) })}</span>
    </p>
  );
}
