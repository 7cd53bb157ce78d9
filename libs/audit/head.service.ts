import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, Log, SecretBox, type TenantId } from '#platform';
import { Audit } from './audit.service.js';
import { inChain, readPart } from './chain-tables.js';
import { canonical, type ChainedEntry, type ChainId } from './chain.js';

/*
 * What a chain cannot show by itself is that its end was cut off, or that all of it was written anew by somebody who may write anything.
 * So each day the head of every chain that grew is signed and put where it is harder to reach: in the installation's own chain, and, of
 * that one, in the log. The key is derived from the installation's secret, which no database holds.
 */

/** How an Ed25519 key begins in PKCS #8; what follows is its 32 bytes. Source: RFC 8410, section 7 */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const HEADS_READ_MAX = 10_000;

export interface Head {
  chain: ChainId;
  seq: number;
  /** In hex. */
  hash: string;
  at: string;
}

export interface SignedHead extends Head {
  /** Ed25519 over the head's four members in the form of RFC 8785, in base64. */
  signature: string;
}

/** Says how far the chains had come, in a way that nobody can make up afterwards. */
@Injectable()
export class AuditHeads {
  private readonly key: KeyObject;
  private readonly publicKey: KeyObject;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly audit: Audit,
    secrets: SecretBox,
  ) {
    const der = Buffer.concat([PKCS8_ED25519, secrets.derive('audit-head')]);
    this.key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    this.publicKey = createPublicKey(this.key);
  }

  /** For whoever checks a signed head without us. Shape: SPKI in base64 */
  get publicKeyText(): string {
    return this.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  }

  /** The head of a chain at this moment, signed. */
  async current(chain: ChainId): Promise<SignedHead> {
    const { head } = await inChain(this.db, chain, (tx) => readPart(tx, chain, { after: Number.MAX_SAFE_INTEGER, max: 0 }));
    return this.signed({ chain, seq: head.seq, hash: head.hash.toString('hex'), at: this.clock.now().toISOString() });
  }

  /** Record the heads of those chains that grew since they were last recorded, and say the installation's own in the log. */
  async recordAll(tenantIds: readonly TenantId[]): Promise<void> {
    for (const tenantId of tenantIds) {
      const { seq, hash, at, signature } = await this.current(tenantId);
      const [recorded] = await this.recorded(tenantId, 1);
      if (seq === (recorded?.seq ?? 0)) continue;
      const facts = { seq, hash, at, signature };
      await this.audit.record('installation', {
        act: 'audit_head_recorded',
        by: { kind: 'system' },
        about: { kind: 'tenant', id: tenantId },
        facts,
      });
    }
    const { seq, hash } = await this.current('installation');
    this.log.info('audit_head', { seq, hash });
  }

  /** The heads of a tenant's chain that were recorded, newest first. */
  async recorded(tenantId: ChainId, max = HEADS_READ_MAX): Promise<SignedHead[]> {
    const rows = await this.db.query<{ entry: string }>(
      `select entry from installation_audit_entry where about_id = $1 and about_kind = 'tenant' and act = 'audit_head_recorded'
       order by seq desc limit $2`,
      [tenantId, max],
    );
    return rows.map(({ entry }) => ({ chain: tenantId, ...(JSON.parse(entry) as ChainedEntry).facts }) as SignedHead);
  }

  isOurs({ signature, ...head }: SignedHead): boolean {
    return verify(null, Buffer.from(canonical(head)), this.publicKey, Buffer.from(signature, 'base64'));
  }

  private signed(head: Head): SignedHead {
    return { ...head, signature: sign(null, Buffer.from(canonical(head)), this.key).toString('base64') };
  }
}
