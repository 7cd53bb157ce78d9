import { Injectable } from '@nestjs/common';
import type { OperatorRole } from '#contract';
import { Clock, Database, isSignedBy, readSignature, type SignatureHeaders, type SignedParts } from '#platform';
import type { OperatorActor, OperatorId } from './operator.js';

/** Checked when a key is not known, so that the time of an answer does not say whether it is. Source: RFC 9421, appendix B.1.4 */
const NOBODYS_KEY = Buffer.from('JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=', 'base64');

/** How programs and the command line prove which operator they work for: each request is signed, and each signature counts once. */
@Injectable()
export class OperatorSignatures {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Whose request this is; null for every reason why it is nobody's, so that no answer can tell them apart. */
  async actorOf(headers: SignatureHeaders, parts: SignedParts): Promise<OperatorActor | null> {
    const now = this.clock.now();
    const signature = readSignature(headers, parts, now);
    if (!signature) return null;
    const [key] = await this.db.query<{ public_key: Buffer }>('select public_key from operator_key where id = $1', [signature.keyId]);
    if (!isSignedBy(key?.public_key ?? NOBODYS_KEY, signature, parts) || !key) return null;
    // One statement: a key that is revoked between the two would otherwise be good once more, and so would a number that two send at once.
    const [operator] = await this.db.query<{ id: OperatorId; name: string; role: OperatorRole }>(
      `with live as (
         select key.id as key_id, operator.id, operator.name, operator.role
         from operator_key key join operator on operator.id = key.operator_id
         where key.id = $1 and key.revoked_at is null and operator.revoked_at is null
       ), first as (
         insert into operator_nonce (key_id, nonce, forget_at) select key_id, $2, $3 from live on conflict do nothing returning key_id
       ), used as (
         update operator_key set last_used_at = $4 from first where operator_key.id = first.key_id
       )
       select live.id, live.name, live.role from live join first on first.key_id = live.key_id`,
      [signature.keyId, signature.nonce, signature.forgetAt, now],
    );
    return operator ? { operatorId: operator.id, name: operator.name, role: operator.role } : null;
  }
}
