import type { MailEnvelope } from '../delivery-log.service.js';
import type { MailAuthentication } from './authentication.js';

/**
 * The verdict with what a provider found out when the mail reached it, and signed. It saw who brought the mail, which we did not; where it
 * does not say, ours stays. That a mail names two authors is not for it to forgive.
 */
export function withProvidersWord(own: MailAuthentication, found: MailEnvelope['found']): MailAuthentication {
  if (found === undefined || own.problem === 'several_from' || own.problem === 'no_from') return own;
  const dmarc = found.dmarc?.toLowerCase();
  const wish = found.dmarcPolicy?.toLowerCase();
  const policy = wish === 'none' || wish === 'quarantine' || wish === 'reject' ? wish : own.policy;
  const said = { method: 'dmarc' as const, domain: own.fromDomain, source: 'provider' as const };
  if (dmarc === 'pass') return { ...own, policy, verdict: 'pass', by: 'dmarc', reasons: [...own.reasons, { ...said, result: 'pass' }] };
  const isFailure = dmarc === 'fail' && (policy === 'reject' || policy === 'quarantine');
  // A forwarder we trust saw the mail before it was changed.
  if (isFailure && own.verdict !== 'pass') {
    return { ...own, policy, verdict: 'fail', by: 'dmarc', reasons: [...own.reasons, { ...said, result: 'fail' }] };
  }
  return own;
}
