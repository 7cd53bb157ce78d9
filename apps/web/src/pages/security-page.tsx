import { useTranslation } from 'react-i18next';
import { RailButton } from '../rail.js';
import { may, useSession } from '../session.js';
import { Page } from '../ui/page.js';
import { AgentSessionsSection } from './agent-sessions-section.js';
import { ApiKeysSection } from './api-keys-section.js';
import { DemandsSection } from './demands-section.js';
import { IdentityProvidersSection } from './identity-providers-section.js';
import { NetworksSection } from './networks-section.js';
import { SessionRulesSection } from './session-rules-section.js';

/** Who may come in, from where, for how long, and with which keys: a section for each. */
export function SecurityPage() {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <Page menu={<RailButton />} title={t('security.title')} help={t('security.help')}>
      <DemandsSection />
      <IdentityProvidersSection />
      <NetworksSection />
      <SessionRulesSection />
      {may(session, 'agent:manage') && <AgentSessionsSection />}
      {may(session, 'api_key:manage') && <ApiKeysSection />}
    </Page>
  );
}
