import { useTranslation } from 'react-i18next';
import { RailButton } from '../rail.js';
import { Page } from '../ui/page.js';
import { OperatorGrantsSection } from './operator-grants-section.js';

/** Whether those who run this Omnidesk may read what the business keeps. */
export function OperatorAccessPage() {
  const { t } = useTranslation();
  return (
    <Page menu={<RailButton />} title={t('operatorAccess.title')} help={t('operatorAccess.help')}>
      <OperatorGrantsSection />
    </Page>
  );
}
