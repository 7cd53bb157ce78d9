import { VisuallyHidden } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ReplyWindow } from '#contract';
import { useNowMs } from '../clock.js';
import { useFormats } from '../formats.js';
import styles from './reply-window.module.css';
import { HUMAN_AGENT_WINDOW_MS, STANDARD_WINDOW_MS, windowAt } from './reply-window-state.js';

const SOON_MS = 60 * 60 * 1_000;

/** The window as it stands now; also when it closes while one looks. */
export function useWindowNow(window: ReplyWindow): ReplyWindow {
  return windowAt(window, useNowMs());
}

/** How long one can still answer, as a quiet bar, and what comes after. Nothing where one always can, or no longer. */
export function ReplyWindowMeter({ window }: { window: ReplyWindow }) {
  const { t } = useTranslation();
  const { timeLeft, moment } = useFormats();
  const atMs = useNowMs();
  const current = windowAt(window, atMs);
  if (current.state !== 'open' && current.state !== 'human_agent') return null;
  const isLate = current.state === 'human_agent';
  const leftMs = Date.parse(current.closesAt) - atMs;
  const share = Math.min(1, leftMs / (isLate ? HUMAN_AGENT_WINDOW_MS - STANDARD_WINDOW_MS : STANDARD_WINDOW_MS));
  const until = moment(current.closesAt);
  const help = isLate
    ? t('composer.humanHelp', { moment: until })
    : [
        `${t('composer.windowLabel')}: ${until}.`,
        current.humanAgentUntil === null ? '' : t('composer.windowThen', { moment: moment(current.humanAgentUntil) }),
      ]
        .join(' ')
        .trim();
  const time = timeLeft(leftMs);
  return (
    <p className={styles.window} data-soon={leftMs < SOON_MS} data-late={isLate} title={help}>
      <IconClock size={13} aria-hidden />
      <span className={styles.bar} aria-hidden="true">
        <span style={{ inlineSize: `${share * 100}%` }} />
      </span>
      {!isLate && <VisuallyHidden>{t('composer.windowLabel')}: </VisuallyHidden>}
      <span data-number>{isLate ? t('composer.humanLeft', { time }) : t('composer.windowLeft', { time })}</span>
      <VisuallyHidden>. {help}</VisuallyHidden>
    </p>
  );
}
