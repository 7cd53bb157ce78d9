import { IconEye } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OperatorGrant } from '#contract';
import styles from './connection-trouble.module.css';
import { useFormats } from './formats.js';
import { LinkButton } from './ui/link-button.js';

/** A line on every screen for as long as operators may read along. */
export function OperatorAccessBanner({ grant: { endsAt, reason } }: { grant: OperatorGrant }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  return (
    <p className={styles.line}>
      <IconEye size={14} aria-hidden />
      <span>{t('operatorAccess.banner', { date: moment(endsAt), reason })}</span>
      <LinkButton to="/operator-access" variant="default" size="compact-xs">
        {t('operatorAccess.look')}
      </LinkButton>
    </p>
  );
}
