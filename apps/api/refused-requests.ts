import { Injectable } from '@nestjs/common';
import { AddressRefusal, auditedAs, EntranceService } from '#accounts';
import { Audit, type AuditEntryInput } from '#audit';
import { isUuid, type Refusal, type RefusalWitness, type Source } from '#platform';
import type { DoorRequest } from './who.js';

/** Refusals that honest browsers meet every day. */
const ORDINARY = new Set(['fresh_factor_required', 'must_enrol']);
const DELIVERY_ID = /^\d{1,15}$/;

/**
 * Writes down what was refused because somebody tried what is not his: a few of each kind, so that nobody fills the audit by trying.
 *
 * Source   OWASP ASVS 5.0, 16.3.2 and 16.3.3
 */
@Injectable()
export class RefusedRequests implements RefusalWitness {
  constructor(
    private readonly audit: Audit,
    private readonly entrance: EntranceService,
  ) {}

  async saw(refusal: Refusal, request: DoorRequest): Promise<void> {
    const { kind, code } = refusal;
    const { user: actor, permission = null } = request;
    // What no guard has seen has no source yet.
    const source: Source | undefined = request.source;
    const route = request.routeOptions.url ?? '';
    const facts = { method: request.method, route, code };
    const personal = { ip: source?.address ?? '' };
    if (code === 'foreign_origin') await this.entrance.noteForeignOrigin(source, facts);
    else if (refusal instanceof AddressRefusal && source !== undefined) await this.entrance.noteAddress(refusal, source, facts);
    else if (route.startsWith('/webhooks/') && (kind === 'unauthenticated' || kind === 'forbidden')) {
      await this.ofNobody(`${route} ${code}`, { act: 'webhook_refused', facts, personal });
    } else if (actor && kind === 'forbidden' && !ORDINARY.has(code)) {
      const entry = { act: 'request_forbidden', by: auditedAs(actor), facts: { ...facts, permission }, personal } as const;
      await this.audit.recordAFew(actor.tenantId, `forbidden ${actor.agentId} ${permission ?? code}`, entry);
    } else if (actor && code === 'not_found' && route.includes(':')) {
      const entry = {
        act: 'unknown_id_asked',
        by: auditedAs(actor),
        facts: { ...facts, permission, id: idIn(request) },
        personal,
      } as const;
      await this.audit.recordAFew(actor.tenantId, `unknown ${actor.agentId} ${permission ?? code}`, entry);
    }
  }

  private async ofNobody(key: string, entry: Omit<AuditEntryInput, 'by'>): Promise<void> {
    await this.audit.recordAFew('installation', `${entry.act} ${key}`, { ...entry, by: { kind: 'nobody' } });
  }
}

/** What was asked for, when it looks like an id at all: what else stands in an address could be anything. */
function idIn({ params }: DoorRequest): string | null {
  const [id] = Object.values(params as Record<string, string>);
  return id !== undefined && (isUuid(id) || DELIVERY_ID.test(id)) ? id : null;
}
